// The budgeted planner: starts, bound and search put together.
//
//     interval tree, periodic, plain order ─┐
//     least cuts at the best moments ───────┴─> repair, prune ─> search ─> best schedule
//                     └─> certified lower bound ────────────────────┘ (stops where they meet)
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "schedule/bounds/bound.h"
#include "schedule/search/search.h"

namespace hcb::search {

struct PlannerOptions {
  std::uint64_t work_limit = 0;  // of Search::work()
  Scope scope = Scope::any_order;
  std::function<bool()> stop;  // asked every million units; may be empty
};

struct Outcome {
  std::optional<Found> found;  // nothing: no schedule within the budget is known
  BoundResult bound;           // of one moment: certified
  std::vector<NodeId> least;   // where nothing is found: the start of least peak
  std::uint64_t work = 0;
  bool stopped = false;  // by `stop` or a person, before the work limit
};

// `starts`: valid sequences of other strategies. `size`: rounded; `budget` includes residents.
// Errors: those of cut_bound() except interrupted, which ends the search with what is found.
[[nodiscard]] Result<Outcome> plan_under_budget(const Graph& graph,
                                                const IdVector<BufferId, Bytes>& size, Bytes budget,
                                                std::vector<std::vector<NodeId>> starts,
                                                const PlannerOptions& options, Context& context);

}  // namespace hcb::search
