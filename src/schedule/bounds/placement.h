// From what a moment program keeps to a schedule: everything else is made again as late as it can
// be, just before its next use, with whatever that needs and is not there (in base order).
#pragma once

#include <span>
#include <vector>

#include "check/moments.h"

namespace hcb {

// kept[k][b]: is b in memory at moment k and used there or later before it is made again? Buffers
// that v_k reads and those not made before v_k are taken as kept. The sequence is valid whatever
// `kept` says (a node that may run once only keeps its results); only its peak depends on it.
// again[k][i]: where segment k is a gap of the scope of plain gaps, i runs in it whether it is
// missed or not (the rows of such a gap say exactly what runs). Empty: nothing does.
// Base steps come in the given order and between two of them each node at most once, in that order:
// the sequence is of every scope.
// O(moments · buffers + executions · degree).
[[nodiscard]] std::vector<NodeId> place_late(const MomentSystem& system,
                                             const std::vector<IdVector<BufferId, char>>& kept,
                                             const std::vector<IdVector<NodeId, char>>& again = {});

// Do first executions come in the given order, and between two of them each node at most once, in
// that order?
[[nodiscard]] bool has_plain_gaps(std::span<const NodeId> sequence);

// `sequence`, its first executions in the given order, with what runs again between two of them
// sorted. Of plain gaps unless a node runs twice in one; it may need more bytes than before.
[[nodiscard]] std::vector<NodeId> sort_gaps(std::vector<NodeId> sequence);

}  // namespace hcb
