// Chain plans of a training graph: blocks as a chain, its trades, and the simulator's word on them.
#pragma once

#include <optional>
#include <span>

#include "schedule/tree_planner.h"

namespace hcb {

struct ChainSpace {
  std::optional<std::size_t> block_size;  // kByModule; nullopt: search
  std::span<const std::size_t> chains;    // then: about so many blocks each, fewest first
};

// The plan of least extra time within the budget (request.budget is needed) that was found, described,
// with what was tried; the least peak where nothing fits. A graph without backward gets every node
// once. Errors: limit (a block size that gives more than 128 blocks); interrupted before the first plan.
[[nodiscard]] Result<Schedule> search_chain(const StrategyRequest& request, const ChainSpace& space,
                                            Context& context);

}  // namespace hcb
