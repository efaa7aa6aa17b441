#include "graph/subgraph.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "graph/builder.h"
#include "graph/dump.h"
#include "support/autodiff.h"
#include "support/graphs.h"

namespace hcb {
namespace {

ValueSpec bytes_value(std::string name, Bytes bytes, Role role = Role::activation) {
  return {.name = std::move(name), .dtype = DType::u8, .shape = {bytes}, .role = role};
}

ValueSpec view_value(std::string name, Bytes bytes, ValueId base) {
  return {.name = std::move(name), .dtype = DType::u8, .shape = {bytes}, .view_of = base};
}

//     w, x ──> A ──> y ──> B ──> v (view of y) ──> C ──> z ──> D (in place) ──> u, C -> E an order edge
//                    └───────────────────────────> C

Graph example() {
  GraphBuilder b(Dialect::aten, "example");
  const ValueId w = b.add_resident(bytes_value("w", 6, Role::parameter));
  const ValueId x = b.add_resident(bytes_value("x", 5, Role::input));
  ValueSpec padded = bytes_value("y", 8);
  padded.storage = 10;
  const ValueId y = b.add_value(padded);
  const ValueId v = b.add_value(view_value("v", 4, y));
  const ValueId z = b.add_value(bytes_value("z", 3));
  const ValueId u = b.add_value(bytes_value("u", 3));
  const NodeId a = b.add_node({.name = "A",
                               .op = "Mul",
                               .inputs = {w, x},
                               .outputs = {y},
                               .cost = {.flops = 1, .bytes_moved = 2, .workspace = 3, .time = 4},
                               .module = "m",
                               .attributes = {{"k", std::int64_t{7}}}});
  b.add_node({.name = "B", .op = "View", .inputs = {y}, .outputs = {v}, .flags = {.view = true}});
  const NodeId c = b.add_node({.name = "C", .op = "Add", .inputs = {v, y}, .outputs = {z}});
  b.add_node({.name = "D",
              .op = "Relu",
              .phase = Phase::backward,
              .inputs = {z},
              .outputs = {u},
              .forward = a,
              .donates = {{.output = 0, .input = 0}}});
  const NodeId e = b.add_node({.name = "E", .op = "Log", .inputs = {x}, .flags = {.effect = true}});
  b.add_order_edge(c, e);
  b.mark_output(u);
  return must_freeze(std::move(b));
}

Graph part(const Graph& graph, std::vector<NodeId> nodes) {
  Result<Graph> made = induced_subgraph(graph, nodes);
  if (!made) FAIL(made.error().message);
  return std::move(*made);
}

constexpr NodeId A{0}, B{1}, C{2}, D{3}, E{4};

TEST_CASE("all nodes give the same graph") {
  const Graph graph = example();
  CHECK(dump_text(part(graph, {E, D, C, B, A, A})) == dump_text(graph));
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Graph whole = random_training_graph(seed, 15);
    const auto all = whole.nodes();
    const Graph copy = part(whole, {all.begin(), all.end()});
    const auto run = [](const Graph& g) {
      return simulate(g, plain_sequence(g), rounded_sizes(g, 1).value()).value();
    };
    CHECK(copy.node_count() == whole.node_count());
    // A resident that nobody reads is left behind; everything else costs the same.
    const Bytes unread = run(whole).resident - run(copy).resident;
    CHECK(run(copy).peak == run(whole).peak - unread);
    CHECK(run(copy).time == run(whole).time);
  }
}

TEST_CASE("values from outside become inputs of the same storage, values read outside outputs") {
  CHECK(dump_text(part(example(), {B})) ==
        "graph example (aten): 1 node, 2 values, 1 buffer\n"
        "resident y: uint8[8] input, 10 bytes\n"
        "node B = View(y): forward, 0 ns, view\n"
        "  v: uint8[4] activation, view of y\n"
        "output v\n");
}

TEST_CASE("residents stay what they are; costs, module, attributes are kept") {
  const Graph graph = part(example(), {A});
  CHECK(dump_text(graph) ==
        "graph example (aten): 1 node, 3 values, 3 buffers\n"
        "resident w: uint8[6] parameter, 6 bytes\n"
        "resident x: uint8[5] input, 5 bytes\n"
        "node A = Mul(w, x): forward, 4 ns, workspace 3 bytes, in m\n"
        "  y: uint8[8] activation, 10 bytes\n"
        "output y\n");
  CHECK(graph.cost(A) == example().cost(A));
  CHECK(graph.attributes(A)[0] == Attribute{"k", std::int64_t{7}});
}

TEST_CASE("two values of one outer buffer share it, the base declared though nobody reads it") {
  CHECK(dump_text(part(example(), {C})) ==
        "graph example (aten): 1 node, 3 values, 2 buffers\n"
        "resident y: uint8[8] input, 10 bytes\n"
        "resident v: uint8[4] input, view of y\n"
        "node C = Add(v, y): forward, 0 ns\n"
        "  z: uint8[3] activation, 3 bytes\n"
        "output z\n");
}

TEST_CASE("a view made outside of a buffer made inside is a buffer of its own") {
  CHECK(dump_text(part(example(), {A, C})) ==
        "graph example (aten): 2 nodes, 5 values, 5 buffers\n"
        "resident w: uint8[6] parameter, 6 bytes\n"
        "resident x: uint8[5] input, 5 bytes\n"
        "resident v: uint8[4] input, 10 bytes\n"
        "node A = Mul(w, x): forward, 4 ns, workspace 3 bytes, in m\n"
        "  y: uint8[8] activation, 10 bytes\n"
        "node C = Add(v, y): forward, 0 ns\n"
        "  z: uint8[3] activation, 3 bytes\n"
        "output y\n"
        "output z\n");
}

TEST_CASE("donations, order edges and forward nodes go with both ends inside") {
  const Graph whole = example();
  const Graph alone = part(whole, {D});
  CHECK(alone.donor(alone.buffer(alone.outputs()[0])) == kNone<BufferId>);
  CHECK(alone.forward_of(NodeId{0}) == kNone<NodeId>);
  const Graph both = part(whole, {A, B, C, D});
  CHECK(both.name(both.donor(both.buffer(both.outputs()[0]))) == "z");
  CHECK(both.forward_of(D) == A);
  CHECK(both.order_edges().empty());
  CHECK(part(whole, {C, E}).order_edges().size() == 1);
}

TEST_CASE("a resident that a node mutates is still mutated") {
  GraphBuilder b(Dialect::onnx);
  const ValueId w = b.add_resident(bytes_value("w", 4, Role::parameter));
  const ValueId n = b.add_value(bytes_value("n", 4));
  b.add_node({.name = "update",
              .op = "Sgd",
              .inputs = {w},
              .outputs = {n},
              .donates = {{.output = 0, .input = 0}}});
  const Graph graph = part(must_freeze(std::move(b)), {NodeId{0}});
  CHECK(graph.name(graph.donor(graph.makes(NodeId{0})[0])) == "w");
}

TEST_CASE("an id the graph has not is an error") {
  const Result<Graph> made = induced_subgraph(example(), std::vector{NodeId{5}});
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().kind == ErrorKind::bad_input);
  CHECK(made.error().message == "node 5 of example: the graph has 5 nodes");
}

TEST_CASE("no nodes give the empty graph") {
  CHECK(dump_text(part(example(), {})) == "graph example (aten): 0 nodes, 0 values, 0 buffers\n");
}

// Whatever the set: edges of the part are the edges of the whole between its nodes.
TEST_CASE("random parts of random graphs keep exactly the inner edges") {
  Prng random(42);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Graph whole = random_training_graph(seed, 15, {.optimizer = seed % 3 == 0});
    std::vector<NodeId> kept;
    for (const NodeId n : whole.nodes()) {
      if (random.chance(60)) kept.push_back(n);
    }
    const Graph graph = part(whole, kept);
    REQUIRE(graph.node_count() == kept.size());
    for (const NodeId n : graph.nodes()) {
      std::vector<std::string_view> inside, expected;
      for (const NodeId p : graph.predecessors(n)) inside.push_back(graph.name(p));
      for (const NodeId p : whole.predecessors(kept[index(n)])) {
        if (std::ranges::find(kept, p) != kept.end()) expected.push_back(whole.name(p));
      }
      CHECK(graph.name(n) == whole.name(kept[index(n)]));
      CHECK(inside == expected);
    }
    CHECK(simulate(graph, plain_sequence(graph), rounded_sizes(graph, 1).value()).has_value());
  }
}

}  // namespace
}  // namespace hcb
