// Backward synthesis: from a forward model to a training graph.
//
// Forward node v gets one backward node that reads the gradients of its outputs and what the op
// table says it saves, and produces gradients for the inputs that lead to a parameter. Where a
// value has several consumers, binary GradSum nodes add the contributions in the order plain
// autograd delivers them (reverse order of the consumers).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/options.h"
#include "graph/graph.h"
#include "ingest/forward_model.h"

namespace hcb {

// A loop kept as a graph, with its backward; bytes unrounded.
struct LoopReport {
  std::string name;
  std::string partner;         // the node that runs it backwards
  std::int64_t length = 0;     // iterations
  std::size_t body_nodes = 0;  // nodes of one
  Bytes carry_bytes = 0;       // from one iteration to the next
  Bytes residual_bytes = 0;    // stacked over all iterations, for the backward alone
  Bytes body_workspace = 0;    // what one iteration holds beside what enters it
};

// What ingest found out, for the report.
struct IngestReport {
  std::int64_t parameter_count = 0;  // elements
  Bytes parameter_bytes = 0;         // unrounded
  Bytes optimizer_bytes = 0;         // state counted as resident
  Bytes adamw_would_add = 0;         // state AdamW would add (0 if already counted)
  std::size_t batch_norms_in_training_form = 0;
  std::size_t dropouts_in_training_form = 0;
  std::vector<std::pair<std::string, std::size_t>>
      default_rule_ops;            // op type, nodes; sorted by name
  std::vector<std::string> seeds;  // outputs the backward starts at
  std::vector<LoopReport> loops;
  std::vector<std::string> notes;
};

struct TrainingGraph {
  Graph graph;
  IngestReport report;
};

// With options.inference: the forward graph alone. Outputs of the graph, which live to the end of
// the step: the model's outputs (with --output those named), and the parameter gradients. Errors
// (bad_input): no parameter found, an output that is not there (nearest match) or has no gradient,
// no floating-point output, overflow; (usage): unknown device, a --train or --freeze pattern that
// matches nothing. O(values + uses).
[[nodiscard]] Result<TrainingGraph> build_graph(const ForwardModel& model, const Options& options);

}  // namespace hcb
