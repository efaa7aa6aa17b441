#include "support/exact_oracle.h"

#include <algorithm>

#include <fmt/format.h>

#include "analysis/memory_bounds.h"
#include "check/simulate.h"
#include "schedule/exact_search.h"
#include "schedule/strategy.h"
#include "support/bound_oracle.h"
#include "support/exhaustive.h"

namespace hcb {
namespace {

std::string compare(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget,
                    Scope scope) {
  Context context;
  const auto found = least_extra_time(graph, size, budget, scope, context);
  if (!found) return found.error().message;
  const auto expected = exhaustive_extra_time(graph, size, budget, scope);
  const Nanos least = *found ? (*found)->extra_time : -1;
  if (least != expected.value_or(-1))
    return fmt::format("budget {}, {}: {} instead of {}", budget, name(scope), least,
                       expected.value_or(-1));
  if (*found && (*found)->peak > budget)
    return fmt::format("budget {}: peak {}", budget, (*found)->peak);
  return {};
}

// The strategy's schedule, simulated; nullopt: it gives none. Its error, if that proves too much.
struct Contender {
  std::optional<Simulation> simulation;
  std::string problem;
};

Contender run(const Strategy& strategy, const Graph& graph, const IdVector<BufferId, Bytes>& size,
              std::optional<Bytes> budget, Bytes least_peak) {
  Options options;
  options.strategy = strategy.name;
  if (strategy.name == "budget") options.work_limit = 1000;
  Context context;
  const auto schedule = strategy.run({graph, size, options, budget}, context);
  if (schedule) {
    const auto simulation = simulate(graph, schedule->sequence, size);
    if (!simulation) return {{}, simulation.error().message};
    return {*simulation, {}};
  }
  const ErrorKind kind = schedule.error().kind;
  const bool needs_budget = kind == ErrorKind::usage && !budget;
  const bool rightly_none = kind == ErrorKind::infeasible && budget < least_peak;
  return {{}, needs_budget || rightly_none ? "" : schedule.error().message};
}

// What the schedule of a strategy reaches against the optimum under its budget.
std::string beats(const Simulation& reached, std::optional<Bytes> budget,
                  const ExactSchedule& lowest, const Graph& graph,
                  const IdVector<BufferId, Bytes>& size) {
  if (reached.peak < lowest.peak)
    return fmt::format("peak {}, below {}", reached.peak, lowest.peak);
  if (!budget || reached.peak > *budget) return {};
  Context context;
  const auto best = least_extra_time(graph, size, *budget, Scope::any_order, context);
  if (!best) return best.error().message;
  if (!*best) return fmt::format("fits {}, exact does not", *budget);
  if (reached.extra_time >= (*best)->extra_time) return {};
  return fmt::format("takes {} under {}, exact {}", reached.extra_time, *budget,
                     (*best)->extra_time);
}

}  // namespace

std::string compare_exact_with_search(const Graph& graph, std::size_t& cases) {
  const auto size = rounded_sizes(graph, 1).value();
  Bytes least = -1;
  for (Bytes budget = 0; budget <= base_peak(graph); ++budget) {
    for (const Scope scope : {Scope::any_order, Scope::given_order}) {
      ++cases;
      if (std::string problem = compare(graph, size, budget, scope); !problem.empty())
        return problem;
    }
    if (least < 0 && exhaustive_extra_time(graph, size, budget, Scope::any_order)) least = budget;
  }
  Context context;
  const auto lowest = least_peak(graph, size, Scope::any_order, context);
  if (!lowest) return lowest.error().message;
  if (lowest->peak == least) return {};
  return fmt::format("least peak {} instead of {}", lowest->peak, least);
}

std::string strategy_that_beats_exact(const Graph& graph, std::size_t& cases) {
  const auto size = rounded_sizes(graph, 1).value();
  Context context;
  const auto lowest = least_peak(graph, size, Scope::any_order, context);
  if (!lowest) return lowest.error().message;
  std::vector<std::optional<Bytes>> budgets{std::nullopt};
  const Bytes least = memory_lower_bounds(graph, size).bound;
  const Bytes step = std::max<Bytes>(1, (base_peak(graph) - least) / 12);
  for (Bytes budget = least; budget < base_peak(graph); budget += step)
    budgets.emplace_back(budget);
  for (const Strategy& strategy : strategies()) {
    for (const auto budget : budgets) {
      const Contender contender = run(strategy, graph, size, budget, lowest->peak);
      ++cases;
      std::string problem = contender.problem;
      if (contender.simulation)
        problem = beats(*contender.simulation, budget, *lowest, graph, size);
      if (!problem.empty()) return fmt::format("{}: {}", strategy.name, problem);
    }
  }
  return {};
}

}  // namespace hcb
