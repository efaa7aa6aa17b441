// From what a moment program keeps to a schedule: everything else is made again as late as it can
// be, just before its next use, with whatever that needs and is not there (in base order).
#pragma once

#include <vector>

#include "check/moments.h"

namespace hcb {

// kept[k][b]: is b in memory at moment k and used there or later before it is made again? Buffers
// that v_k reads and those not made before v_k are taken as kept. The sequence is valid whatever
// `kept` says (a node that may run once only keeps its results); only its peak depends on it.
// O(moments · buffers + executions · degree).
[[nodiscard]] std::vector<NodeId> place_late(const MomentSystem& system,
                                             const std::vector<IdVector<BufferId, char>>& kept);

}  // namespace hcb
