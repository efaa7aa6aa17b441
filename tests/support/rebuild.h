// A graph built again with less said about it, for tests of what must not depend on what was said.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/prng.h"
#include "graph/graph.h"

namespace hcb {

// All nodes in a random order that respects all edges. O(nodes + edges).
[[nodiscard]] std::vector<NodeId> random_order(const Graph& graph, Prng& random);

struct Rebuild {
  bool forget_forward = false;           // no node says which forward node it differentiates
  std::optional<std::uint64_t> shuffle;  // seed: nodes in a random topological order
};

// The same nodes, values, donations, edges and outputs.
[[nodiscard]] Graph rebuilt(const Graph& graph, const Rebuild& how);

}  // namespace hcb
