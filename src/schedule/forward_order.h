// What a replay may run more than once, and what it may not.
//
// A training graph falls into forward nodes, which strategies run again block by block, and the
// rest (backward and optimizer nodes), which runs once each. A node of phase forward that needs
// something of the rest belongs to the rest.
#pragma once

#include <utility>
#include <vector>

#include "base/ids.h"
#include "graph/graph.h"

namespace hcb {

struct ForwardOrder {
  std::vector<NodeId> nodes;          // the forward nodes in given order
  std::vector<NodeId> rest;           // all others in given order
  IdVector<NodeId, char> is_forward;  // by node: in `nodes`
  IdVector<NodeId, char> once;     // forward nodes that no replay runs again: they make no buffer
                                   // (views), may not be replayed, or read a resident that a
                                   // forward node overwrites
  IdVector<NodeId, char> mutates;  // overwrites a resident
  Csr<NodeId, NodeId> implied;     // predecessors beyond graph edges: the random node before a
                                   // random node, the readers of a resident before its mutation
  std::size_t counted = 0;         // forward nodes that are no views: what a block size counts

  [[nodiscard]] std::size_t size() const { return nodes.size(); }
};

// O(nodes + edges).
[[nodiscard]] ForwardOrder forward_order(const Graph& graph);

}  // namespace hcb
