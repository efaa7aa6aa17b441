// Source: Kahn, Topological sorting of large networks, 1962. The stack in place of the queue gives a
// depth-first order without recursion. Invariant: a node is ready when all its predecessors ran.
#include "analysis/ready_order.h"

#include <algorithm>

namespace hcb {
namespace {

class Readiness {
 public:
  explicit Readiness(const Precedence& precedence)
      : precedence_(precedence), missing_(precedence.graph().node_count(), 0) {
    for (const NodeId n : precedence.graph().nodes()) {
      missing_[n] = precedence.predecessors(n).size();
    }
  }

  [[nodiscard]] std::vector<NodeId> at_start() const {
    std::vector<NodeId> ready;
    for (const NodeId n : precedence_.graph().nodes()) {
      if (missing_[n] == 0) ready.push_back(n);
    }
    return ready;
  }

  // Appends what becomes ready when n has run, by ascending id.
  void run(NodeId n, std::vector<NodeId>& ready) {
    const auto first = static_cast<std::ptrdiff_t>(ready.size());
    for (const NodeId after : precedence_.successors(n)) {
      if (--missing_[after] == 0) ready.push_back(after);
    }
    std::sort(ready.begin() + first, ready.end());
  }

 private:
  const Precedence& precedence_;
  IdVector<NodeId, std::size_t> missing_;
};

}  // namespace

std::vector<NodeId> kahn_order(const Precedence& precedence) {
  Readiness readiness(precedence);
  std::vector<NodeId> queue = readiness.at_start();
  for (std::size_t next = 0; next < queue.size(); ++next) readiness.run(queue[next], queue);
  return queue;
}

std::vector<NodeId> depth_first_order(const Precedence& precedence) {
  Readiness readiness(precedence);
  std::vector<NodeId> stack = readiness.at_start();
  std::ranges::reverse(stack);
  std::vector<NodeId> order;
  order.reserve(precedence.graph().node_count());
  while (!stack.empty()) {
    order.push_back(stack.back());
    stack.pop_back();
    const auto first = static_cast<std::ptrdiff_t>(stack.size());
    readiness.run(order.back(), stack);
    std::reverse(stack.begin() + first, stack.end());
  }
  return order;
}

}  // namespace hcb
