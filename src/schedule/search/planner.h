// The budgeted planner: starts, bound and search put together.
//
//     plans of other strategies, plain order ─┐
//     least cuts at the best moments ─────────┴─> repair, prune ─> search ─> bound ─> search ─> …
//                                                              └> descent, where the budget is tight
//
// A bound stage closes its trees against what the search has found, its schedules become starts,
// and the search ends where the two meet. Stages come after fixed amounts of search, so that a
// smaller work limit is a prefix of a larger one.
#pragma once

#include <optional>
#include <vector>

#include "schedule/bounds/bound.h"
#include "schedule/search/search.h"

namespace hcb::search {

struct BoundStage {
  std::uint64_t after = 0;  // work of the search before it; a stage at the work limit is left out
  BoundOptions effort;
  bool plain_gaps = false;  // where plans keep the given order: the bound of those of plain gaps
};

struct PlannerOptions {
  std::uint64_t work_limit = 0;    // of Search::work()
  std::vector<BoundStage> bounds;  // ascending
  Scope scope = Scope::any_order;
};

struct Outcome {
  std::optional<Found> found;  // nothing: no schedule within the budget is known
  // Certified; of one moment where no bound stage is reached. Of the scope of plain gaps only where
  // that proves a plan of this scope optimal and no wider scope does.
  BoundResult bound;
  std::optional<BoundResult> plain_gaps;  // where such a stage left a gap, or speaks of other plans
  std::vector<NodeId> least;              // where nothing is found: the start of least peak
  std::uint64_t work = 0;
  bool stopped = false;  // by the context, before the work limit
};

// `starts`: valid sequences of other strategies; what is found is no worse than those of them that
// fit. `size`: rounded; `budget` includes residents. Once the context is cancelled, the best so far.
// Errors: those of cut_bound() except interrupted.
[[nodiscard]] Result<Outcome> plan_under_budget(const Graph& graph,
                                                const IdVector<BufferId, Bytes>& size, Bytes budget,
                                                std::vector<std::vector<NodeId>> starts,
                                                const PlannerOptions& options, Context& context);

}  // namespace hcb::search
