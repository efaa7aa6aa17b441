// Least extra time under a byte budget (schedule/search/planner.h): what the other strategies and
// the least cuts suggest, improved by local search, beside a certified lower bound.
#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "check/simulate.h"
#include "schedule/search.h"
#include "schedule/search/planner.h"
#include "schedule/strategies/all.h"

namespace hcb {
namespace {

constexpr std::size_t kLargeGraph = 700;  // nodes from which the efforts grow

// Units of work per effort: 10 million take 0.1 to 0.4 s of one core on published graphs of up to
// 700 ops; 50 million take 0.8 to 1.2 s on one of 1,310. One trajectory, so a greater effort only
// continues a smaller one.
std::uint64_t work_limit(const Options& options, std::size_t nodes) {
  if (options.work_limit) return static_cast<std::uint64_t>(*options.work_limit);
  const bool large = nodes > kLargeGraph;
  switch (options.effort) {
    case Effort::fast:
      return large ? 50'000'000 : 10'000'000;
    case Effort::balanced:
      return large ? 250'000'000 : 60'000'000;
    case Effort::exhaustive:
      return 3'000'000'000;
  }
  return 0;
}

// The bound stage of a balanced search, at most about 3 s, and a second one that only an exhaustive
// search gets to, at most about a minute.
constexpr std::uint64_t kBoundWork = 400'000'000;
constexpr std::uint64_t kLastBoundAfter = 500'000'000;
constexpr std::uint64_t kLastBoundWork = 24'000'000'000;

// A fast search ends where the bound stage would begin.
std::uint64_t bound_after(std::size_t nodes) {
  return nodes > kLargeGraph ? 50'000'000 : 10'000'000;
}

std::function<bool()> clock_of(const Options& options) {
  if (!options.time_limit) return {};
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(*options.time_limit);
  return [end] { return std::chrono::steady_clock::now() >= end; };
}

// A strategy that fails here (a graph it does not fit) is one start less.
std::vector<std::vector<NodeId>> tree_starts(const StrategyRequest& request,
                                             const Context& context) {
  std::vector<std::vector<NodeId>> starts;
  for (const auto arity : {std::optional<std::int64_t>{}, std::optional<std::int64_t>{kFlat}}) {
    Context part = context.part(2'000'000);
    auto schedule = search_tree(request, {.block_size = {}, .arity = arity}, part);
    if (schedule) starts.push_back(std::move(schedule->sequence));
  }
  return starts;
}

std::string_view scope_words(Scope scope) {
  return scope == Scope::any_order ? "in any order" : "in the given order";
}

// The witness is a node at whose first execution the budget is short by `over` bytes; where only
// several moments together prove it, no such number exists.
std::unexpected<Error> infeasible(const StrategyRequest& request, const BoundResult& bound) {
  const std::string where = printable(request.graph.name(bound.moment));
  if (bound.over <= 0) {
    return fail(ErrorKind::infeasible,
                fmt::format("proved not to fit {}: no schedule stays within the budget of {} bytes "
                            "at '{}' and at {} more moments",
                            scope_words(bound.scope), *request.budget, where,
                            bound.certificate.spec.moments.size() - 1));
  }
  const Bytes needed = *request.budget + bound.over;
  return fail(ErrorKind::infeasible,
              fmt::format("proved not to fit {}: at '{}' {} bytes are missing of the budget of {} "
                          "bytes, whatever is recomputed",
                          scope_words(bound.scope), where, bound.over, *request.budget),
              fmt::format("give at least --memory-budget {}",
                          checked_add(needed, request.options.headroom).value_or(needed)));
}

// The moment whose price is known, where the certificate speaks about it.
NodeId binding_moment(const BoundResult& bound) {
  const auto& moments = bound.certificate.spec.moments;
  return std::ranges::find(moments, bound.moment) == moments.end() ? moments.front() : bound.moment;
}

ProvedBound proved_bound(BoundResult bound) {
  ProvedBound proved{.extra_time = bound.extra_time, .scope = bound.scope};
  if (bound.extra_time == 0) return proved;
  proved.moment = binding_moment(bound);
  proved.certificate = std::move(bound.certificate);
  proved.price_time = bound.price_nanos;
  proved.price_bytes = bound.price_bytes;
  return proved;
}

StopReason stop_reason(const search::Outcome& outcome, const Context& context) {
  if (outcome.found && outcome.found->extra == outcome.bound.extra_time) return StopReason::proved;
  if (context.cancelled()) return StopReason::interrupted;
  return outcome.stopped ? StopReason::time_limit : StopReason::work_limit;
}

Schedule describe(search::Outcome outcome, const Context& context) {
  Schedule schedule;
  schedule.search =
      SearchEnd{stop_reason(outcome, context), static_cast<std::int64_t>(outcome.work)};
  schedule.estimate = outcome.bound.solver_extra_time;
  schedule.sequence = std::move(outcome.found ? outcome.found->sequence : outcome.least);
  if (outcome.bound.status != BoundStatus::infeasible)
    schedule.bound = proved_bound(std::move(outcome.bound));
  return schedule;
}

}  // namespace

Result<Schedule> budget_strategy(const StrategyRequest& request, Context& context) {
  if (!request.budget) {
    return fail(ErrorKind::usage, "strategy 'budget' needs --memory-budget",
                "give a size (8GiB) or a share of the base peak (60%)");
  }
  const auto clock = clock_of(request.options);
  HCB_TRY(const Simulation base,
          simulate(request.graph, plain_sequence(request.graph), request.size));
  if (base.peak <= *request.budget) return Schedule{.sequence = plain_sequence(request.graph)};
  const Scope scope = request.options.keep_order ? Scope::given_order : Scope::any_order;
  const search::PlannerOptions options{
      .work_limit = work_limit(request.options, request.graph.node_count()),
      .bound_after = bound_after(request.graph.node_count()),
      .bound = {.work_limit = kBoundWork},
      .last_bound_after = kLastBoundAfter,
      .last_bound = {.work_limit = kLastBoundWork, .tree_nodes = 100'000},
      .scope = scope,
      .stop = clock};
  std::vector<std::vector<NodeId>> starts;
  if (!request.options.keep_order) starts = tree_starts(request, context);
  HCB_TRY(auto outcome, search::plan_under_budget(request.graph, request.size, *request.budget,
                                                  std::move(starts), options, context));
  if (!outcome.found && outcome.bound.status == BoundStatus::infeasible)
    return infeasible(request, outcome.bound);
  return describe(std::move(outcome), context);
}

}  // namespace hcb
