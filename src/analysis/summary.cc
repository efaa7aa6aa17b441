#include "analysis/summary.h"

#include <algorithm>
#include <map>

#include "check/simulate.h"
#include "plan/fingerprint.h"

namespace hcb {
namespace {

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

// Does n make, read the gradient of, or differentiate a value the backward starts at?
bool touches_seed(const Graph& graph, NodeId n, const std::vector<std::string>& seeds) {
  const NodeId forward = graph.forward_of(n) == kNone<NodeId> ? n : graph.forward_of(n);
  return std::ranges::any_of(graph.outputs(forward), [&](ValueId v) {
    return v != kNone<ValueId> && std::ranges::find(seeds, graph.name(v)) != seeds.end();
  });
}

BoundReport bound_report(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                         const IngestReport& ingest) {
  BoundReport report{.bytes = memory_lower_bounds(graph, size)};
  if (report.bytes.witness == kNone<NodeId>) return report;
  report.set_by = place_text(graph, report.bytes.witness);
  report.by_outputs = report.bytes.l2 > report.bytes.l1;
  const bool at_loss = touches_seed(graph, report.bytes.witness, ingest.seeds);
  if (at_loss && !report.by_outputs && is_training_graph(graph)) report.advice = "chunk the loss";
  return report;
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

std::vector<std::string> parameter_dtypes(const Graph& graph) {
  std::map<DType, Bytes> bytes;
  for (BufferId b : graph.buffers()) {
    if (graph.role(b) == Role::parameter) bytes[graph.dtype(graph.base_value(b))] += graph.bytes(b);
  }
  std::vector<std::pair<DType, Bytes>> sorted(bytes.begin(), bytes.end());
  std::ranges::stable_sort(sorted, std::ranges::greater{}, &std::pair<DType, Bytes>::second);
  std::vector<std::string> names;
  names.reserve(sorted.size());
  for (const auto& [dtype, sum] : sorted) names.emplace_back(name(dtype));
  return names;
}

}  // namespace

ModelFacts model_facts(const ForwardModel& model) {
  return {.name = model.name,
          .opset = model.opset,
          .nodes = model.file_nodes,
          .dims = model.bound_dims};
}

std::string place_text(const Graph& graph, NodeId node) {
  const NodeId forward = graph.forward_of(node);
  if (graph.phase(node) != Phase::backward || forward == kNone<NodeId>) {
    return name_with_op(graph, node);
  }
  return "backward of " + name_with_op(graph, forward);
}

Result<Analysis> analyze(const AnalysisInput& input) {
  const Graph& graph = input.graph.graph;
  HCB_TRY(const auto size, rounded_sizes(graph, input.options.alignment));
  Analysis analysis{.model = input.model,
                    .ingest = input.graph.report,
                    .training = is_training_graph(graph),
                    .nodes = graph.node_count(),
                    .values = graph.value_count(),
                    .buffers = graph.buffer_count(),
                    .alignment = input.options.alignment,
                    .device = input.options.device,
                    .cost_model = input.options.cost_model,
                    .costs = input.options.costs};
  GraphRecord record = graph_record(graph);
  analysis.fingerprint = std::move(record.fingerprint);
  analysis.unnamed_fingerprint = std::move(record.unnamed_fingerprint);
  for (NodeId n : graph.nodes()) analysis.forward_nodes += graph.phase(n) == Phase::forward;
  // simulate() checks the sums of all resident bytes and of all times, so what follows cannot
  // overflow.
  HCB_TRY(analysis.step, plain_step(graph, size, input.top));
  analysis.base_time = base_time(graph);
  analysis.parameter_dtypes = parameter_dtypes(graph);
  if (input.inference != nullptr) {
    const Graph& forward = input.inference->graph;
    HCB_TRY(const auto forward_size, rounded_sizes(forward, input.options.alignment));
    HCB_TRY(const PlainStep step, plain_step(forward, forward_size, 0));
    analysis.inference_peak = step.peak;
  }
  analysis.bound = bound_report(graph, size, input.graph.report);
  analysis.forward_frontier = frontier_report(graph, size, FrontierScope::forward);
  analysis.frontier = frontier_report(graph, size, FrontierScope::whole);
  return analysis;
}

}  // namespace hcb
