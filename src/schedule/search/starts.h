// Schedules to start the search from.
#pragma once

#include <vector>

#include "base/context.h"
#include "base/result.h"
#include "graph/graph.h"
#include "schedule/bounds/cut_stage.h"

namespace hcb::search {

// What the minimum cuts at the best moments of `stage` keep, at the best price of a byte and at
// some around it; everything else is made again as late as possible. Valid sequences, whatever
// their peak.
[[nodiscard]] Result<std::vector<std::vector<NodeId>>> cut_starts(
    const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget, const CutStage& stage,
    Context& context);

// What minimum cuts between forward and backward keep, from the least bytes (the plain minimum cut
// of activation checkpointing) to ever lower prices of a byte. Empty without a backward. Errors:
// interrupted.
[[nodiscard]] Result<std::vector<std::vector<NodeId>>> turn_cuts(
    const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget, Context& context);

}  // namespace hcb::search
