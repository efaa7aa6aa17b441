// From a path and options to the graphs a command works on.
#pragma once

#include <optional>
#include <string>

#include "analysis/summary.h"
#include "base/options.h"
#include "graph/calls.h"
#include "ingest/hcb.h"
#include "ingest/training.h"
#include "plan/step_profile.h"

namespace hcb {

struct LoadedModel {
  ModelFacts facts;
  TrainingGraph training;                  // with options.inference: the forward graph alone
  std::optional<TrainingGraph> inference;  // the forward graph alone, where asked for beside it
};

// An ONNX model or an hcb.v1 step, by its content (or its name, "….hcb"), its nodes in the order of
// options.order. Errors: those of parse_onnx() and build_graph(), or of parse_hcb(), and of
// order_of(), with the file named.
[[nodiscard]] Result<LoadedModel> load_model(const std::string& path, const Options& options,
                                             bool with_inference);

// The same, of bytes that were read already; `path` names them. Without the graph for inference.
[[nodiscard]] Result<LoadedModel> load_model(std::string_view bytes, const std::string& path,
                                             const Options& options);

// A step with what an executor needs.
struct LoadedStep {
  HcbStep step;  // with the profile's sizes and costs where options.costs names one
  Calls calls;
  std::optional<StepProfile> profile;
};

// An hcb.v1 step in the order of the file, whatever options.order says. Errors (bad_input): an ONNX model, and those of load_model().
[[nodiscard]] Result<LoadedStep> load_step(const std::string& path, const Options& options);

}  // namespace hcb
