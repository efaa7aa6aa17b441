// What people use today, as sequences to start from, so that no plan of the search is worse than
// any of them where it fits the budget: the interval tree, checkpoints of every block (the tree of
// one level, at the best block size and at √n), the optimal persistent schedule of chains of 16 and 32
// blocks, and what adapters make of each that can only tag
// tensors.
#pragma once

#include <vector>

#include "base/context.h"
#include "schedule/strategy.h"

namespace hcb::search {

// Valid sequences, whatever their peak, distinct, in a fixed order. Under --keep-order first
// executions are in the given order: a sequence that has them in another one is carried over to it
// (given_order.h). A strategy that fails on the graph is left out; so is what the context cancels.
[[nodiscard]] std::vector<std::vector<NodeId>> known_plans(const StrategyRequest& request,
                                                           Context& context);

}  // namespace hcb::search
