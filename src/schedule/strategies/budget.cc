// Least extra time under a byte budget (schedule/search/planner.h): what the other strategies and
// the least cuts suggest, improved by local search, beside a certified lower bound.
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

std::string percent(Nanos part, Nanos whole) {
  if (whole == 0) return "0 %";
  const auto hundredths = static_cast<std::int64_t>(static_cast<__int128>(part) * 10000 / whole);
  return fmt::format("{}.{:02} %", hundredths / 100, hundredths % 100);
}

std::string_view scope_words(Scope scope) {
  return scope == Scope::any_order ? "in any order" : "in the given order";
}

std::string bound_note(const StrategyRequest& request, const search::Outcome& outcome) {
  const Nanos base = base_time(request.graph);
  const BoundResult& bound = outcome.bound;
  if (outcome.found->extra == bound.extra_time)
    return fmt::format("optimal {}: no schedule within the budget takes less extra time",
                       scope_words(bound.scope));
  return fmt::format("extra time {} of the base time; proved: at least {} {} (at '{}')",
                     percent(outcome.found->extra, base), percent(bound.extra_time, base),
                     scope_words(bound.scope), printable(request.graph.name(bound.moment)));
}

std::unexpected<Error> infeasible(const StrategyRequest& request, const BoundResult& bound) {
  return fail(ErrorKind::infeasible,
              fmt::format("proved not to fit {}: at '{}' {} bytes are missing of the budget of {} "
                          "bytes, whatever is recomputed",
                          scope_words(bound.scope), printable(request.graph.name(bound.moment)),
                          bound.over, *request.budget),
              fmt::format("give at least --memory-budget {}", *request.budget + bound.over));
}

Schedule describe(const StrategyRequest& request, search::Outcome outcome) {
  Schedule schedule;
  schedule.meta = {{"bound_extra_time", outcome.bound.extra_time},
                   {"price_nanos", outcome.bound.price_nanos},
                   {"price_bytes", outcome.bound.price_bytes},
                   {"work", static_cast<std::int64_t>(outcome.work)}};
  if (outcome.found) {
    if (outcome.bound.moment != kNone<NodeId>)
      schedule.notes.push_back(bound_note(request, outcome));
    schedule.sequence = std::move(outcome.found->sequence);
  } else {
    schedule.sequence = std::move(outcome.least);
  }
  if (outcome.stopped) schedule.notes.push_back("stopped before the work limit");
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
      .bound = {.work_limit = 20'000'000, .rounds = 4},
      .scope = scope,
      .stop = clock};
  std::vector<std::vector<NodeId>> starts;
  if (!request.options.keep_order) starts = tree_starts(request, context);
  HCB_TRY(auto outcome, search::plan_under_budget(request.graph, request.size, *request.budget,
                                                  std::move(starts), options, context));
  if (!outcome.found && outcome.bound.status == BoundStatus::infeasible)
    return infeasible(request, outcome.bound);
  return describe(request, std::move(outcome));
}

}  // namespace hcb
