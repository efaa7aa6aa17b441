// Least extra time under a byte budget (schedule/search/planner.h): what the other strategies and
// the least cuts suggest, improved by local search, beside a certified lower bound.
#include <algorithm>
#include <chrono>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "check/simulate.h"
#include "schedule/search/effort.h"
#include "schedule/search/known_plans.h"
#include "schedule/strategies/all.h"

namespace hcb {
namespace {

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
  if (!outcome.stopped) return StopReason::work_limit;
  return context.cancelled() ? StopReason::interrupted : StopReason::time_limit;
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
  HCB_TRY(const Simulation base,
          simulate(request.graph, plain_sequence(request.graph), request.size));
  if (base.peak <= *request.budget) return Schedule{.sequence = plain_sequence(request.graph)};
  Context timed = context.part(std::numeric_limits<std::uint64_t>::max());
  if (request.options.time_limit) {
    timed.stop_at(std::chrono::steady_clock::now() +
                  std::chrono::seconds(*request.options.time_limit));
  }
  const Scope scope = request.options.keep_order ? Scope::given_order : Scope::any_order;
  HCB_TRY(auto outcome,
          search::plan_under_budget(
              request.graph, request.size, *request.budget, search::known_plans(request, timed),
              search::planner_options(request.options.effort, request.graph.node_count(), scope,
                                      request.options.work_limit),
              timed));
  context.count(outcome.work);
  const CertifiedBound proved{outcome.bound.scope, outcome.bound.extra_time,
                              outcome.bound.status == BoundStatus::infeasible};
  if (!outcome.found && decides_that_nothing_fits(proved, request.options.keep_order))
    return infeasible(request, outcome.bound);
  return describe(std::move(outcome), context);
}

}  // namespace hcb
