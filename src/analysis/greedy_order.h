// Orders that look at the bytes: the next node is the one that leaves least live, from the first
// node on or from the last one back.
//
//     x (resident) ─> a (8) ─> b (1) ─> d        greedy: a, b, then c: c before b would hold
//       └───────────> c (2) ─────────^           a (8) and c (2) together
#pragma once

#include <vector>

#include "analysis/precedence.h"

namespace hcb {

// Of the ready nodes the one that changes the live bytes least: what it makes and somebody reads,
// less the inputs whose last reader it is; the smallest id on ties. `size`: rounded sizes.
// O((nodes + edges) log nodes).
[[nodiscard]] std::vector<NodeId> greedy_order(const Precedence& precedence,
                                               const IdVector<BufferId, Bytes>& size);

// The same from the end: of the nodes whose successors are all placed, the one before which least
// is live is placed in front of them; the greatest id on ties. O((nodes + edges) log nodes).
[[nodiscard]] std::vector<NodeId> reverse_greedy_order(const Precedence& precedence,
                                                       const IdVector<BufferId, Bytes>& size);

}  // namespace hcb
