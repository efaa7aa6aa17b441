// The search of `--block-size auto`: settings of the interval tree, tried by simulation.
#pragma once

#include <optional>

#include "schedule/tree_planner.h"

namespace hcb {

struct SearchSpace {
  std::optional<std::size_t> block_size;  // nullopt: search
  std::optional<std::int64_t> arity;      // nullopt: 2, and with a budget others too
};

// The block sizes that `auto` tries for n forward nodes (n >= 1): √n · 2^(k/2) for k = 0, 1, -1, 2,
// -2, …, then the least size that gives at most 4,096 blocks, and n.
[[nodiscard]] std::vector<std::size_t> block_size_ladder(std::size_t n);

// Is `a` the better plan? With a budget: one that fits before one that does not, then less extra
// time; otherwise, and where neither fits, the lower peak, then less extra time.
[[nodiscard]] bool better(const TreeCandidate& a, const TreeCandidate& b,
                          std::optional<Bytes> budget);

// The best candidate of the space, described. A graph without backward gets every node once. A run
// that is interrupted after the first candidate returns the best so far. Tries settings in a fixed
// order until Context counts 16 million units (nodes looked at, executions planned), so the result
// does not depend on the machine.
[[nodiscard]] Result<Schedule> search_tree(const StrategyRequest& request, const SearchSpace& space,
                                           Context& context);

}  // namespace hcb
