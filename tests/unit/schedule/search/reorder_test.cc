// First executions that move: what is made early and read late is made later, what lives long for one
// late reader is read earlier.
#include "schedule/search/reorder.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "graph/builder.h"
#include "schedule/search/planner.h"
#include "schedule/search/search.h"
#include "support/autodiff.h"
#include "support/graphs.h"

namespace hcb::search {
namespace {

ValueId bytes(GraphBuilder& builder, const char* name, std::int64_t count) {
  return builder.add_value({.name = name, .dtype = DType::u8, .shape = {count}});
}

//     a      makes x, 2 bytes
//     late   makes w, 8 bytes, from x       w is read by end alone
//     p      makes y, 6 bytes, from x       2 + 8 + 6 bytes at p in this order
//     q      makes z, 1 byte, from y        with late behind q: 2 + 6 + 1 at q, 2 + 8 + 1 at late
//     end    makes o, 1 byte, from w and z
Graph early_and_late() {
  GraphBuilder builder(Dialect::onnx, "late");
  const ValueId x = bytes(builder, "x", 2);
  const ValueId w = bytes(builder, "w", 8);
  const ValueId y = bytes(builder, "y", 6);
  const ValueId z = bytes(builder, "z", 1);
  const ValueId o = bytes(builder, "o", 1);
  builder.add_node({.name = "a", .op = "Op", .outputs = {x}, .cost = {.time = 1}});
  builder.add_node(
      {.name = "late", .op = "Op", .inputs = {x}, .outputs = {w}, .cost = {.time = 1}});
  builder.add_node({.name = "p", .op = "Op", .inputs = {x}, .outputs = {y}, .cost = {.time = 1}});
  builder.add_node({.name = "q", .op = "Op", .inputs = {y}, .outputs = {z}, .cost = {.time = 1}});
  builder.add_node(
      {.name = "end", .op = "Op", .inputs = {w, z}, .outputs = {o}, .cost = {.time = 1}});
  builder.mark_output(o);
  return must_freeze(std::move(builder));
}

}  // namespace

TEST_CASE("a node whose result is read late runs later") {
  const Graph graph = early_and_late();
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, 0, true);
  State state(problem);
  REQUIRE(state.peak() == 16);  // x, w, y at p
  Reorder reorder(state);
  Prng random(1);
  while (reorder.lower(state.peak_exec(), random)) {
  }
  CHECK(state.peak() == 11);  // x, w and z at late
  CHECK(state.extra() == 0);
  CHECK(simulate(graph, state.sequence(), *size)->peak == 11);
}

TEST_CASE("where the order is free nothing has to run again, where it is given something has to") {
  const Graph graph = early_and_late();
  const auto size = rounded_sizes(graph, 1);
  const auto extra = [&](Scope scope) {
    Context context;
    const auto outcome = plan_under_budget(
        graph, *size, 11, {}, {.work_limit = 10'000, .bounds = {}, .scope = scope}, context);
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->found.has_value());
    return outcome->found->extra;
  };
  CHECK(extra(Scope::any_order) == 0);
  CHECK(extra(Scope::given_order) == 1);  // late again behind q
}

TEST_CASE("layered graphs: what another order saves of the peak") {
  const Graph graph = layered_graph(5, 12, 6);
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, *resident_bytes(graph, *size), true);
  const Bytes base = State(problem).peak();
  const Context context;
  Search search(problem, base * 90 / 100);
  REQUIRE(search.add_reordered(1'000'000, context));
  CHECK(search.best()->extra == 0);
  CHECK(search.best()->peak <= base * 90 / 100);
}

}  // namespace hcb::search
