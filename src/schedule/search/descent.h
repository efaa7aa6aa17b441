// Comes down to a budget in rungs: the schedule of each is the start of the next.
//
//     base peak ──┐   repair, prune, a little search
//                 └──┐
//                    └─┐   a rung that repair does not reach is halved
//     budget ──────────┴──
//
// At each rung few bytes are missing. Repair makes few cuts, and the search takes out what they
// made superfluous before the next; one repair from the top lays closure upon closure instead.
// Source: tightening a constraint step by step, as in strategic oscillation (Glover, 1977).
#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "schedule/search/problem.h"

namespace hcb::search {

struct Descent {
  std::vector<NodeId> sequence;  // of the last rung reached; valid
  Bytes peak = 0;                // its peak: within the budget if that was reached
  std::uint64_t work = 0;
};

// From the plain order towards `budget`. Ends there, after a few halvings, after a fixed amount of
// work, or when the context is cancelled.
[[nodiscard]] Descent descend(const Problem& problem, Bytes budget, const Context& context);

}  // namespace hcb::search
