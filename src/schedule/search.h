// The search of `--block-size auto`: settings of a replay tree, tried by simulation.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "schedule/tree_planner.h"

namespace hcb {

struct SearchSpace {
  std::optional<std::size_t> block_size;  // nullopt: search
  std::optional<std::int64_t> arity;      // nullopt: 2, and others where they may be better
  bool binomial = false;                  // slots in place of an arity (binomial.h)
  // nullopt: with a budget, for each block size, the most that fit (by bisection); without one as
  // many as a binary tree has levels.
  std::optional<std::int64_t> slots;
};

// The block sizes that `auto` tries for n forward nodes (n >= 1): √n · 2^(k/2) for k = 0, 1, -1, 2,
// -2, …, then the least size that gives at most 4,096 blocks, and n.
[[nodiscard]] std::vector<std::size_t> block_size_ladder(std::size_t n);

// The plan of a graph without backward, with a note that says so.
[[nodiscard]] Schedule every_node_once(const Graph& graph);

// The best candidate of the space, described; where a block size is searched, meta and notes also say
// how many settings were tried and which came second. A graph without backward gets every node once.
// A run that is interrupted after the first candidate returns the best so far. Tries settings in a
// fixed order until Context counts 16 million units (nodes looked at, executions planned), so the
// result does not depend on the machine.
[[nodiscard]] Result<Schedule> search_tree(const StrategyRequest& request, const SearchSpace& space,
                                           Context& context);

}  // namespace hcb
