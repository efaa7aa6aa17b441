// The exact costs of height compression on the unit chain (support/graphs.h): every value 1 byte,
// f_i reads y_{i-1}; g_i reads dy_i, y_{i-1}, y_i. Blocks of one node, alignment 1.
//
//     arity 2, L = 2^e    T(1) = 1, T(n) = n/2 + 2 T(n/2)          so T(L) = L (1 + e/2)
//                         peak: x, e frontiers, y_{L-1}, two gradients = e + 4
//     arity a, L = a^2    pass over a (a - 1) nodes, then a subtrees of a - 1 and a leaves
//                         peak: x, 2 (a - 1) frontiers, y_{L-1}, two gradients = 2a + 2
#include <algorithm>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/interval_tree.h"
#include "schedule/splits.h"
#include "support/graphs.h"
#include "support/small_stack.h"

namespace hcb {
namespace {

struct Costs {
  Bytes peak = 0;
  std::int64_t forward_executions = 0;
  std::int64_t most = 0;
};

Costs replay_unit_chain(std::size_t length, std::int64_t arity) {
  const Graph graph = unit_chain(length);
  const auto size = rounded_sizes(graph, 1).value();
  const ForwardOrder order = forward_order(graph);
  const Blocks blocks =
      make_blocks(graph, size, order, even_boundaries(graph, order, 1), Mutations::early);
  const Uses uses(graph, order, blocks, {});
  const auto tree = interval_tree(blocks.count(), arity, blocks.time_before);
  Context context;
  const auto sequence =
      replay(graph, order, blocks, uses, tree, {}, 64 * graph.node_count(), context);
  REQUIRE(sequence.has_value());
  const auto simulation = simulate(graph, *sequence, size);
  if (!simulation) FAIL(simulation.error().message);
  Costs costs{.peak = simulation->peak};
  for (const NodeId n : order.nodes) {
    costs.forward_executions += simulation->count[n];
    costs.most = std::max<std::int64_t>(costs.most, simulation->count[n]);
  }
  CHECK(simulation->extra_time == costs.forward_executions - static_cast<std::int64_t>(length));
  return costs;
}

TEST_CASE("unit chain, binary tree: peak e + 4, L (1 + e/2) executions, at most e + 1 of a node") {
  for (std::int64_t e = 0; e <= 16; ++e) {
    CAPTURE(e);
    const std::int64_t length = std::int64_t{1} << e;
    const Costs costs = replay_unit_chain(static_cast<std::size_t>(length), 2);
    CHECK(costs.peak == e + 4);
    CHECK(costs.forward_executions == length + length * e / 2);
    CHECK(costs.most == e + 1);
  }
}

TEST_CASE("unit chain, arity √L: peak 2√L + 2, L (3 - 2/√L) executions, at most 3 of a node") {
  for (const std::int64_t root : {2, 3, 4, 7, 10, 16, 32, 64, 100, 256}) {
    CAPTURE(root);
    const Costs costs = replay_unit_chain(static_cast<std::size_t>(root * root), root);
    CHECK(costs.peak == 2 * root + 2);
    CHECK(costs.forward_executions == 3 * root * root - 2 * root);
    CHECK(costs.most == 3);
  }
}

TEST_CASE("a chain of 2^18 nodes is planned on a stack of 64 KiB: nothing recurses on depth") {
  on_small_stack(64 * 1024, [] {
    const Costs costs = replay_unit_chain(std::size_t{1} << 18, 2);
    CHECK(costs.peak == 22);
    CHECK(costs.most == 19);
  });
}

}  // namespace
}  // namespace hcb
