// A graph, or a plan over its graph, as a picture (Graphviz DOT).
//
// Nodes stand in one cluster per module, clusters nested as the module paths are. Backward nodes are
// grey, views dashed; an edge per value, order edges dotted. Of a graph alone, residents are
// ellipses.
//
// With a plan: green: makes a checkpoint; orange: runs more than once, "x3" how often; blue outline:
// makes a value that a later block reads. The interval tree, or the blocks where a plan has no tree,
// stand in a cluster of their own; a node says its block.
//
// A graph of more than 2,000 nodes is drawn by module, at the greatest depth that gives at most 120
// of them: one box for the forward nodes of each, one for the others, with counts and bytes; edges
// carry the bytes of the values between boxes. Where nodes have no modules, boxes are the plan's
// blocks, or 50 stretches of equal length.
#pragma once

#include <string>

#include "plan/plan.h"

namespace hcb {

// `plan`: one that holds for `graph`, or nullptr. Same input, same bytes. O(size of graph and plan).
[[nodiscard]] std::string drawing(const Graph& graph, const Plan* plan);

}  // namespace hcb
