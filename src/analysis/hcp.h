// Height-compressibility: does cutting the forward part into blocks and replaying them recursively
// pay on this graph?
//
// A replay stores frontiers in place of all activations: on the way down a balanced tree of m blocks
// the log2(m) + 1 frontiers of one path, and one block beside them. So frontiers must be narrow
// against the activations, and cuts must be many:
//
//     chain   o─o─o─o─o─o─o─o       every frontier is one value: compresses
//     skip    o─o─o─o─o─o─o─o       one value crosses most cuts: each frontier carries it too
//             └───────────┘
//     wide      ┌─o─┐               three nodes deep: a frontier holds most of what there is
//             o─┼─o─┼─o
//               └─o─┘
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analysis/frontier.h"

namespace hcb {

// A size for the blocks of the forward part and what it is expected to hold beside the residents:
// estimates from frontiers, not simulated. Views are not counted as nodes of a block.
struct BlockSuggestion {
  std::int64_t block_size = 0;  // forward nodes per block
  std::int64_t blocks = 0;
  Bytes bytes = 0;
};

// What the numbers below are of: forward nodes in one order, bytes of what they make.
struct HcpEvaluation {
  bool compressible = false;         // `interval_tree` needs at most half of `activations`
  Bytes activations = 0;             // everything the forward nodes make
  FrontierSummary frontier;          // of the forward scope
  std::int64_t width_permyriad = 0;  // widest frontier / activations, in 1/10000, rounded up
  std::int64_t p95_permyriad = 0;    // 95th percentile of the frontiers, the same
  std::int64_t nodes = 0;            // forward nodes that are no views
  std::int64_t depth = 0;            // most of them on one path
  std::int64_t fan_out = 0;          // most forward readers of one buffer
  std::string most_read;             // its name; empty: nothing is read
  std::int64_t skip_length = 0;  // most nodes between a value's owner and its last forward reader
  std::string longest_skip;      // its name; empty: none is longer than 0
  std::optional<BlockSuggestion> interval_tree;  // nullopt: no forward nodes
  std::optional<BlockSuggestion> periodic;       // keeping every boundary, one block replayed
  std::vector<std::string> reasons;  // one sentence each: frontier, depth, fan-out, skips, verdict
};

// `size`: rounded sizes. `order`: every node once, behind what it reads; empty: the given order.
// O((nodes + edges + buffers) · log nodes).
[[nodiscard]] HcpEvaluation evaluate_hcp(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                         std::span<const NodeId> order = {});

}  // namespace hcb
