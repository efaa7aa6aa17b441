// Loops whose backward is in the same file. Internal to src/ingest.
#pragma once

#include <map>
#include <vector>

#include "hcb/v1/graph.pb.h"
#include "ingest/hcb_bodies.h"
#include "ingest/training.h"

namespace hcb::internal {

// The forward scans of a verified file that have a reversed partner, in file order. `inside`: by
// node, what cost_of_bodies() gave for those that run bodies. O(file).
[[nodiscard]] std::vector<LoopReport> find_loops(const v1::Graph& file,
                                                 const std::map<int, BodiesCost>& inside);

}  // namespace hcb::internal
