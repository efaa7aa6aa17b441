#include "analysis/summary.h"

#include <algorithm>
#include <map>

#include "plan/fingerprint.h"

namespace hcb {
namespace {

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

Result<Analysis> analyze(const AnalysisInput& input) {
  const Graph& graph = input.graph.graph;
  HCB_TRY(GraphAnalysis of_graph, analyze_graph(graph, {.alignment = input.options.alignment,
                                                        .top = input.top,
                                                        .seeds = input.graph.report.seeds,
                                                        .structure = input.structure}));
  Analysis analysis{std::move(of_graph)};
  analysis.model = input.model;
  analysis.ingest = input.graph.report;
  analysis.training = is_training_graph(graph);
  analysis.nodes = graph.node_count();
  analysis.values = graph.value_count();
  analysis.buffers = graph.buffer_count();
  analysis.alignment = input.options.alignment;
  analysis.device = input.options.device;
  analysis.cost_model = input.options.cost_model;
  analysis.costs = input.options.costs;
  analysis.fingerprint = fingerprint(graph);
  analysis.unnamed_fingerprint = unnamed_fingerprint(graph);
  for (NodeId n : graph.nodes()) analysis.forward_nodes += graph.phase(n) == Phase::forward;
  analysis.parameter_dtypes = parameter_dtypes(graph);
  if (input.inference != nullptr) {
    const Graph& forward = input.inference->graph;
    HCB_TRY(const auto forward_size, rounded_sizes(forward, input.options.alignment));
    HCB_TRY(const PlainStep step, plain_step(forward, forward_size, 0));
    analysis.inference_peak = step.peak;
  }
  return analysis;
}

}  // namespace hcb
