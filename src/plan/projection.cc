// Closure by an explicit stack over `present`: a buffer is missing from the turn on until its owner
// has run again; each owner is pushed once in all, so the whole costs one pass over the uses.
#include "plan/projection.h"

#include <algorithm>

#include "plan/plan.h"

namespace hcb {
namespace {

class Projector {
 public:
  explicit Projector(const Graph& graph) : graph_(graph), missing_(graph.buffer_count()) {}

  void drop_all_but(std::span<const BufferId> kept) {
    for (const BufferId b : graph_.buffers()) missing_[b] = may_be_dropped(b);
    for (const BufferId b : kept) missing_[b] = false;
  }

  void execute(NodeId node) {
    make_inputs_again(node);
    run(node);
  }

  [[nodiscard]] std::vector<NodeId> take() && { return std::move(sequence_); }

 private:
  // Only what has run before the turn can be gone; later forward nodes make theirs when they run.
  [[nodiscard]] bool may_be_dropped(BufferId b) const {
    if (graph_.resident(b)) return false;
    const NodeId owner = graph_.owner(b);
    return index(owner) < sequence_.size() && graph_.phase(owner) == Phase::forward &&
           !graph_.flags(owner).never_replay;
  }

  void run(NodeId node) {
    for (const BufferId b : graph_.makes(node)) missing_[b] = false;
    sequence_.push_back(node);
  }

  void push_owners_of_missing(NodeId node) {
    for (const BufferId b : graph_.reads(node)) {
      if (!missing_[b]) continue;
      const NodeId owner = graph_.owner(b);
      for (const BufferId made : graph_.makes(owner)) missing_[made] = false;
      stack_.push_back(owner);
    }
  }

  void make_inputs_again(NodeId node) {
    std::vector<NodeId> again;
    push_owners_of_missing(node);
    while (!stack_.empty()) {
      again.push_back(stack_.back());
      stack_.pop_back();
      push_owners_of_missing(again.back());
    }
    std::ranges::sort(again);
    for (const NodeId n : again) run(n);
  }

  const Graph& graph_;
  IdVector<BufferId, char> missing_;
  std::vector<NodeId> sequence_;
  std::vector<NodeId> stack_;
};

}  // namespace

std::vector<NodeId> projected_sequence(const Graph& graph, std::span<const BufferId> kept) {
  const NodeId first_backward = turn(graph);
  Projector projector(graph);
  for (const NodeId n : graph.nodes()) {
    if (n == first_backward) projector.drop_all_but(kept);
    projector.execute(n);
  }
  return std::move(projector).take();
}

}  // namespace hcb
