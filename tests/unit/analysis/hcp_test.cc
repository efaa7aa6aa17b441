#include "analysis/hcp.h"

#include <doctest/doctest.h>

#include "analysis/block_size.h"
#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

std::string name_of(int i) { return "n" + std::to_string(i); }

// n0 -> n1 -> … -> n15, 10 bytes each; with `skip` the last node reads the first value too.
Graph chain_of_16(bool skip) {
  SmallGraph g;
  ValueId last = g.resident("x", 0);
  ValueId first{};
  for (int i = 0; i < 16; ++i) {
    std::vector<ValueId> inputs{last};
    if (skip && i == 15) inputs.push_back(first);
    last = g.value("v" + std::to_string(i), 10);
    if (i == 0) first = last;
    g.node({.name = name_of(i), .inputs = inputs, .outputs = {last}});
  }
  return g.freeze();
}

// 160 bytes of activations; 15 cuts of 10. Blocks of 4: 3 boundaries of 10, a block of 40; the
// tree over 4 blocks holds 2 boundaries and a block: 60. Blocks of 2: 3 · 10 + 20 = 50; of 1: 4 · 10
// + 10 = 50. On ties the larger: 2. Kept boundaries: blocks of 4 need 3 · 10 + 40 = 70, of 2 7 · 10 +
// 20, of 8 10 + 80.
TEST_CASE("a chain compresses") {
  const Graph graph = chain_of_16(false);
  const HcpEvaluation hcp = evaluate_hcp(graph, exact_sizes(graph));
  CHECK(hcp.compressible);
  CHECK(hcp.activations == 160);
  CHECK(hcp.frontier.cuts == 15);
  CHECK(hcp.frontier.width == 10);
  CHECK(hcp.width_permyriad == 625);
  CHECK(hcp.p95_permyriad == 625);
  CHECK(hcp.nodes == 16);
  CHECK(hcp.depth == 16);
  CHECK(hcp.fan_out == 1);
  CHECK(hcp.most_read == "v0");
  CHECK(hcp.skip_length == 1);
  REQUIRE(hcp.interval_tree.has_value());
  CHECK(hcp.interval_tree->block_size == 2);
  CHECK(hcp.interval_tree->blocks == 8);
  CHECK(hcp.interval_tree->bytes == 50);
  REQUIRE(hcp.periodic.has_value());
  CHECK(hcp.periodic->block_size == 4);
  CHECK(hcp.periodic->bytes == 70);
  CHECK(hcp.reasons ==
        std::vector<std::string>{
            "narrow frontiers: the widest carries 6.2 % of the activations, 95 % of them at most "
            "6.2 %",
            "deep: 16 of 16 forward nodes lie on one path",
            "fan-out: at most 1 forward readers of one value ('v0')",
            "short skips: the longest reaches over 1 nodes ('v0')",
            "compresses: an interval tree over blocks of 2 holds about 50 B of the 160 B of "
            "activations"});
}

TEST_CASE("a long skip is named, and every frontier carries it") {
  const Graph graph = chain_of_16(true);
  const HcpEvaluation hcp = evaluate_hcp(graph, exact_sizes(graph));
  CHECK(hcp.frontier.width == 20);
  CHECK(hcp.fan_out == 2);
  CHECK(hcp.skip_length == 15);
  CHECK(hcp.longest_skip == "v0");
  CHECK(hcp.reasons[3] == "long skips: the longest reaches over 15 nodes ('v0')");
}

// One value, 8 branches, one join: 3 deep. Made: 1 + 8 · 10 + 1; before the join all 80 are carried.
TEST_CASE("a wide graph does not compress") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId root = g.value("root", 1);
  g.node({.name = "root", .inputs = {x}, .outputs = {root}});
  std::vector<ValueId> branches;
  for (int i = 0; i < 8; ++i) {
    branches.push_back(g.value("b" + std::to_string(i), 10));
    g.node({.name = name_of(i), .inputs = {root}, .outputs = {branches.back()}});
  }
  g.node({.name = "join", .inputs = branches, .outputs = {g.value("out", 1)}});
  const Graph graph = g.freeze();
  const HcpEvaluation hcp = evaluate_hcp(graph, exact_sizes(graph));
  CHECK(!hcp.compressible);
  CHECK(hcp.activations == 82);
  CHECK(hcp.frontier.width == 80);
  CHECK(hcp.width_permyriad == 9757);  // 80 / 82 rounded up
  CHECK(hcp.depth == 3);
  CHECK(hcp.fan_out == 8);
  CHECK(hcp.most_read == "root");
  CHECK(hcp.reasons[0].starts_with("wide frontiers: the widest carries 97.5 %"));
  CHECK(hcp.reasons[1] == "moderately deep: 3 of 10 forward nodes lie on one path");
  CHECK(hcp.reasons[4].starts_with("does not compress well: "));
}

TEST_CASE("another order, another evaluation") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", 4);
  const ValueId b = g.value("b", 8);
  g.node({.name = "A", .inputs = {x}, .outputs = {a}});
  g.node({.name = "B", .inputs = {x}, .outputs = {b}});
  g.node({.name = "A2", .inputs = {a}, .outputs = {g.value("a2", 0)}});
  g.node({.name = "B2", .inputs = {b}, .outputs = {g.value("b2", 0)}});
  const Graph graph = g.freeze();
  const auto size = exact_sizes(graph);
  const std::vector<NodeId> order{NodeId{0}, NodeId{2}, NodeId{1}, NodeId{3}};
  CHECK(evaluate_hcp(graph, size).frontier.width == 12);
  CHECK(evaluate_hcp(graph, size, order).frontier.width == 8);
  CHECK(evaluate_hcp(graph, size).skip_length == 2);
  CHECK(evaluate_hcp(graph, size, order).skip_length == 1);
}

// Views are not counted: n0, a view of it, n1.
TEST_CASE("views are no nodes of a block") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", 4);
  g.node({.name = "n0", .inputs = {x}, .outputs = {a}});
  g.node({.name = "n1", .inputs = {a}, .outputs = {g.value("b", 2)}});
  const Graph graph = g.freeze();
  const HcpEvaluation hcp = evaluate_hcp(graph, exact_sizes(graph));
  CHECK(hcp.nodes == 2);
  CHECK(hcp.depth == 2);
}

TEST_CASE("no forward nodes: nothing to say") {
  SmallGraph g;
  const ValueId x = g.resident("x", 1);
  g.node({.name = "b",
          .phase = Phase::backward,
          .inputs = {x},
          .outputs = {g.value("d", 2, Role::gradient)}});
  const Graph graph = g.freeze();
  const HcpEvaluation hcp = evaluate_hcp(graph, exact_sizes(graph));
  CHECK(!hcp.compressible);
  CHECK(!hcp.interval_tree);
  CHECK(hcp.reasons.empty());
}

TEST_CASE("block_costs: one life within a block, one across two boundaries") {
  // 6 nodes; (0, 1) 5 bytes, (1, 5) 7 bytes, (5, 5) 2 bytes.
  const auto costs = block_costs({{0, 1, 5}, {1, 5, 7}, {5, 5, 2}}, 6);
  REQUIRE(costs.size() == 4);  // 1, 2, 4, 6
  CHECK(costs[1].block_size == 2);
  CHECK(costs[1].blocks == 3);
  CHECK(costs[1].boundaries == 7);
  CHECK(costs[1].widest == 7);
  CHECK(costs[1].block == 5 + 7);
  CHECK(costs[1].periodic() == 7 + 12);
  CHECK(costs[1].interval_tree() == 7 + 12);  // two levels of 7, but no more than all boundaries
  CHECK(costs[3].blocks == 1);
  CHECK(costs[3].periodic() == 5 + 7 + 2);
  CHECK(costs[3].interval_tree() == 5 + 7 + 2);
  CHECK(block_costs({}, 0).empty());
}

TEST_CASE("integer_sqrt rounds down") {
  CHECK(integer_sqrt(0) == 0);
  CHECK(integer_sqrt(1) == 1);
  CHECK(integer_sqrt(1204) == 34);
  CHECK(integer_sqrt(35 * 35) == 35);
  CHECK(integer_sqrt(35 * 35 - 1) == 34);
  CHECK(integer_sqrt(999'999'999'999) == 999'999);
}

}  // namespace
}  // namespace hcb
