// What holds for the order heuristics on every graph: their orders are valid, the peak reported is
// the simulator's, and the graph in that order is the same graph.
#include "analysis/orders.h"

#include "analysis/frontier.h"
#include "analysis/series_parallel.h"
#include "check/simulate.h"
#include "graph/reorder.h"
#include "support/properties.h"

namespace hcb {
namespace {

Graph random_graph() { return drawn_training_graph(*rc::gen::arbitrary<std::uint64_t>()); }

TEST_CASE("every heuristic gives a valid order, and the simulator's peak") {
  check_property("orders", [] {
    const Graph graph = random_graph();
    const auto size = rounded_sizes(graph, *rc::gen::element<Bytes>(1, 16, 512));
    RC_ASSERT(size.has_value());
    const auto orders = evaluate_orders(graph, *size);
    RC_ASSERT(orders.has_value());
    RC_ASSERT(orders->size() == order_heuristics().size());
    const Precedence precedence(graph);
    for (const OrderStats& stats : *orders) {
      RC_ASSERT(is_valid_order(precedence, stats.order));
      const auto simulation = simulate(graph, stats.order, *size);
      RC_ASSERT(simulation.has_value());
      RC_ASSERT(simulation->peak == stats.peak);
      RC_ASSERT((*orders)[best_order(*orders)].peak <= stats.peak);
    }
    RC_ASSERT(orders->front().order == plain_sequence(graph));
  });
}

TEST_CASE("a graph in another order has that order's peak and frontiers") {
  check_property("reordered", [] {
    const Graph graph = random_graph();
    const auto size = rounded_sizes(graph, 1);
    RC_ASSERT(size.has_value());
    const auto orders = evaluate_orders(graph, *size);
    RC_ASSERT(orders.has_value());
    for (const OrderStats& stats : *orders) {
      const auto again = reordered(graph, stats.order);
      RC_ASSERT(again.has_value());
      const auto plain = simulate(*again, plain_sequence(*again), *size);
      RC_ASSERT(plain.has_value());
      RC_ASSERT(plain->peak == stats.peak);
      for (const FrontierScope scope : {FrontierScope::whole, FrontierScope::forward}) {
        RC_ASSERT(frontier_profile(*again, *size, scope) ==
                  frontier_profile(graph, *size, scope, stats.order));
      }
      for (const NodeId n : again->nodes()) {
        RC_ASSERT(again->name(n) == graph.name(stats.order[index(n)]));
        RC_ASSERT(again->cost(n) == graph.cost(stats.order[index(n)]));
      }
    }
  });
}

TEST_CASE("what cuts carry adds up to the profile") {
  check_property("cuts", [] {
    const Graph graph = random_graph();
    const auto size = rounded_sizes(graph, 1);
    RC_ASSERT(size.has_value());
    const auto profile = frontier_profile(graph, *size, FrontierScope::whole);
    const auto cuts = spread_cuts(profile, 7);
    for (const CutSnapshot& cut :
         cut_snapshots(graph, *size, FrontierScope::whole, cuts, 100'000)) {
      Bytes sum = 0;
      for (const BufferId b : cut.largest) sum += (*size)[b];
      RC_ASSERT(sum == cut.bytes);
      RC_ASSERT(cut.bytes == profile[cut.cut]);
      RC_ASSERT(cut.largest.size() == cut.buffers);
    }
  });
}

}  // namespace
}  // namespace hcb
