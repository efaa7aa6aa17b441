// Buffers alive at an instant, equal layers taken together.
//
//     Softmax in transformer/h.*/attn     12 buffers, 4.50 GiB, kept by backward of Softmax in …
#pragma once

#include <string>
#include <vector>

#include "analysis/profile.h"

namespace hcb {

struct AliveGroup {
  // Kind of the node that makes them, and of their last reader ("output": held to the end of the
  // step). Of a single buffer: its name and place, and the place of its reader.
  std::string what;
  std::string kept_by;
  Role role = Role::activation;
  Bytes bytes = 0;
  std::vector<BufferId> buffers;  // as in the snapshot: most bytes first
};

// What equal nodes of equal layers share: "Softmax in transformer/h.*/attn", "backward of MatMul in …";
// without a module the name with its digits starred: "Relu /layer*/relu".
[[nodiscard]] std::string place_kind(const Graph& graph, NodeId n);

// By kind of maker, kind of keeper and role; most bytes first, then as they come in the snapshot. Groups without
// bytes are left out. O(alive · log groups).
[[nodiscard]] std::vector<AliveGroup> alive_groups(const Graph& graph, const Snapshot& snapshot);

}  // namespace hcb
