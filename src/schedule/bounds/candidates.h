// Which nodes may be the moment that binds.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace hcb {

// Up to 2,000 nodes: every node at which the base schedule needs more than `budget`, the most bytes
// first. Above: those among the 65 from the turn on, the 32 that need most, and 64 evenly spaced
// ones; run_cut_stage() climbs from the best of them. Errors: those of simulate(). O(nodes log nodes + uses).
[[nodiscard]] Result<std::vector<NodeId>> moment_candidates(const Graph& graph,
                                                            const IdVector<BufferId, Bytes>& size,
                                                            Bytes budget);

}  // namespace hcb
