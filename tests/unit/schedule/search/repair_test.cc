// Where repair cuts: an output that nothing uses behind the peak is made again at its end.
//
//     a      makes w, 4 bytes, an output of the step          plain order: w + p = 4 + 6 bytes at p
//     p, q   make p (6 bytes) and, from it, q (1 byte)         a again behind p and q: 6 + 1 at q
#include "schedule/search/repair.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "graph/builder.h"
#include "schedule/search/prune.h"

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

// Made again before w, each of u and v is too much beside the other (v 4, k 2, u 4 and workspace 4
// against 12 bytes), and dropping the other is the cheapest cut at first. It ends when k goes.
//
//     u, v    4 bytes each, 4 more while they are made, time 1
//     k       2 bytes, time 3, read by e
//     p       10 bytes while it runs: nothing else but k fits beside it
//     w, e    read u and v; k
Graph two_inputs() {
  GraphBuilder builder(Dialect::onnx, "two inputs");
  const ValueId u = bytes(builder, "u", 4);
  const ValueId v = bytes(builder, "v", 4);
  const ValueId k = bytes(builder, "k", 2);
  const ValueId y = bytes(builder, "y", 1);
  const ValueId z = bytes(builder, "z", 1);
  const ValueId o = bytes(builder, "o", 1);
  const Cost small{.workspace = 4, .time = 1};
  builder.add_node({.name = "u", .op = "Op", .outputs = {u}, .cost = small});
  builder.add_node({.name = "v", .op = "Op", .outputs = {v}, .cost = small});
  builder.add_node({.name = "k", .op = "Op", .outputs = {k}, .cost = {.time = 3}});
  builder.add_node({.name = "p", .op = "Op", .outputs = {o}, .cost = {.workspace = 9, .time = 1}});
  builder.add_node(
      {.name = "w", .op = "Op", .inputs = {u, v}, .outputs = {y}, .cost = {.time = 1}});
  builder.add_node(
      {.name = "e", .op = "Op", .inputs = {k, y}, .outputs = {z}, .cost = {.time = 1}});
  builder.mark_output(z);
  auto graph = std::move(builder).freeze();
  REQUIRE(graph.has_value());
  return *std::move(graph);
}

bool repaired(State& state, Bytes budget, bool outputs, bool damp = false) {
  Prng random(1);
  const Context context;
  Repair repair(state, budget);
  return repair.run({.limit = 100, .outputs = outputs, .damp = damp}, random, context);
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

TEST_CASE("repair ends where two inputs drive each other out") {
  const Graph graph = two_inputs();
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, 0);
  State state(problem);
  CHECK(state.peak() == 20);  // u, v, k, o and the workspace at p
  REQUIRE(repaired(state, 12, true, true));
  Prng random(1);
  Prune(state, 12).run(0, random);
  CHECK(state.peak() == 12);  // u, v and the workspace of the later one
  CHECK(state.extra() == 5);  // u, v and k once more
  CHECK(simulate(graph, state.sequence(), *size)->peak == 12);
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
