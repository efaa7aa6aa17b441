// A plan as a picture (Graphviz DOT): what is kept, what runs again, what crosses blocks.
//
// Green: a checkpoint is made here; orange: runs more than once, "x3" how often; blue outline:
// makes a value that a later block reads. Blocks are clusters, backward nodes grey. A graph of more
// than 2,000 nodes is drawn by block: one box for the forward nodes of each, one for their backward
// nodes; edges carry the bytes of the values between them. Where the plan has no blocks, forward
// nodes go into 50 boxes of equal length.
#pragma once

#include <string>

#include "plan/plan.h"

namespace hcb {

inline constexpr std::size_t kMostDrawnNodes = 2000;

// `plan` must be of `graph`. Same input, same bytes. O(size of graph and plan).
[[nodiscard]] std::string plan_to_dot(const Graph& graph, const Plan& plan);

}  // namespace hcb
