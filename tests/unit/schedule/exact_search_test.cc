// Exhaustive search on graphs whose optimum is known by hand. Against brute force:
// tests/property/exact_test.cc and tests/slow/exact_test.cc.
#include "schedule/exact_search.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/runner.h"
#include "support/exhaustive.h"
#include "support/graphs.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

std::optional<ExactSchedule> least(const Graph& graph, Bytes budget, Scope scope) {
  Context context;
  const auto size = rounded_sizes(graph, 1).value();
  auto found = least_extra_time(graph, size, budget, scope, context);
  if (!found) FAIL(found.error().message);
  return *found;
}

TEST_CASE("gap6, budget 6: extra time 1 in any order, 6 in the given order; nothing below") {
  const auto any = least(gap6(), 6, Scope::any_order);
  REQUIRE(any.has_value());
  CHECK(any->extra_time == 1);  // z x p q x r t
  CHECK(any->sequence.size() == 7);
  const auto given = least(gap6(), 6, Scope::given_order);
  REQUIRE(given.has_value());
  CHECK(given->extra_time == 6);  // x p q x r z x p q x r t
  CHECK(given->peak == 6);
  CHECK(!least(gap6(), 5, Scope::any_order).has_value());  // z alone makes 6
}

TEST_CASE("the tiny training graph: 52 bytes plain, 46 with f1 again, 42 with f1 twice and f2") {
  const Graph graph = test::tiny_training();
  CHECK(least(graph, 52, Scope::any_order)->extra_time == 0);
  const auto tight = least(graph, 51, Scope::any_order);
  REQUIRE(tight.has_value());
  CHECK(tight->extra_time == 10);
  CHECK(tight->peak == 46);
  // f1 f2 f3, then g3 needs b alone: f1 f2 g3, and f1 for g2.
  CHECK(least(graph, 45, Scope::any_order)->extra_time == 10 + 20);
  CHECK(!least(graph, 41, Scope::any_order).has_value());
  Context context;
  const auto lowest = least_peak(graph, rounded_sizes(graph, 1).value(), Scope::any_order, context);
  REQUIRE(lowest.has_value());
  CHECK(lowest->peak == 42);
  CHECK(lowest->extra_time == 10 + 20);
}

Options exact_options(std::optional<Bytes> budget) {
  Options options;
  options.alignment = 1;
  options.strategy = "exact";
  if (budget) options.memory_budget = Budget{.bytes = *budget, .permyriad = 0};
  return options;
}

TEST_CASE("as a strategy: the least extra time that fits, else the least peak, and how it knows") {
  Context context;
  const Graph graph = test::tiny_training();
  const auto fits = make_plan(graph, exact_options(48), context);
  REQUIRE(fits.has_value());
  CHECK(fits->plan.extra_time == 10);
  REQUIRE(fits->notes.size() == 1);
  CHECK(fits->notes[0].ends_with(
      "no schedule within the budget has less extra time, whatever the order"));
  const auto free = make_plan(graph, exact_options({}), context);
  REQUIRE(free.has_value());
  CHECK(free->plan.peak == 42);
  CHECK(free->plan.status == PlanStatus::no_budget);
}

TEST_CASE("a graph too large, and a search too long, are refused with what helps") {
  Context context;
  const auto large = make_plan(unit_chain(20), exact_options({}), context);
  REQUIRE(!large.has_value());
  CHECK(large.error().kind == ErrorKind::limit);
  CHECK(large.error().message ==
        "exhaustive search takes at most 32 nodes and 64 buffers; the graph has 41 nodes and 41 "
        "buffers");
  Options options = exact_options(9);
  options.work_limit = 100;
  const auto longer = make_plan(unit_chain(12), options, context);
  REQUIRE(!longer.has_value());
  CHECK(longer.error().kind == ErrorKind::limit);
  CHECK(longer.error().help == "a higher --work-limit, or --strategy budget");
}

TEST_CASE("unit chains: the least peak is 5 from two nodes on, and what it costs") {
  // x, y_{i-1}, y_i and two gradients at g_i; y_{i-1} is x for i = 0 only.
  Context context;
  for (const std::size_t length : {1, 2, 3, 4, 5}) {
    const Graph graph = unit_chain(length);
    const auto lowest =
        least_peak(graph, rounded_sizes(graph, 1).value(), Scope::any_order, context);
    REQUIRE(lowest.has_value());
    CHECK(lowest->peak == (length == 1 ? 4 : 5));
    const auto n = static_cast<Nanos>(length);
    // g_i leaves y_{i-1} for g_{i-1}, which starts over from x for y_{i-2}: 0 + 1 + … + n - 2.
    CHECK(lowest->extra_time == (n - 1) * (n - 2) / 2);
  }
}

}  // namespace
}  // namespace hcb
