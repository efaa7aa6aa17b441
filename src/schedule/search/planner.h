// The budgeted planner: starts, bound and search put together.
//
//     interval tree, periodic, plain order ─┐
//     least cuts at the best moments ───────┴─> repair, prune ─> search ─> bound ─> search
//
// The bound stage closes its trees against what the search has found, its schedules become starts,
// and the search ends where the two meet. It comes after a fixed amount of search, so that a smaller
// work limit is a prefix of a larger one.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "schedule/bounds/bound.h"
#include "schedule/search/search.h"

namespace hcb::search {

struct PlannerOptions {
  std::uint64_t work_limit = 0;   // of Search::work()
  std::uint64_t bound_after = 0;  // work of the search before the bound stage; > work_limit: none
  BoundOptions bound;
  std::uint64_t last_bound_after = std::numeric_limits<std::uint64_t>::max();  // of a second stage
  BoundOptions last_bound;
  Scope scope = Scope::any_order;
  std::function<bool()> stop;  // asked every million units; may be empty
};

struct Outcome {
  std::optional<Found> found;  // nothing: no schedule within the budget is known
  BoundResult bound;           // certified; of one moment where the bound stage is not reached
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
