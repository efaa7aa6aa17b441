// Where repair cuts: an output that nothing uses behind the peak is made again at its end.
//
//     a      makes w, 4 bytes, an output of the step          plain order: w + p = 4 + 6 bytes at p
//     p, q   make p (6 bytes) and, from it, q (1 byte)         a again behind p and q: 6 + 1 at q
#include "schedule/search/repair.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "graph/builder.h"

namespace hcb::search {
namespace {

ValueId bytes(GraphBuilder& builder, const char* name, std::int64_t count) {
  return builder.add_value({.name = name, .dtype = DType::u8, .shape = {count}});
}

Graph output_before_the_peak() {
  GraphBuilder builder(Dialect::onnx, "output");
  const ValueId w = bytes(builder, "w", 4);
  const ValueId p = bytes(builder, "p", 6);
  const ValueId q = bytes(builder, "q", 1);
  builder.add_node({.name = "a", .op = "Op", .outputs = {w}, .cost = {.time = 3}});
  builder.add_node({.name = "p", .op = "Op", .outputs = {p}, .cost = {.time = 1}});
  builder.add_node({.name = "q", .op = "Op", .inputs = {p}, .outputs = {q}, .cost = {.time = 1}});
  builder.mark_output(w);
  builder.mark_output(q);
  auto graph = std::move(builder).freeze();
  REQUIRE(graph.has_value());
  return *std::move(graph);
}

bool repaired(State& state, Bytes budget, bool outputs) {
  Prng random(1);
  const Context context;
  Repair repair(state, budget);
  return repair.run({.limit = 100, .outputs = outputs}, random, context);
}

}  // namespace

TEST_CASE("repair makes an output again behind the peak") {
  const Graph graph = output_before_the_peak();
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, 0);
  State state(problem);
  CHECK(state.peak() == 11);
  REQUIRE(repaired(state, 7, true));
  const NodeId a{0};
  const NodeId p{1};
  const NodeId q{2};
  CHECK(state.sequence() == std::vector<NodeId>{a, p, q, a});
  CHECK(state.peak() == 7);
  CHECK(state.extra() == 3);
  CHECK(simulate(graph, state.sequence(), *size)->peak == 7);
}

TEST_CASE("repair leaves outputs alone where it is told to") {
  const Graph graph = output_before_the_peak();
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, 0);
  State state(problem);
  CHECK_FALSE(repaired(state, 7, false));
}

TEST_CASE("behind the last execution over the budget") {
  const Graph graph = output_before_the_peak();
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, 0);
  const State state(problem);
  // 4, 10 and 11 bytes in turn.
  CHECK(state.behind_last_over(10) == kEndOfStep);
  State longer(problem);
  longer.insert_before(kEndOfStep, NodeId{0});  // w is gone from a to here: 4, 6, 7, 5
  CHECK(longer.node(longer.behind_last_over(6)) == NodeId{0});
  CHECK(longer.behind_last_over(4) == kEndOfStep);
}

}  // namespace hcb::search
