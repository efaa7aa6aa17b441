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

#include "analysis/frontier.h"
#include "analysis/memory_bounds.h"
#include "analysis/profile.h"
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
  std::size_t top = 10;  // how many values alive at the peak are named
};

// One value alive at the peak.
struct AliveValue {
  std::string name;
  Bytes bytes = 0;
  std::string dtype;
  std::vector<std::int64_t> shape;
  Role role = Role::activation;
  std::string kept_by;  // place_text() of the last reader, or "output"
};

// The plain order of a graph: every node once.
struct PlainStep {
  Bytes peak = 0;
  std::string at;            // place_text() of the node at the first instant that reaches the peak
  std::size_t position = 0;  // of that instant in the order
  Composition composition;   // adds up to peak
  std::size_t alive = 0;     // non-resident buffers alive at the peak
  std::vector<AliveValue> top;  // most bytes first
};

// One of the two memory lower bounds for text.
struct BoundReport {
  MemoryBounds bytes;
  std::string set_by;       // place_text() of the witness; empty: no node
  bool by_outputs = false;  // l2 is greater: all outputs together with the witness, not it alone
  std::string advice;       // what would lower it; empty: nothing known
};

struct FrontierReport {
  FrontierSummary summary;
  std::string widest_before;  // node behind the widest cut; empty: no cut
};

struct Analysis {
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
  PlainStep step;                       // of the analysed graph
  std::optional<Bytes> inference_peak;  // of the forward graph alone, beside a training graph
  BoundReport bound;
  FrontierReport forward_frontier;
  FrontierReport frontier;
  Nanos base_time = 0;
  std::string device;
  CostModel cost_model = CostModel::roofline;
  std::string costs;  // the profile with measured costs; empty: estimates
};

// How a node is named to people: "backward of /h.11/attn/MatMul_1" if it is a backward node whose
// forward node is known, else its name; with the op where the name does not tell it: "n17 (Conv)".
[[nodiscard]] std::string place_text(const Graph& graph, NodeId node);

// Errors: those of rounded_sizes() and simulate(). O(nodes + edges + buffers · log buffers).
[[nodiscard]] Result<Analysis> analyze(const AnalysisInput& input);

}  // namespace hcb
