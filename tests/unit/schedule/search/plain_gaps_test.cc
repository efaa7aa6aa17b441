// The bound stage for plain gaps: what it proves is told apart from what holds in the given order.
#include <doctest/doctest.h>

#include "check/certificate.h"
#include "check/simulate.h"
#include "schedule/bounds/placement.h"
#include "schedule/search/planner.h"
#include "support/exhaustive.h"

using namespace hcb;

namespace {

search::Outcome plan_gap6(std::vector<search::BoundStage> stages) {
  const Graph graph = gap6();
  const auto size = rounded_sizes(graph, 1).value();
  Context context;
  auto outcome = search::plan_under_budget(
      graph, size, 6, {},
      {.work_limit = 1'000'000, .bounds = std::move(stages), .scope = Scope::given_order}, context);
  return std::move(outcome).value();
}

}  // namespace

// x p q x r z x p q x r t: the best schedule in the given order runs six nodes again, three of them
// in one gap and out of order; with plain gaps nothing fits (docs/theory-bounds.md).
TEST_CASE("gap6: that no schedule of plain gaps fits says nothing about the others") {
  const search::Outcome outcome =
      plan_gap6({{.after = 100, .effort = {}}, {.after = 100, .effort = {}, .plain_gaps = true}});
  REQUIRE(outcome.found.has_value());
  CHECK(outcome.found->extra == 6);
  CHECK(!has_plain_gaps(outcome.found->sequence));
  CHECK(outcome.bound.scope != Scope::given_order_plain_gaps);
  CHECK(outcome.bound.status != BoundStatus::infeasible);
  REQUIRE(outcome.plain_gaps.has_value());
  CHECK(outcome.plain_gaps->status == BoundStatus::infeasible);
  CHECK(outcome.plain_gaps->scope == Scope::given_order_plain_gaps);
}

TEST_CASE("gap6: without the stage nothing is said about plain gaps") {
  const search::Outcome outcome = plan_gap6({{.after = 100, .effort = {}}});
  REQUIRE(outcome.found.has_value());
  CHECK(!outcome.plain_gaps.has_value());
}

TEST_CASE("plain gaps: each node at most once between two first executions, in their order") {
  const auto n = [](std::uint32_t i) { return NodeId{i}; };
  CHECK(has_plain_gaps(std::vector{n(0), n(1), n(2)}));
  CHECK(has_plain_gaps(std::vector{n(0), n(1), n(0), n(1), n(2)}));
  CHECK_FALSE(has_plain_gaps(std::vector{n(0), n(1), n(1), n(0), n(2)}));  // 0 behind 1 in a gap
  CHECK_FALSE(has_plain_gaps(std::vector{n(0), n(1), n(0), n(0), n(2)}));  // 0 twice in a gap
  CHECK_FALSE(has_plain_gaps(std::vector{n(1), n(0), n(2)}));              // 1 runs before 0
}
