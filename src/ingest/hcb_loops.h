// Loops whose backward is in the same file. Internal to src/ingest.
#pragma once

#include <vector>

#include "base/options.h"
#include "base/result.h"
#include "hcb/v1/graph.pb.h"
#include "ingest/training.h"

namespace hcb::internal {

// The forward scans of a verified file that have a reversed partner, in file order. Errors: those of
// cost_of_bodies(). O(file).
[[nodiscard]] Result<std::vector<LoopReport>> find_loops(const v1::Graph& file,
                                                         const Options& options);

}  // namespace hcb::internal
