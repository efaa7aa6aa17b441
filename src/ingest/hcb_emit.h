// From a verified step file to a graph. Internal to src/ingest.
#pragma once

#include "base/options.h"
#include "hcb/v1/graph.pb.h"
#include "ingest/training.h"
#include "ops/device.h"

namespace hcb::internal {

// Errors (bad_input): storages shared without a view or a donation, views of another storage, and
// what freeze() refuses. (usage): an unknown device.
[[nodiscard]] Result<TrainingGraph> emit_hcb(const v1::Graph& file, const std::string& graph_name,
                                             const Options& options);

// The same on a device that was read already; that of `options` is not looked at.
[[nodiscard]] Result<TrainingGraph> emit_hcb(const v1::Graph& file, const std::string& graph_name,
                                             const Options& options, const Device& device);

}  // namespace hcb::internal
