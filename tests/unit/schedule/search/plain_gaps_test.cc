// The bound stage for plain gaps: what it proves is told apart from what holds in the given order.
#include <doctest/doctest.h>

#include "check/certificate.h"
#include "check/simulate.h"
#include "graph/builder.h"
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

TEST_CASE("plain gaps: what runs again between two first executions is sorted, and nothing else") {
  const auto n = [](std::uint32_t i) { return NodeId{i}; };
  CHECK(sort_gaps({n(0), n(1), n(1), n(0), n(2), n(1)}) ==
        std::vector{n(0), n(1), n(0), n(1), n(2), n(1)});
  CHECK(sort_gaps({n(0), n(1), n(2), n(2), n(0), n(1)}) ==
        std::vector{n(0), n(1), n(2), n(0), n(1), n(2)});
}

// a and b (4 bytes each), then c (8 bytes) reads neither; d reads a and b. Under a budget of 12
// one of a and b is dropped at c, and runs again behind it: one gap, one run, so whatever is best in
// the given order is of plain gaps, and both bounds say 3.
TEST_CASE("a bound that holds in the given order is not replaced by one of plain gaps") {
  GraphBuilder builder(Dialect::aten, "drop one");
  const auto value = [&](const char* name, std::int64_t bytes) {
    return builder.add_value(
        {.name = name, .dtype = DType::u8, .shape = {bytes}, .role = Role::activation});
  };
  const ValueId a = value("a", 4);
  const ValueId b = value("b", 4);
  const ValueId c = value("c", 8);
  const ValueId d = value("d", 1);
  builder.add_node({.name = "a", .op = "relu", .outputs = {a}, .cost = {.time = 3}});
  builder.add_node({.name = "b", .op = "relu", .outputs = {b}, .cost = {.time = 5}});
  builder.add_node({.name = "c", .op = "relu", .outputs = {c}, .cost = {.time = 1}});
  builder.add_node(
      {.name = "d", .op = "add", .inputs = {a, b}, .outputs = {d}, .cost = {.time = 1}});
  builder.mark_output(d);
  const Graph graph = std::move(builder).freeze().value();
  const auto size = rounded_sizes(graph, 1).value();
  Context context;
  const auto outcome = search::plan_under_budget(
      graph, size, 12, {},
      {.work_limit = 1'000'000,
       .bounds = {{.after = 100, .effort = {}}, {.after = 100, .effort = {}, .plain_gaps = true}},
       .scope = Scope::given_order},
      context);
  REQUIRE(outcome.has_value());
  CHECK(outcome->found->extra == 3);
  CHECK(outcome->bound.extra_time == 3);
  CHECK(outcome->bound.scope != Scope::given_order_plain_gaps);
  CHECK(!outcome->plain_gaps.has_value());
}

// Ten nodes, budget 10 of a peak of 11: the least extra time is 3 in the given order, of plain gaps
// or not (exhaustive search), but the rows of free gaps prove less.
TEST_CASE("a plan of plain gaps that only their bound meets is optimal in that scope") {
  const Graph graph = small_random_graph(13, 10);
  const auto size = rounded_sizes(graph, 1).value();
  CHECK(exhaustive_extra_time(graph, size, 10, Scope::given_order) == 3);
  CHECK(exhaustive_extra_time(graph, size, 10, Scope::given_order_plain_gaps) == 3);
  const auto plan = [&](std::vector<search::BoundStage> stages) {
    Context context;
    return search::plan_under_budget(
               graph, size, 10, {},
               {.work_limit = 50'000, .bounds = std::move(stages), .scope = Scope::given_order},
               context)
        .value();
  };
  const search::Outcome open = plan({{.after = 100, .effort = {}}});
  CHECK(open.found->extra >= 3);  // the loop for plain gaps proposes schedules too
  CHECK(open.bound.extra_time < 3);
  CHECK(open.bound.scope != Scope::given_order_plain_gaps);

  const search::Outcome closed =
      plan({{.after = 100, .effort = {}}, {.after = 100, .effort = {}, .plain_gaps = true}});
  CHECK(closed.found->extra == 3);
  CHECK(has_plain_gaps(closed.found->sequence));
  CHECK(closed.bound.extra_time == 3);
  CHECK(closed.bound.scope == Scope::given_order_plain_gaps);
  CHECK(verify(graph, size, closed.bound.certificate)->extra_time == 3);
  CHECK(!closed.plain_gaps.has_value());
}
