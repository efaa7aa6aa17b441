// Everything that `hcb analyze` says about a model and that needs no strategy, as plain data:
// integers and names.
//
// Text and JSON (src/report) print it; what strategies find (least peak, extra time under a budget)
// is report/verdict.h.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/graph_analysis.h"
#include "base/options.h"
#include "ingest/forward_model.h"
#include "ingest/training.h"

namespace hcb {

// The model as its file has it.
struct ModelFacts {
  std::string name;                                        // file name without folder
  std::int64_t opset = 0;                                  // 0: the format has none
  std::size_t nodes = 0;                                   // in the file
  std::vector<std::pair<std::string, std::int64_t>> dims;  // symbolic dims as bound
};
[[nodiscard]] ModelFacts model_facts(const ForwardModel& model);

struct AnalysisInput {
  ModelFacts model;
  const TrainingGraph& graph;                // with options.inference: the forward graph alone
  const TrainingGraph* inference = nullptr;  // the forward graph alone, beside a training graph
  const Options& options;
  std::size_t top = 10;   // how many values alive at the peak are named
  bool structure = true;  // as GraphAnalysisOptions say
};

struct Analysis : GraphAnalysis {
  ModelFacts model;
  IngestReport ingest;
  std::vector<std::string> parameter_dtypes;  // by bytes, most first
  bool training = false;                      // does the graph have a backward part?
  std::size_t nodes = 0;                      // of the analysed graph
  std::size_t forward_nodes = 0;
  std::size_t values = 0;
  std::size_t buffers = 0;  // residents included
  std::string fingerprint;  // of the analysed graph: plan/fingerprint.h
  std::string unnamed_fingerprint;
  Bytes alignment = 0;
  std::optional<Bytes> inference_peak;  // of the forward graph alone, beside a training graph
  std::string device;
  CostModel cost_model = CostModel::roofline;
  std::string costs;  // the profile with measured costs; empty: estimates
};

// Errors and cost: those of analyze_graph().
[[nodiscard]] Result<Analysis> analyze(const AnalysisInput& input);

}  // namespace hcb
