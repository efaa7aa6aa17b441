// Comes down to a budget in rungs: the schedule of each is the start of the next.
//
//     base peak ──┐   repair, prune, a little search
//                 └──┐
//                    └─┐   a rung that repair does not reach is halved
//     budget ·······  ·│·└┐   from the last rung above it, and on to the first one below it
//                      └──┐
//     floor ──────────────┴──   inputs, outputs and workspace of the largest node
//
// At each rung few bytes are missing. Repair makes few cuts, and the search takes out what they
// made superfluous before the next; one repair from the top lays closure upon closure instead.
//
// Rungs depend on the graph alone: each leaves 7/8 of what is above the floor. So budgets between two
// rungs share the schedules of both, and the lower one's is a candidate for all of them.
// Source: tightening a constraint step by step, as in strategic oscillation (Glover, 1977).
#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "schedule/search/problem.h"

namespace hcb::search {

struct Rung {
  std::vector<NodeId> sequence;  // valid
  Bytes peak = 0;
};

struct Descent {
  // The schedule for the budget and that of the first rung below it, as far as they were reached;
  // where neither was, the last one reached. Not empty.
  std::vector<Rung> reached;
  std::uint64_t work = 0;
};

// From the plain order towards `budget`. Ends there, after a few halvings, after a fixed amount of
// work, or when the context is cancelled. `rung_work`: of search at each rung.
[[nodiscard]] Descent descend(const Problem& problem, Bytes budget, std::uint64_t rung_work,
                              const Context& context);

}  // namespace hcb::search
