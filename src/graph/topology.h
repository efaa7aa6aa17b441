// Questions about the shape of a graph, over data and order edges. Every function is a loop over
// flat arrays: a chain of a million nodes needs no more stack than a chain of two.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace hcb {

// A topological order by depth-first search (Boost.Graph), in general not the given one. The given
// order, which ids follow, is topological too. O(nodes + edges).
[[nodiscard]] std::vector<NodeId> topological_order(const Graph& graph);

// Does `order` hold every node once, and behind all its predecessors? O(nodes + edges).
[[nodiscard]] bool is_topological(const Graph& graph, std::span<const NodeId> order);

// By node: 1 for those with a path to n (ancestors) or from n (descendants), n itself excluded.
// O(nodes + edges).
[[nodiscard]] IdVector<NodeId, char> ancestors(const Graph& graph, NodeId n);
[[nodiscard]] IdVector<NodeId, char> descendants(const Graph& graph, NodeId n);

// A tree over the nodes under a virtual root. `parent` is kNone below the root; `depth` counts from
// 1 there.
struct DominatorTree {
  IdVector<NodeId, NodeId> parent;
  IdVector<NodeId, std::uint32_t> depth;

  // Is a == b, or a on the way from the root to b? O(depth of b - depth of a).
  [[nodiscard]] bool dominates(NodeId a, NodeId b) const;
};

// Node d dominates n when every path from a node without predecessors to n goes through d; it
// post-dominates n when every path from n to a node without successors does. The parent is the
// nearest such d other than n.
//
//     a ──> b ──> d ──> e       dominators        b, c and d below a, e below d
//     └───> c ────^             post-dominators   a, b and c below d, d below e
//
// O((nodes + edges) log nodes).
[[nodiscard]] DominatorTree dominators(const Graph& graph);
[[nodiscard]] DominatorTree post_dominators(const Graph& graph);

}  // namespace hcb
