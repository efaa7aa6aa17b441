// Two rules of the memory model that are no edges of a graph.
//
// First executions of random nodes keep their places among each other, and nothing reads the old
// version of a resident after its mutation:
//
//     dropout0   …   dropout1          dropout0 before dropout1
//     f reads w,  update overwrites w  f before update
//
// Whoever puts nodes in another order respects them as it does any edge.
#pragma once

#include "graph/graph.h"

namespace hcb {

// By node: the predecessors that these rules add, in general not those that edges name too.
// O(nodes + readers of mutated residents).
[[nodiscard]] Csr<NodeId, NodeId> implied_predecessors(const Graph& graph);

// Does the owner of b overwrite a resident with it?
[[nodiscard]] bool mutates_resident(const Graph& graph, BufferId b);

}  // namespace hcb
