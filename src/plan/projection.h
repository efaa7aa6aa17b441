// The one-level projection of a plan: the schedule of an adapter that can tag values "keep" or
// "recompute" and nothing else.
//
//     forward   f0 f1 f2 f3        kept: outputs of f1, f3
//     backward        g3 [f0] … :  before g2 needs the output of f2, f2 runs again from f1's output
//
// Definition. Every node runs once in the given order. When the turn (the first backward node) is
// reached, forward buffers that are neither kept nor of a never-replay node are gone. Before each
// node from the turn on, the owners of its missing inputs run again, together with the owners of
// whatever those miss, in ascending order of ids; what is made again stays until its last reader.
// So every node runs at most twice. Frees follow from forced retention.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace hcb {

// The executions of the projection. `kept`: any buffers; residents and backward ones change
// nothing. O(nodes log nodes + uses).
[[nodiscard]] std::vector<NodeId> projected_sequence(const Graph& graph,
                                                     std::span<const BufferId> kept);

}  // namespace hcb
