#include "schedule/search/planner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "check/simulate.h"
#include "schedule/search/starts.h"

namespace hcb::search {
namespace {

constexpr std::size_t kMoments = 4;          // whose cuts become starts
constexpr std::uint64_t kSlice = 1'000'000;  // units between two looks at the clock
constexpr std::uint64_t kCutWork = 400'000'000;

std::vector<NodeId> least_peak(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                               const std::vector<std::vector<NodeId>>& starts) {
  const std::vector<NodeId>* best = &starts.front();
  Bytes least = std::numeric_limits<Bytes>::max();
  for (const auto& sequence : starts) {
    const auto simulation = simulate(graph, sequence, size);
    if (simulation && simulation->peak < least) least = simulation->peak, best = &sequence;
  }
  return *best;
}

void search_until(std::uint64_t limit, Search& search, const PlannerOptions& options,
                  Outcome& outcome, const Context& context) {
  while (!outcome.stopped && search.best() && search.work() < limit &&
         search.best()->extra > outcome.bound.extra_time) {
    if (context.cancelled() || (options.stop && options.stop())) {
      outcome.stopped = true;
      return;
    }
    const std::uint64_t slice = std::min(limit, search.work() + kSlice);
    search.run(slice, outcome.bound.extra_time, context);
  }
}

// A bound stage after `after` units of search, where the search goes on that far.
Result<void> bound_stage(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget,
                         Search& search, const PlannerOptions& options, std::uint64_t after,
                         const BoundOptions& effort, Outcome& outcome, Context& context) {
  search_until(std::min(options.work_limit, after), search, options, outcome, context);
  const bool met = search.best() && search.best()->extra <= outcome.bound.extra_time;
  if (outcome.stopped || after >= options.work_limit || met) return {};
  std::optional<Nanos> incumbent;
  if (search.best()) incumbent = search.best()->extra;
  Context part = context.part(std::numeric_limits<std::uint64_t>::max());
  auto proved = extra_time_bound(graph, size, budget, options.scope, incumbent, effort, part);
  if (!proved) {
    outcome.stopped = proved.error().kind == ErrorKind::interrupted;
    return outcome.stopped ? Result<void>{} : std::unexpected(std::move(proved).error());
  }
  for (const auto& sequence : proved->schedules) search.add_start(sequence);
  if (proved->status == BoundStatus::infeasible || proved->extra_time >= outcome.bound.extra_time) {
    outcome.bound = *std::move(proved);
  }
  return {};
}

}  // namespace

Result<Outcome> plan_under_budget(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                  Bytes budget, std::vector<std::vector<NodeId>> starts,
                                  const PlannerOptions& options, Context& context) {
  Outcome outcome;
  HCB_TRY(const Bytes resident, resident_bytes(graph, size));
  const Problem problem(graph, size, resident);
  Search search(problem, budget);
  starts.insert(starts.begin(), plain_sequence(graph));
  for (const auto& sequence : starts) search.add_start(sequence);
  Context cuts = context.part(kCutWork);
  auto stage = run_cut_stage(graph, size, budget, options.scope, kMoments, cuts);
  if (stage) {
    if (stage->bound.status != BoundStatus::infeasible) {
      HCB_TRY(const auto more, cut_starts(graph, size, budget, *stage, cuts));
      for (const auto& sequence : more) search.add_start(sequence);
    }
    outcome.bound = std::move(stage->bound);
  } else if (stage.error().kind != ErrorKind::interrupted) {
    return std::unexpected(std::move(stage).error());
  }
  if (!search.best() && outcome.bound.status != BoundStatus::infeasible)
    search.add_start(starts.front(), true);
  HCB_CHECK(bound_stage(graph, size, budget, search, options, options.bound_after, options.bound,
                        outcome, context));
  HCB_CHECK(bound_stage(graph, size, budget, search, options, options.last_bound_after,
                        options.last_bound, outcome, context));
  search_until(options.work_limit, search, options, outcome, context);
  outcome.found = search.best();
  outcome.work = search.work();
  context.count(outcome.work);
  if (!outcome.found) outcome.least = least_peak(graph, size, starts);
  return outcome;
}

}  // namespace hcb::search
