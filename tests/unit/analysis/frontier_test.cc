#include "analysis/frontier.h"

#include <doctest/doctest.h>

#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

TEST_CASE("frontier: the picture of the header") {
  SmallGraph g;
  const ValueId x = g.resident("x", 100);
  const ValueId a = g.value("a", 8);
  const ValueId b = g.value("b", 2);
  g.node({.name = "n0", .inputs = {x}, .outputs = {a}});
  g.node({.name = "n1", .inputs = {a}, .outputs = {b}});
  g.node({.name = "n2", .inputs = {b}, .outputs = {g.value("c", 1)}});
  const Graph graph = g.freeze();
  const auto size = exact_sizes(graph);
  CHECK(frontier_profile(graph, size, FrontierScope::whole) == std::vector<Bytes>{8, 2});
  CHECK(compute_frontier_width(graph, size, FrontierScope::whole) == 8);
}

// f0 -> f1 -> f2 -> b: the backward node reads a, the skip from f0.
Graph skip_to_backward() {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", 8);
  const ValueId b = g.value("b", 2);
  const ValueId c = g.value("c", 1);
  const ValueId d = g.value("d", 4, Role::gradient);
  g.node({.name = "f0", .inputs = {x}, .outputs = {a}});
  g.node({.name = "f1", .inputs = {a}, .outputs = {b}});
  g.node({.name = "f2", .inputs = {b}, .outputs = {c}});
  g.node({.name = "g", .phase = Phase::backward, .inputs = {a, c}, .outputs = {d}});
  g.output(b);
  g.output(d);
  return g.freeze();
}

TEST_CASE("frontier: the forward scope ignores backward readers and what is held as an output") {
  const Graph graph = skip_to_backward();
  const auto size = exact_sizes(graph);
  CHECK(frontier_profile(graph, size, FrontierScope::forward) == std::vector<Bytes>{8, 2});
  CHECK(frontier_profile(graph, size, FrontierScope::whole) ==
        std::vector<Bytes>{8, 8 + 2, 8 + 2 + 1});
  CHECK(compute_frontier_width(graph, size, FrontierScope::forward) == 8);
  CHECK(compute_frontier_width(graph, size, FrontierScope::whole) == 11);
}

TEST_CASE("frontier: fewer than two nodes have no cut") {
  SmallGraph g;
  const ValueId x = g.resident("x", 1);
  g.node({.name = "n", .inputs = {x}, .outputs = {g.value("y", 2)}});
  const Graph graph = g.freeze();
  CHECK(frontier_profile(graph, exact_sizes(graph), FrontierScope::whole).empty());
  CHECK(compute_frontier_width(graph, exact_sizes(graph), FrontierScope::whole) == 0);
}

TEST_CASE("frontier: summary by nearest rank") {
  std::vector<Bytes> hundred;
  for (Bytes i = 100; i >= 1; --i) hundred.push_back(i);
  CHECK(summarize_frontier(hundred) ==
        FrontierSummary{.cuts = 100, .width = 100, .widest = 0, .median = 50, .p95 = 95});
  CHECK(summarize_frontier({3, 9, 9}) ==
        FrontierSummary{.cuts = 3, .width = 9, .widest = 1, .median = 9, .p95 = 9});
  CHECK(summarize_frontier({}) == FrontierSummary{});
}

TEST_CASE("frontier: a sum beyond 2^63 - 1 stops there") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", std::int64_t{1} << 62);
  const ValueId b = g.value("b", std::int64_t{1} << 62);
  g.node({.name = "n0", .inputs = {x}, .outputs = {a, b}});
  g.node({.name = "n1", .inputs = {a, b}, .outputs = {g.value("c", 1)}});
  const Graph graph = g.freeze();
  CHECK(compute_frontier_width(graph, exact_sizes(graph), FrontierScope::whole) ==
        std::numeric_limits<Bytes>::max());
}

TEST_CASE("frontier: in another order") {
  SmallGraph g;
  const ValueId x = g.resident("x", 100);
  const ValueId a = g.value("a", 8);
  const ValueId b = g.value("b", 2);
  g.node({.name = "n0", .inputs = {x}, .outputs = {a}});
  g.node({.name = "n1", .inputs = {x}, .outputs = {b}});
  g.node({.name = "n2", .inputs = {a}, .outputs = {g.value("c", 1)}});
  g.node({.name = "n3", .inputs = {b}, .outputs = {g.value("d", 1)}});
  const Graph graph = g.freeze();
  const auto size = exact_sizes(graph);
  const std::vector<NodeId> order{NodeId{1}, NodeId{3}, NodeId{0}, NodeId{2}};
  CHECK(frontier_profile(graph, size, FrontierScope::whole) == std::vector<Bytes>{8, 10, 2});
  CHECK(frontier_profile(graph, size, FrontierScope::whole, order) == std::vector<Bytes>{2, 0, 8});
  CHECK(compute_frontier_width(graph, size, FrontierScope::whole, order) == 8);
}

TEST_CASE("frontier: what cuts carry") {
  const Graph graph = skip_to_backward();
  const auto size = exact_sizes(graph);
  const std::vector<std::size_t> cuts{0, 2};
  const auto found = cut_snapshots(graph, size, FrontierScope::whole, cuts, 2);
  REQUIRE(found.size() == 2);
  CHECK(found[0].cut == 0);
  CHECK(found[0].bytes == 8);
  CHECK(found[0].buffers == 1);
  CHECK(found[1].bytes == 8 + 2 + 1);
  CHECK(found[1].buffers == 3);
  REQUIRE(found[1].largest.size() == 2);
  CHECK(graph.name(found[1].largest[0]) == "a");
  CHECK(graph.name(found[1].largest[1]) == "b");
}

// 10 cuts in 4 parts of 2.5: their middles are 1.25, 3.75, 6.25, 8.75; the widest is cut 5.
TEST_CASE("frontier: cuts spread over the order, and the widest") {
  const std::vector<Bytes> profile{1, 1, 1, 1, 1, 7, 1, 1, 1, 1};
  CHECK(spread_cuts(profile, 4) == std::vector<std::size_t>{1, 3, 5, 6, 8});
  CHECK(spread_cuts({3, 2}, 4) == std::vector<std::size_t>{0, 1});
  CHECK(spread_cuts({}, 4).empty());
}

}  // namespace
}  // namespace hcb
