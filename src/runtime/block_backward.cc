#include "runtime/block_backward.h"

#include <algorithm>

namespace hcb {

BlockBackward::BlockBackward(const Graph& graph, std::size_t block_size,
                             const BackwardCallbacks& callbacks, CheckpointStore& checkpoints,
                             ActivationRegistry& activations, const Clock& clock)
    : callbacks_(callbacks),
      checkpoints_(checkpoints),
      activations_(activations),
      clock_(clock),
      block_size_(block_size) {
  for (const NodeId n : graph.nodes()) {
    if (graph.phase(n) == Phase::forward) flops_.push_back(graph.cost(n).flops);
  }
}

std::size_t BlockBackward::position(std::size_t block) const {
  return block > flops_.size() / block_size_ ? flops_.size() : block * block_size_;
}

Result<BackwardProfile> BlockBackward::run(const Handle& loss) && {
  auto done = run_all(loss);
  if (!done) clean_up();
  if (!done) return std::unexpected(std::move(done).error());
  return profile_;
}

Result<void> BlockBackward::run_all(const Handle& loss) {
  if (callbacks_.prepare_loss) HCB_CHECK(callbacks_.prepare_loss(loss));
  const std::size_t blocks = flops_.size() / block_size_ + (flops_.size() % block_size_ != 0);
  if (blocks > 0) tasks_.push_back({0, blocks});
  while (!tasks_.empty()) {
    const Task task = tasks_.back();
    tasks_.pop_back();
    const std::size_t count = task.last - task.first;
    HCB_CHECK(count == 0 ? drop() : count == 1 ? leaf(task.first) : split(task));
  }
  if (callbacks_.finalize) HCB_CHECK(callbacks_.finalize());
  return {};
}

Result<void> BlockBackward::split(Task task) {
  const std::size_t middle = task.first + (task.last - task.first) / 2;
  HCB_TRY(Checkpoint checkpoint, forward(task.first, middle));
  const Bytes bytes = checkpoint.bytes;
  HCB_CHECK(checkpoints_.put(position(middle), std::move(checkpoint)));
  kept_.push_back({middle, bytes});
  kept_bytes_ += bytes;
  note_peak();
  tasks_.push_back({task.first, middle});
  tasks_.push_back({middle, middle});
  tasks_.push_back({middle, task.last});
  return {};
}

Result<void> BlockBackward::leaf(std::size_t block) {
  activations_.record(true);
  auto reached = forward(block, block + 1);
  activations_.record(false);
  if (!reached) return std::unexpected(std::move(reached).error());
  note_peak();
  const Nanos start = now();
  HCB_CHECK(callbacks_.run_backward(position(block), position(block + 1)));
  profile_.backward_time += now() - start;
  activations_.clear();
  return {};
}

Result<Checkpoint> BlockBackward::forward(std::size_t first, std::size_t last) {
  const Nanos start = now();
  auto reached = callbacks_.run_forward(position(first), position(last));
  profile_.forward_time += now() - start;
  for (std::size_t p = position(first); p < position(last); ++p)
    profile_.recompute_flops += flops_[p];
  profile_.forward_nodes += position(last) - position(first);
  return reached;
}

Result<void> BlockBackward::drop() {
  const Kept kept = kept_.back();
  kept_.pop_back();
  kept_bytes_ -= kept.bytes;
  return checkpoints_.erase(position(kept.block));
}

// The first error is the one that counts: a store that fails here as well adds nothing.
void BlockBackward::clean_up() {
  activations_.clear();
  while (!kept_.empty()) static_cast<void>(drop());
}

void BlockBackward::note_peak() {
  profile_.peak = std::max(profile_.peak, kept_bytes_ + activations_.bytes());
  profile_.most_checkpoints = std::max(profile_.most_checkpoints, kept_.size());
}

}  // namespace hcb
