// From a path and options to the graphs a command works on.
#pragma once

#include <optional>
#include <string>

#include "base/options.h"
#include "graph/graph.h"
#include "ingest/forward_model.h"
#include "ingest/training.h"

namespace hcb {

struct LoadedModel {
  ForwardModel forward;
  TrainingGraph training;                  // with options.inference: the forward graph alone
  std::optional<TrainingGraph> inference;  // the forward graph alone, where asked for beside it
};

// Errors: those of read_onnx() and build_graph(), with the file named.
[[nodiscard]] Result<LoadedModel> load_model(const std::string& path, const Options& options,
                                             bool with_inference);

}  // namespace hcb
