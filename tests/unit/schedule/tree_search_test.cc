// A budget widens the search of the interval tree: whatever peak it reaches without one, it reaches
// with that peak as the budget, and so does the planner that starts from its plans.
#include <algorithm>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/runner.h"
#include "schedule/search/known_plans.h"
#include "support/graphs.h"

namespace hcb {
namespace {

// The tree of least peak closes a skip over a boundary, and it is one of arity 2: with a budget,
// settings of other arities once took its place among the few whose skips are closed.
Graph skip_over_a_boundary() {
  return random_training_graph(781, 5, {.never_replay = 3, .optimizer = true});
}

Plan planned(const Graph& graph, std::string strategy, std::optional<Bytes> budget) {
  Options options;
  options.strategy = std::move(strategy);
  options.alignment = 1;
  if (budget) options.memory_budget = Budget{.bytes = *budget};
  Context context;
  auto made = make_plan(graph, options, context);
  REQUIRE(made.has_value());
  return std::move(made->plan);
}

TEST_CASE("the least peak without a budget is met as a budget") {
  const Graph graph = skip_over_a_boundary();
  const Plan without = planned(graph, "interval-tree", {});
  CHECK(without.peak == 512);
  const Plan with = planned(graph, "interval-tree", 512);
  CHECK(with.status != PlanStatus::over_budget);
  CHECK(with.peak <= 512);
  CHECK(with.extra_time <= without.extra_time);
  const Plan searched = planned(graph, "budget", 512);
  CHECK(searched.status != PlanStatus::over_budget);
  CHECK(searched.extra_time <= with.extra_time);
}

TEST_CASE("the plans that the planner starts from hold one within that budget") {
  const Graph graph = skip_over_a_boundary();
  const auto size = rounded_sizes(graph, 1);
  const Options options;
  Context context;
  const auto plans = search::known_plans({graph, *size, options, 512}, context);
  const auto fits = [&](const auto& plan) { return simulate(graph, plan, *size)->peak <= 512; };
  CHECK(std::ranges::count_if(plans, fits) == 1);
}

}  // namespace
}  // namespace hcb
