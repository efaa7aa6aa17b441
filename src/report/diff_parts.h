// The parts of compare(): each fills its own members of the Diff. Private to src/report.
#pragma once

#include "report/diff.h"
#include "report/diff_match.h"

namespace hcb {

// Matches the nodes; graph_changed, renamed, ops, resident, at_peak, and of plans what follows.
void compare_graphs(const DiffSide& before, const DiffSide& after, Diff& diff);

// recomputed, kept and order of two plans.
void compare_schedules(const DiffSide& before, const DiffSide& after, const NodeMatch& match,
                       Diff& diff);

[[nodiscard]] OpName op_name(const GraphRecord& graph, NodeId node);

}  // namespace hcb
