// The recursion of Executor::backward(), as a stack of what is still to be done:
//
//     range [0,4):  forward 0-2, keep 2 | range [2,4) | drop 2 | range [0,2)
//
// Source: Griewank, Achieving logarithmic growth of temporal and spatial complexity in reverse
// automatic differentiation, 1992 (binary halving). O(blocks · log blocks) calls.
#pragma once

#include <vector>

#include "runtime/executor.h"

namespace hcb {

class BlockBackward {
 public:
  BlockBackward(const Graph& graph, std::size_t block_size, const BackwardCallbacks& callbacks,
                CheckpointStore& checkpoints, ActivationRegistry& activations, const Clock& clock);

  [[nodiscard]] Result<BackwardProfile> run(const Handle& loss) &&;

 private:
  struct Task {
    std::size_t first = 0;  // blocks [first, last); first == last: drop the checkpoint before it
    std::size_t last = 0;
  };
  struct Kept {
    std::size_t block = 0;
    Bytes bytes = 0;
  };

  Result<void> run_all(const Handle& loss);
  Result<void> split(Task task);
  Result<void> leaf(std::size_t block);
  Result<Checkpoint> forward(std::size_t first, std::size_t last);
  Result<void> drop();
  void clean_up();
  void note_peak();
  [[nodiscard]] std::size_t position(std::size_t block) const;
  [[nodiscard]] Nanos now() const { return clock_ ? clock_() : 0; }

  const BackwardCallbacks& callbacks_;
  CheckpointStore& checkpoints_;
  ActivationRegistry& activations_;
  const Clock& clock_;
  std::size_t block_size_;
  std::vector<std::int64_t> flops_;  // by forward position
  std::vector<Task> tasks_;          // last first
  std::vector<Kept> kept_;           // checkpoints in the store, last put last
  Bytes kept_bytes_ = 0;
  BackwardProfile profile_;
};

}  // namespace hcb
