// Budgets near one that is too small, on the unit chain: x, y0 … y15 and two gradients, 19 bytes.
#include "schedule/nearest.h"

#include <atomic>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "support/graphs.h"

namespace hcb {
namespace {

TEST_CASE("from what is known down to the least budget, and two budgets above it") {
  const Graph graph = unit_chain(16);
  const auto size = rounded_sizes(graph, 1);
  const Context context;
  const auto points = nearest_budgets(graph, *size, 4, plain_sequence(graph), context);
  REQUIRE(points.size() == 3);
  CHECK(points[0].budget < 12);
  CHECK(points[0].budget > 4);
  CHECK(points[0].extra_time > points[1].extra_time);
  CHECK(points[1].extra_time > points[2].extra_time);
  // An eighth and a quarter of the way back to 19.
  CHECK(points[1].budget == points[0].budget + (19 - points[0].budget) / 8);
  CHECK(points[2].budget == points[0].budget + (19 - points[0].budget) / 4);
}

TEST_CASE("where the plain step fits the least budget, nothing is paid there") {
  const Graph graph = unit_chain(16);
  const auto size = rounded_sizes(graph, 1);
  auto known = plain_sequence(graph);
  known.insert(known.begin() + 1, known.front());  // the first node twice, at the same peak
  REQUIRE(simulate(graph, known, *size)->extra_time == 1);
  const auto points = nearest_budgets(graph, *size, 18, known, Context());
  REQUIRE(points.size() == 1);
  CHECK(points[0].budget == 19);
  CHECK(points[0].extra_time == 0);
}

TEST_CASE("nothing for a person who asks to stop") {
  const Graph graph = unit_chain(16);
  const auto size = rounded_sizes(graph, 1);
  const std::atomic<bool> cancelled{true};
  CHECK(nearest_budgets(graph, *size, 4, plain_sequence(graph), Context(&cancelled)).empty());
}

TEST_CASE("a budget as an argument is never less than its bytes") {
  CHECK(budget_argument(5) == "5");
  CHECK(budget_argument((Bytes{64} << 20) - 1) == "67108863");
  CHECK(budget_argument(Bytes{64} << 20) == "64MiB");
  CHECK(budget_argument((Bytes{64} << 20) + 1) == "65MiB");
}

TEST_CASE("points are options to paste, headroom included") {
  CHECK(points_help({{100, 61}, {120, 32}}, 7, 100) ==
        "a smaller batch, or a budget that a plan is known for (the first is the least known):\n"
        "  --memory-budget 107   extra time +61.0 %\n"
        "  --memory-budget 127   extra time +32.0 %");
  CHECK(points_help({}, 0, 100) == "a larger --memory-budget, or a smaller batch");
}

}  // namespace
}  // namespace hcb
