// Pictures to the letter, and read back as DOT.
#include "report/drawing.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "support/dot_reader.h"
#include "support/golden.h"
#include "support/graphs.h"
#include "support/one_of_everything.h"
#include "support/tiny_training.h"
#include "unit/schedule/small_training.h"

namespace hcb {
namespace {

test::DotGraph read(const std::string& text) {
  const test::DotGraph graph = test::read_dot(text);
  CHECK(graph.error == "");
  return graph;
}

std::size_t edges_of(const Graph& graph) {
  std::size_t count = graph.order_edges().size();
  for (const NodeId n : graph.nodes()) {
    count += static_cast<std::size_t>(
        std::ranges::count_if(graph.inputs(n), [](ValueId v) { return v != kNone<ValueId>; }));
  }
  return count;
}

TEST_CASE("drawing: one of everything") {
  const Graph graph = one_of_everything();
  const std::string text = drawing(graph, nullptr);
  CHECK(golden_difference(text, "report/everything.dot") == "");
  const auto dot = read(text);
  CHECK(dot.nodes.size() == graph.node_count() + 2);  // x and w
  CHECK(dot.edges.size() == edges_of(graph));
}

TEST_CASE("drawing: a plan in its blocks, with its interval tree") {
  const Graph graph = test::tiny_training();
  const Plan plan = test::tiny_plan(graph);
  const std::string text = drawing(graph, &plan);
  CHECK(golden_difference(text, "report/tiny_plan.dot") == "");
  const auto dot = read(text);
  CHECK(dot.nodes.size() == 6 + 3);
  CHECK(dot.edges.size() == 6 + 2);
  CHECK(dot.nodes.at("n0").fillcolor == "#ffd28a");  // f1 runs twice
  CHECK(dot.nodes.at("n1").fillcolor == "#b7e1a1");  // f2 makes b, kept at the turn
  CHECK(dot.nodes.at("n1").color == "#1f5fbf");      // and read by block 1
  CHECK(dot.nodes.at("n3").fillcolor == "#e4e4e4");  // backward
}

TEST_CASE("drawing: blocks without a tree stand in a cluster of their own") {
  const Graph graph = test::tiny_training();
  Plan plan = test::tiny_plan(graph);
  plan.interval_tree.clear();
  const std::string text = drawing(graph, &plan);
  CHECK(
      text.find("    label=\"blocks\";\n    t0 [label=\"block 0\\nf1 … f2\\nfrontier 0 B\"];\n") !=
      std::string::npos);
  CHECK(read(text).nodes.size() == 6 + 2);
}

TEST_CASE("drawing: random graphs are valid DOT, the same bytes every time") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Graph graph = random_training_graph(seed, 20);
    const std::string text = drawing(graph, nullptr);
    CHECK(text == drawing(random_training_graph(seed, 20), nullptr));
    CHECK(read(text).edges.size() == edges_of(graph));
  }
}

TEST_CASE("drawing: the empty graph") {
  const Graph graph = must_freeze(GraphBuilder(Dialect::jax, "nothing"));
  CHECK(read(drawing(graph, nullptr)).nodes.empty());
}

// `layers` modules m.0, m.1 …, each with `length` forward nodes in a chain.
Graph layered_chain(std::size_t layers, std::size_t length) {
  SmallTraining g;
  std::string last = "x";
  for (std::size_t i = 0; i < layers * length; ++i) {
    const std::string name = "f" + std::to_string(i);
    g.in_module(g.forward(name, {last}), "m." + std::to_string(i / length));
    last = name;
  }
  g.backward("g", {last});
  return std::move(g).finish({"g"});
}

// Every node once in the given order.
Plan plain_plan(const Graph& graph) {
  const auto all = graph.nodes();
  Plan plan;
  plan.graph.name = "plain";
  plan.strategy = "store-all";
  plan.steps = with_frees(graph, std::vector<NodeId>(all.begin(), all.end()));
  plan.save_nodes = saved_at_turn(graph, plan.steps);
  return plan;
}

TEST_CASE("drawing: more than 2,000 nodes by module, with counts and bytes") {
  const Graph graph = layered_chain(100, 21);  // 2,101 nodes; root, m and 100 modules
  const auto dot = read(drawing(graph, nullptr));
  CHECK(dot.nodes.size() == 101);
  CHECK(dot.nodes.at("b4").label == "m.0\\n21 nodes, 21 B");  // entries: 0 the root, 1 m, 2 m.0
  CHECK(dot.nodes.at("b1").label == "backward of no module\\n1 node, 1 B");
  CHECK(dot.edges.size() == 100);
  const Plan plan = plain_plan(graph);
  const auto planned = read(drawing(graph, &plan));
  CHECK(planned.nodes.at("b202").label == "m.99\\n21 nodes, 21 B\\n21 executions, 1 kept");
  CHECK(planned.nodes.at("b202").fillcolor == "#b7e1a1");
}

TEST_CASE("drawing: too many modules give way to the modules above them") {
  const Graph graph = layered_chain(1001, 2);
  const auto dot = read(drawing(graph, nullptr));
  CHECK(dot.nodes.size() == 2);
  CHECK(dot.nodes.at("b2").label == "m\\n2,002 nodes, 1.96 KiB");
}

std::size_t boxes_named(const test::DotGraph& dot, std::string_view prefix) {
  return static_cast<std::size_t>(std::ranges::count_if(
      dot.nodes, [&](const auto& node) { return node.second.label.starts_with(prefix); }));
}

TEST_CASE("drawing: without modules, by block") {
  const Graph graph = unit_chain(1500);
  Plan plan = plain_plan(graph);
  for (std::size_t i = 0; i < 1500; ++i) plan.forward_order.push_back(id_at<NodeId>(i));
  plan.blocks = {{0, 500, 0}, {500, 1500, 0}};
  plan.graph = graph_record(graph);
  const auto dot = read(drawing(graph, &plan));
  CHECK(boxes_named(dot,
                    "block 0\\n500 nodes, 500 B\\n500 executions, 500 kept, 1 read by later") == 1);
  CHECK(boxes_named(dot, "block 1\\n1,000 nodes, 1000 B\\n1,000 executions, 1000 kept") == 1);
}

TEST_CASE("drawing: without modules and blocks, at most 50 stretches of equal length") {
  // 5,000 / 50 + 1 = 101 nodes a box: 49 boxes of 101 and one of 51.
  const auto dot = read(drawing(unit_chain(5000), nullptr));
  CHECK(boxes_named(dot, "block ") == 50);
  CHECK(boxes_named(dot, "block 0\\n101 nodes, 101 B") == 1);
  CHECK(boxes_named(dot, "block 49\\n51 nodes, 51 B") == 1);
}

}  // namespace
}  // namespace hcb
