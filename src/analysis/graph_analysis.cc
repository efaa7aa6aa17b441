#include "analysis/graph_analysis.h"

#include <algorithm>

#include "check/simulate.h"

namespace hcb {
namespace {

constexpr std::int64_t kWhole = 10'000;
constexpr std::size_t kNamedPerCut = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "/h.0/attn/Softmax", but "n17 (Conv)": a name that does not tell the op gets it.
std::string name_with_op(const Graph& graph, NodeId node) {
  const std::string_view node_name = graph.name(node);
  const std::string_view op = graph.op(node);
  const bool told = !std::ranges::search(node_name, op, {}, lower, lower).empty();
  return told ? std::string(node_name) : std::string(node_name) + " (" + std::string(op) + ")";
}

AliveValue alive_value(const Graph& graph, const AliveBuffer& alive) {
  const ValueId v = graph.base_value(alive.buffer);
  const auto shape = graph.shape(v);
  return {.name = std::string(graph.name(v)),
          .bytes = alive.bytes,
          .dtype = std::string(name(graph.dtype(v))),
          .shape = {shape.begin(), shape.end()},
          .role = graph.role(v),
          .kept_by = alive.kept_by == kNone<NodeId> ? "output" : place_text(graph, alive.kept_by)};
}

// Does n make, read the gradient of, or differentiate a value the backward starts at?
bool touches_seed(const Graph& graph, NodeId n, const std::vector<std::string>& seeds) {
  const NodeId forward = graph.forward_of(n) == kNone<NodeId> ? n : graph.forward_of(n);
  return std::ranges::any_of(graph.outputs(forward), [&](ValueId v) {
    return v != kNone<ValueId> && std::ranges::find(seeds, graph.name(v)) != seeds.end();
  });
}

FrontierReport frontier_report(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                               FrontierScope scope) {
  const FrontierSummary summary = summarize_frontier(frontier_profile(graph, size, scope));
  FrontierReport report{.summary = summary};
  if (summary.cuts == 0) return report;
  std::size_t place = 0;
  for (NodeId n : graph.nodes()) {
    if (scope == FrontierScope::forward && graph.phase(n) != Phase::forward) continue;
    if (place++ == summary.widest + 1) report.widest_before = place_text(graph, n);
  }
  return report;
}

Result<OrderReport> order_report(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  HCB_TRY(std::vector<OrderStats> orders, evaluate_orders(graph, size));
  OrderReport report{.best = best_order(orders)};
  for (const OrderStats& stats : orders) {
    report.compared.push_back({std::string(stats.name), stats.peak});
  }
  for (const OrderHeuristic& heuristic : order_heuristics()) {
    if (graph.node_count() > heuristic.most_nodes) report.not_tried.emplace_back(heuristic.name);
  }
  report.order = std::move(orders[report.best].order);
  return report;
}

std::vector<CutReport> cut_reports(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                   std::span<const NodeId> order, std::size_t count) {
  std::vector<CutReport> reports;
  if (count == 0) return reports;
  const auto profile = frontier_profile(graph, size, FrontierScope::whole, order);
  const auto cuts = spread_cuts(profile, count);
  for (const CutSnapshot& cut :
       cut_snapshots(graph, size, FrontierScope::whole, cuts, kNamedPerCut, order)) {
    reports.push_back({.cut = cut.cut,
                       .before = place_text(graph, order[cut.cut + 1]),
                       .bytes = cut.bytes,
                       .buffers = cut.buffers,
                       .largest = {}});
    for (const BufferId b : cut.largest) reports.back().largest.emplace_back(graph.name(b));
  }
  return reports;
}

std::int64_t ratio(Bytes peak, Bytes bound) {
  return bound == 0 ? 0 : static_cast<std::int64_t>(static_cast<__int128>(peak) * kWhole / bound);
}

}  // namespace

std::string place_text(const Graph& graph, NodeId node) {
  const NodeId forward = graph.forward_of(node);
  if (graph.phase(node) != Phase::backward || forward == kNone<NodeId>) {
    return name_with_op(graph, node);
  }
  return "backward of " + name_with_op(graph, forward);
}

Result<PlainStep> plain_step(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                             std::size_t top) {
  const std::vector<NodeId> order = plain_sequence(graph);
  HCB_TRY(const Simulation simulation, simulate(graph, order, size));
  PlainStep step{.peak = simulation.peak, .position = simulation.peak_position};
  step.composition.resident = simulation.resident;
  if (order.empty()) return step;
  const Snapshot peak = snapshot(graph, order, size, simulation.resident, simulation.peak_position);
  step.at = place_text(graph, order[simulation.peak_position]);
  step.composition = peak.composition;
  step.alive = peak.alive.size();
  for (std::size_t i = 0; i < std::min(top, peak.alive.size()); ++i) {
    step.top.push_back(alive_value(graph, peak.alive[i]));
  }
  return step;
}

BoundReport lower_bound_report(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                               const std::vector<std::string>& seeds) {
  BoundReport report{.bytes = memory_lower_bounds(graph, size)};
  if (report.bytes.witness == kNone<NodeId>) return report;
  report.set_by = place_text(graph, report.bytes.witness);
  report.by_outputs = report.bytes.l2 > report.bytes.l1;
  const bool at_loss = touches_seed(graph, report.bytes.witness, seeds);
  if (at_loss && !report.by_outputs && is_training_graph(graph)) report.advice = "chunk the loss";
  return report;
}

Result<GraphAnalysis> analyze_graph(const Graph& graph, const GraphAnalysisOptions& options) {
  HCB_TRY(const auto size, rounded_sizes(graph, options.alignment));
  GraphAnalysis analysis;
  // simulate() checks the sums of all resident bytes and of all times, so what follows cannot
  // overflow.
  HCB_TRY(analysis.step, plain_step(graph, size, options.top));
  analysis.base_time = base_time(graph);
  analysis.bound = lower_bound_report(graph, size, options.seeds);
  analysis.memory_ratio_permyriad = ratio(analysis.step.peak, analysis.bound.bytes.bound);
  if (!options.structure) return analysis;
  analysis.forward_frontier = frontier_report(graph, size, FrontierScope::forward);
  analysis.frontier = frontier_report(graph, size, FrontierScope::whole);
  HCB_TRY(analysis.orders, order_report(graph, size));
  analysis.hcp = evaluate_hcp(graph, size, analysis.orders.order);
  analysis.cuts = cut_reports(graph, size, analysis.orders.order, options.cuts);
  return analysis;
}

}  // namespace hcb
