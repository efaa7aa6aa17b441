// What GraphBuilder::freeze() demands of its parts before anything is built. Internal to src/graph.
#pragma once

#include <utility>
#include <vector>

#include "graph/builder.h"

namespace hcb::internal {

struct Parts {
  const IdVector<ValueId, ValueSpec>& values;
  const IdVector<NodeId, NodeSpec>& nodes;
  const std::vector<std::pair<NodeId, NodeId>>& order_edges;
  const std::vector<ValueId>& outputs;
};

// Names, ids, producers, sizes, views, donations. Returns the producer of every value (kNone:
// resident). O(nodes + values + edges).
[[nodiscard]] Result<IdVector<ValueId, NodeId>> verify_parts(const Parts& parts);

// The order of addition if it is topological, else the topological order that takes the smallest id
// next. Error: a cycle, with its path. O((nodes + edges) log nodes).
[[nodiscard]] Result<std::vector<NodeId>> given_order(const Parts& parts,
                                                      const IdVector<ValueId, NodeId>& producer);

// Storage bytes of a value that is no view.
[[nodiscard]] Result<Bytes> storage_bytes(const ValueSpec& value);

}  // namespace hcb::internal
