// One row per heuristic, one file per idea. Peaks are the simulator's, so no heuristic's own
// accounting has a say in what is reported.
#include "analysis/orders.h"

#include <algorithm>
#include <array>
#include <limits>

#include "analysis/greedy_order.h"
#include "analysis/ready_order.h"
#include "analysis/series_parallel.h"
#include "check/simulate.h"

namespace hcb {
namespace {

using Sizes = IdVector<BufferId, Bytes>;

constexpr std::size_t kAnyNodes = std::numeric_limits<std::size_t>::max();

std::vector<NodeId> given(const Precedence& precedence, const Sizes& /*size*/) {
  return plain_sequence(precedence.graph());
}

std::vector<NodeId> depth_first(const Precedence& precedence, const Sizes& /*size*/) {
  return depth_first_order(precedence);
}

std::vector<NodeId> kahn(const Precedence& precedence, const Sizes& /*size*/) {
  return kahn_order(precedence);
}

std::vector<NodeId> sethi_ullman(const Precedence& precedence, const Sizes& size) {
  return series_parallel_order(precedence, size).order;
}

constexpr std::array<OrderHeuristic, 6> kHeuristics{{
    {"given", "as the file has it", kAnyNodes, given},
    {"depth-first", "what became ready last runs next", kAnyNodes, depth_first},
    {"kahn", "what has been ready longest runs next", kAnyNodes, kahn},
    {"greedy", "what leaves least live runs next", kAnyNodes, greedy_order},
    {"reverse-greedy", "the same from the end", kAnyNodes, reverse_greedy_order},
    {"sethi-ullman", "the best order of every series-parallel part", 200'000, sethi_ullman},
}};

// What overwrites a resident lies in its storage and adds nothing.
Sizes without_overwriting(const Graph& graph, Sizes size) {
  for (const BufferId b : graph.buffers()) {
    if (mutates_resident(graph, b)) size[b] = 0;
  }
  return size;
}

}  // namespace

std::span<const OrderHeuristic> order_heuristics() { return kHeuristics; }

const OrderHeuristic* find_order_heuristic(std::string_view name) {
  const auto at = std::ranges::find(kHeuristics, name, &OrderHeuristic::name);
  return at == kHeuristics.end() ? nullptr : &*at;
}

std::vector<NodeId> heuristic_order(const OrderHeuristic& heuristic, const Graph& graph,
                                    const Sizes& size) {
  return heuristic.run(Precedence(graph), without_overwriting(graph, size));
}

Result<std::vector<OrderStats>> evaluate_orders(const Graph& graph, const Sizes& size) {
  const Precedence precedence(graph);
  const Sizes counted = without_overwriting(graph, size);
  std::vector<OrderStats> all;
  for (const OrderHeuristic& heuristic : kHeuristics) {
    if (graph.node_count() > heuristic.most_nodes) continue;
    OrderStats stats{.name = heuristic.name, .order = heuristic.run(precedence, counted)};
    HCB_TRY(const Simulation simulation, simulate(graph, stats.order, size));
    stats.peak = simulation.peak;
    all.push_back(std::move(stats));
  }
  return all;
}

Result<OrderStats> best_heuristic_order(const Graph& graph, const Sizes& size) {
  HCB_TRY(std::vector<OrderStats> orders, evaluate_orders(graph, size));
  return std::move(orders[best_order(orders)]);
}

std::size_t best_order(std::span<const OrderStats> orders) {
  return static_cast<std::size_t>(std::ranges::min_element(orders, {}, &OrderStats::peak) -
                                  orders.begin());
}

}  // namespace hcb
