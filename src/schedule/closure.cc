// Breadth first over owners, with the list of found nodes as the queue; ids are a topological
// order, so sorting them orders the executions. Rounds replace clearing.
#include "schedule/closure.h"

#include <algorithm>

namespace hcb {

void Closure::start() {
  nodes_.clear();
  ++round_;
}

void Closure::add(NodeId node) {
  if (seen_[node] == round_) return;
  seen_[node] = round_;
  nodes_.push_back(node);
}

void Closure::sort() { std::ranges::sort(nodes_); }

}  // namespace hcb
