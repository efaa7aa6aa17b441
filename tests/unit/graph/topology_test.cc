#include "graph/topology.h"

#include <string>
#include <vector>

#include <boost/graph/dominator_tree.hpp>
#include <boost/graph/graph_concepts.hpp>
#include <doctest/doctest.h>

#include "base/prng.h"
#include "graph/boost_traits.h"
#include "graph/builder.h"
#include "support/autodiff.h"
#include "support/graphs.h"

namespace hcb {
namespace {

BOOST_CONCEPT_ASSERT((boost::VertexListGraphConcept<Graph>));
BOOST_CONCEPT_ASSERT((boost::AdjacencyGraphConcept<Graph>));
BOOST_CONCEPT_ASSERT((boost::BidirectionalGraphConcept<Graph>));

using Edges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// Nodes n0 … without values; edges are order edges.
Graph of_edges(std::size_t nodes, const Edges& edges) {
  GraphBuilder builder(Dialect::onnx);
  for (std::size_t i = 0; i < nodes; ++i) {
    builder.add_node({.name = "n" + std::to_string(i), .op = "op"});
  }
  for (const auto& [from, to] : edges) builder.add_order_edge(NodeId{from}, NodeId{to});
  return must_freeze(std::move(builder));
}

//     0 ──> 1 ──> 3 ──> 4
//     └───> 2 ────^
const Edges kDiamond{{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}};

constexpr NodeId kRoot = kNone<NodeId>;

std::vector<NodeId> nodes(std::vector<std::uint32_t> numbers) {
  std::vector<NodeId> ids;
  for (const std::uint32_t n : numbers) ids.push_back(NodeId{n});
  return ids;
}

// By definition: a dominates b if b cannot be reached from the sources once a is taken away.
bool reachable_without(const Graph& graph, NodeId taken, NodeId b) {
  IdVector<NodeId, char> reached(graph.node_count(), 0);
  for (const NodeId n : graph.nodes()) {
    reached[n] = graph.predecessors(n).empty();
    for (const NodeId before : graph.predecessors(n)) reached[n] |= reached[before];
    if (n == taken) reached[n] = 0;
  }
  return reached[b] != 0;
}

TEST_CASE("the traits show data and order edges to Boost") {
  const Graph graph = of_edges(5, kDiamond);
  CHECK(num_vertices(graph) == 5);
  CHECK(out_degree(NodeId{0}, graph) == 2);
  CHECK(in_degree(NodeId{3}, graph) == 2);
  CHECK(degree(NodeId{3}, graph) == 3);
  Edges seen;
  const auto [first, last] = vertices(graph);
  for (auto v = first; v != last; ++v) {
    for (auto [e, end] = out_edges(*v, graph); e != end; ++e) {
      seen.emplace_back(index(source(*e, graph)), index(target(*e, graph)));
    }
  }
  CHECK(seen == kDiamond);
  Edges into;
  for (auto [e, end] = in_edges(NodeId{3}, graph); e != end; ++e) {
    into.emplace_back(index(source(*e, graph)), index(target(*e, graph)));
  }
  CHECK(into == Edges{{1, 3}, {2, 3}});
}

TEST_CASE("topological order: depth first, so in general not the given one") {
  const Graph graph = of_edges(5, kDiamond);
  CHECK(topological_order(graph) == nodes({0, 2, 1, 3, 4}));
  CHECK(topological_order(of_edges(3, {})) == nodes({2, 1, 0}));
  CHECK(topological_order(of_edges(0, {})).empty());
}

TEST_CASE("is_topological refuses missing, repeated and misplaced nodes") {
  const Graph graph = of_edges(5, kDiamond);
  CHECK(is_topological(graph, nodes({0, 1, 2, 3, 4})));
  CHECK(is_topological(graph, nodes({0, 2, 1, 3, 4})));
  CHECK_FALSE(is_topological(graph, nodes({0, 1, 2, 3})));
  CHECK_FALSE(is_topological(graph, nodes({0, 1, 2, 3, 3})));
  CHECK_FALSE(is_topological(graph, nodes({0, 1, 3, 2, 4})));
  CHECK_FALSE(is_topological(graph, nodes({0, 1, 2, 3, 9})));
}

TEST_CASE("ancestors and descendants leave the node itself out") {
  const Graph graph = of_edges(6, {{0, 1}, {0, 2}, {1, 3}, {2, 4}, {1, 4}});
  CHECK(ancestors(graph, NodeId{4}).items() == std::vector<char>{1, 1, 1, 0, 0, 0});
  CHECK(descendants(graph, NodeId{1}).items() == std::vector<char>{0, 0, 0, 1, 1, 0});
  CHECK(ancestors(graph, NodeId{5}).items() == std::vector<char>(6, 0));
}

TEST_CASE("dominators and post-dominators of the diamond") {
  const Graph graph = of_edges(5, kDiamond);
  CHECK(dominators(graph).parent.items() ==
        std::vector{kRoot, NodeId{0}, NodeId{0}, NodeId{0}, NodeId{3}});
  CHECK(dominators(graph).depth.items() == std::vector<std::uint32_t>{1, 2, 2, 2, 3});
  CHECK(post_dominators(graph).parent.items() ==
        std::vector{NodeId{3}, NodeId{3}, NodeId{3}, NodeId{4}, kRoot});
  CHECK(dominators(graph).dominates(NodeId{0}, NodeId{4}));
  CHECK(dominators(graph).dominates(NodeId{4}, NodeId{4}));
  CHECK_FALSE(dominators(graph).dominates(NodeId{1}, NodeId{3}));
}

// Two sources meet: nothing but the virtual root dominates the node where they do.
TEST_CASE("several entries and exits hang below the virtual root") {
  const Graph graph = of_edges(6, {{0, 2}, {1, 2}, {2, 3}, {3, 4}, {3, 5}});
  CHECK(dominators(graph).parent.items() ==
        std::vector{kRoot, kRoot, kRoot, NodeId{2}, NodeId{3}, NodeId{3}});
  CHECK(post_dominators(graph).parent.items() ==
        std::vector{NodeId{2}, NodeId{2}, NodeId{3}, kRoot, kRoot, kRoot});
}

// g_i reads dy_i, y_{i-1} and y_i, so the last node on all ways to it is f_{i-1} (f_0 for g_0); all
// that runs leads to g_0.
TEST_CASE("dominators and post-dominators of the unit chain") {
  constexpr std::uint32_t kLength = 8;
  const Graph graph = unit_chain(kLength);
  const DominatorTree tree = dominators(graph);
  for (std::uint32_t i = 0; i < kLength; ++i) {
    CHECK(tree.parent[NodeId{2 * kLength - i}] == NodeId{i == 0 ? 0 : i - 1});
  }
  CHECK(tree.parent[NodeId{kLength}] == NodeId{kLength - 1});  // seed
  const DominatorTree post = post_dominators(graph);
  for (const NodeId n : graph.nodes()) CHECK(post.dominates(NodeId{2 * kLength}, n));
}

TEST_CASE("on random graphs the order is topological and the tree is the definition") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Graph graph = random_training_graph(seed, 2 + seed % 12);
    CHECK(is_topological(graph, topological_order(graph)));
    const DominatorTree tree = dominators(graph);
    const DominatorTree post = post_dominators(graph);
    for (const NodeId b : graph.nodes()) {
      const IdVector<NodeId, char> before = ancestors(graph, b);
      for (const NodeId a : graph.nodes()) {
        if (a == b) continue;
        CHECK(tree.dominates(a, b) == (before[a] && !reachable_without(graph, a, b)));
        CHECK(before[a] == descendants(graph, a)[b]);
        if (post.dominates(a, b)) CHECK(descendants(graph, b)[a]);
      }
    }
  }
}

TEST_CASE("the tree is the one Boost's algorithm of Lengauer and Tarjan finds") {
  Prng random(7);
  for (int round = 0; round < 200; ++round) {
    Edges edges;  // node 0 is the only entry
    for (std::uint32_t n = 1; n < 40; ++n) {
      for (std::int64_t k = random.between(1, 3); k > 0; --k) {
        edges.emplace_back(static_cast<std::uint32_t>(random.below(n)), n);
      }
    }
    const Graph graph = of_edges(40, edges);
    IdVector<NodeId, NodeId> parent(40, kRoot);
    boost::lengauer_tarjan_dominator_tree(graph, NodeId{0}, internal::NodeMap(parent));
    CHECK(dominators(graph).parent == parent);
  }
}

TEST_CASE("post-dominators are the dominators of the reversed graph") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Graph graph = random_dag(seed, 25);
    const std::size_t count = graph.node_count();
    const auto mirrored = [&](NodeId n) {
      return n == kRoot ? n : id_at<NodeId>(count - 1 - index(n));
    };
    Edges reversed;
    for (const NodeId n : graph.nodes()) {
      for (const NodeId s : graph.successors(n)) {
        reversed.emplace_back(index(mirrored(s)), index(mirrored(n)));
      }
    }
    const DominatorTree mirror = dominators(of_edges(count, reversed));
    const DominatorTree post = post_dominators(graph);
    for (const NodeId n : graph.nodes())
      CHECK(post.parent[n] == mirrored(mirror.parent[mirrored(n)]));
  }
}

}  // namespace
}  // namespace hcb
