// A million nodes in a row on a stack of 256 KiB: nothing in src/graph recurses on depth.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "graph/builder.h"
#include "graph/dump.h"
#include "graph/subgraph.h"
#include "graph/topology.h"
#include "support/autodiff.h"
#include "support/graphs.h"
#include "support/small_stack.h"

namespace hcb {
namespace {

constexpr std::size_t kStack = 256 * 1024;
constexpr std::size_t kNodes = 1'000'000;
constexpr NodeId kFirst{0};
constexpr NodeId kLast{kNodes - 1};

// n0 -> n1 -> … and n0 -> last, added last node first, so that freeze() has to renumber. The edge
// across makes Lengauer and Tarjan's algorithm follow a path through all nodes.
GraphBuilder chain_backwards() {
  GraphBuilder builder(Dialect::onnx, "chain");
  for (std::size_t i = 0; i < kNodes; ++i) {
    builder.add_value({.name = "v" + std::to_string(i), .dtype = DType::u8, .shape = {1}});
  }
  for (std::size_t i = kNodes; i-- > 0;) {
    NodeSpec node{.name = "n" + std::to_string(i), .op = "op", .outputs = {id_at<ValueId>(i)}};
    if (i > 0) node.inputs = {id_at<ValueId>(i - 1)};
    if (i == kNodes - 1) node.inputs.push_back(ValueId{0});
    builder.add_node(std::move(node));
  }
  builder.mark_output(id_at<ValueId>(kNodes - 1));
  return builder;
}

TEST_CASE("a chain of a million nodes: built, verified, renumbered, sorted, dominated, dumped") {
  on_small_stack(kStack, [] {
    const Graph graph = must_freeze(chain_backwards());
    CHECK(graph.name(kFirst) == "n0");
    CHECK(graph.name(kLast) == "n999999");

    const std::vector<NodeId> order = topological_order(graph);
    CHECK(is_topological(graph, order));
    CHECK(order.back() == kLast);

    const DominatorTree down = dominators(graph);
    CHECK(down.parent[kLast] == kFirst);
    CHECK(down.depth[NodeId{kNodes - 2}] == kNodes - 1);
    const DominatorTree up = post_dominators(graph);
    CHECK(up.parent[kFirst] == kLast);
    CHECK(up.depth[NodeId{1}] == kNodes - 1);

    const std::string text = dump_text(graph);
    CHECK(text.starts_with("graph chain (onnx): 1000000 nodes, 1000000 values, 1000000 buffers\n"));
    CHECK(text.ends_with("\noutput v999999\n"));
  });
}

TEST_CASE("a million nodes: ancestors, descendants, subgraph") {
  on_small_stack(kStack, [] {
    const Graph graph = forward_chain(kNodes);
    CHECK(ancestors(graph, kLast)[kFirst] == 1);
    CHECK(descendants(graph, kFirst)[kLast] == 1);
    const auto all = graph.nodes();
    const auto rest = induced_subgraph(graph, std::vector<NodeId>(all.begin() + 1, all.end()));
    REQUIRE(rest.has_value());
    CHECK(rest->node_count() == kNodes - 1);
  });
}

TEST_CASE("a hundred thousand nodes as JSON") {
  on_small_stack(kStack, [] {
    const Graph graph = forward_chain(100'000);
    CHECK(dump_json(graph).ends_with("\n\"outputs\": [\n 100000]}\n"));
  });
}

TEST_CASE("a cycle through a million nodes is reported, cut short") {
  on_small_stack(kStack, [] {
    GraphBuilder builder = chain_backwards();
    builder.mutable_node(kLast).inputs = {id_at<ValueId>(kNodes - 1)};  // n0 reads the last value
    const Result<Graph> graph = std::move(builder).freeze();
    REQUIRE_FALSE(graph.has_value());
    CHECK(graph.error().message.starts_with("dependency cycle: n"));
    CHECK(graph.error().message.size() < 400);
  });
}

}  // namespace
}  // namespace hcb
