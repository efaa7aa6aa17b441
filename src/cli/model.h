// From a path and options to the graphs a command works on.
#pragma once

#include <optional>
#include <string>

#include "analysis/summary.h"
#include "base/options.h"
#include "ingest/training.h"

namespace hcb {

struct LoadedModel {
  ModelFacts facts;
  TrainingGraph training;                  // with options.inference: the forward graph alone
  std::optional<TrainingGraph> inference;  // the forward graph alone, where asked for beside it
};

// An ONNX model or an hcb.v1 step, by its content (or its name, "….hcb"). Errors: those of
// parse_onnx() and build_graph(), or of parse_hcb(), with the file named.
[[nodiscard]] Result<LoadedModel> load_model(const std::string& path, const Options& options,
                                             bool with_inference);

}  // namespace hcb
