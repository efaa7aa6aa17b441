// The part of a graph that a set of nodes is.
#pragma once

#include <span>

#include "graph/graph.h"

namespace hcb {

// The graph of the given nodes (a set: any order, duplicates do no harm) and the edges between
// them, names and costs kept, ids ascending as before.
//
//     whole  x ──> a ──> y ──> b ──> z ──> c ──> out          {b}:  y ──> b ──> z
//                        └─────────────────^                        y input, z output
//
// What crosses the boundary changes its role:
// - A value that one of the nodes reads and none of them makes becomes a resident of role `input`
//   of the same storage; residents stay what they are. Views of one outer buffer still share it; a
//   view made outside of a buffer made inside becomes a buffer of its own.
// - A value that one of the nodes makes is an output if it was one, or if another node reads it.
// - A donation from a buffer that became resident is dropped (a resident donor is mutated, and this
//   one was merely reused). Order edges and forward_of through nodes outside are dropped too.
// Error (bad_input): an id the graph has not. O(nodes + edges of the graph).
[[nodiscard]] Result<Graph> induced_subgraph(const Graph& graph, std::span<const NodeId> nodes);

}  // namespace hcb
