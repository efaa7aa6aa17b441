// Edges that other paths imply.
//
//     a ─> b ─> c      a ─> c is implied: whoever runs b before c has run a
//     └─────────^
#pragma once

#include "analysis/precedence.h"

namespace hcb {

// By node: its successors without those that it also reaches through another node. Paths are
// followed over at most `window` nodes of the given order behind a group of 64 nodes, so a long edge
// of a large graph may stay; `window` 0 chooses it so that about 2·10^8 elementary steps do.
// O(nodes / 64 · edges in the window).
[[nodiscard]] Csr<NodeId, NodeId> without_implied_edges(const Precedence& precedence,
                                                        std::size_t window = 0);

}  // namespace hcb
