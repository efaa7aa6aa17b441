// The picture of the plan of support/tiny_training.h to the letter; a large graph by its boxes.
#include "plan/dot.h"

#include <doctest/doctest.h>

#include "support/graphs.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

TEST_CASE("a small plan is drawn node by node, in its blocks") {
  const Graph graph = test::tiny_training();
  CHECK(plan_to_dot(graph, test::tiny_plan(graph)) == R"dot(digraph "tiny" {
  label="by-hand: peak 46 B of 52 B, extra time 10 of 105 ns";
  node [shape=box style=filled fillcolor=white];
  subgraph cluster_0 {
    label="block 0";
    n0 [label="f1 (Opf1) x2" fillcolor="#ffd28a"];
    n1 [label="f2 (Opf2)" fillcolor="#b7e1a1" color="#1f5fbf" penwidth=3];
  }
  subgraph cluster_1 {
    label="block 1";
    n2 [label="f3 (Opf3)" fillcolor="#b7e1a1"];
  }
  n3 [label="g3 (Opg3)" fillcolor="#e4e4e4"];
  n4 [label="g2 (Opg2)" fillcolor="#e4e4e4"];
  n5 [label="g1 (Opg1)" fillcolor="#e4e4e4"];
  n0 -> n1 [label="a"];
  n1 -> n2 [label="b"];
  n1 -> n3 [label="b"];
  n0 -> n4 [label="a"];
  n3 -> n4 [label="gb"];
  n4 -> n5 [label="ga"];
}
)dot");
}

// The plain plan of a unit chain: `length` forward nodes, length + 1 backward nodes.
std::string drawn_chain(std::size_t length, std::vector<Block> blocks) {
  const Graph graph = unit_chain(length);
  const auto all = graph.nodes();
  const std::vector<NodeId> sequence(all.begin(), all.end());
  Plan plan;
  plan.graph.name = "chain";
  plan.strategy = "store-all";
  plan.steps = with_frees(graph, sequence);
  plan.save_nodes = saved_at_turn(graph, plan.steps);
  if (!blocks.empty()) plan.forward_order.assign(sequence.begin(), sequence.begin() + length);
  plan.blocks = std::move(blocks);
  return plan_to_dot(graph, plan);
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++found;
  return found;
}

TEST_CASE("more than 2,000 nodes are drawn by block") {
  const std::string text = drawn_chain(1500, {{0, 500, 0}, {500, 1500, 0}});
  CHECK(count(text, "[label=\"block ") == 2);
  CHECK(text.find(R"(b0 [label="block 0: 500 nodes, 500 executions, 500 checkpoints")") !=
        std::string::npos);
  CHECK(text.find(R"(b2 [label="block 1: 1000 nodes, 1000 executions, 1000 checkpoints")") !=
        std::string::npos);
  CHECK(text.find(R"(b0 -> b2 [label="1 B"])") != std::string::npos);
}

TEST_CASE("without blocks, forward nodes are drawn as at most 50 boxes") {
  // 5,000 / 50 + 1 = 101 nodes a box: 49 boxes of 101 and one of 51.
  const std::string text = drawn_chain(5000, {});
  CHECK(count(text, "[label=\"block ") == 50);
  CHECK(count(text, "[label=\"block 0: 101 nodes") == 1);
  CHECK(count(text, "[label=\"block 49: 51 nodes") == 1);
}

}  // namespace
}  // namespace hcb
