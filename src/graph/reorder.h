// A graph again with another order of its nodes, or with parts exchanged.
#pragma once

#include <span>

#include "graph/builder.h"
#include "graph/graph.h"

namespace hcb {

// A builder that holds everything `graph` holds, its nodes added in `order` (every node once), so
// that a caller may change parts of it before freeze(). Values keep their ids. O(nodes + edges).
[[nodiscard]] GraphBuilder thawed(const Graph& graph, std::span<const NodeId> order);

// The same graph with `order` as its given order: node i of the result is order[i], values and
// buffers keep their ids. Errors (bad_input): `order` is not every node once, or breaks an edge.
// O((nodes + edges) log nodes).
[[nodiscard]] Result<Graph> reordered(const Graph& graph, std::span<const NodeId> order);

}  // namespace hcb
