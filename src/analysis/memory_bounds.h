// Memory lower bounds: bytes below which no schedule whatever can bring the peak.
//
// Two instants that every schedule passes, in any order and with any number of recomputations:
//
//     L1: some execution of node v         in(v) + what v allocates + its workspace are there
//                                          together, and so is every unrepeatable buffer made before
//                                          v and needed after it
//     L2: the last production of the       all outputs are there together, with the other inputs,
//         output that is finished last     results and workspace of the node that makes it
//
//     x ─> a (8) ─> b (2, output)         L1 = 8 + 2 = 10 at b
//       └> c (5, output)                  L2 = 2 + 5 + least(8 at b, 0 at c) = 7
//
// Both are exact integers and hold for every schedule of the memory model, so a budget below
// `bound` is proved infeasible. Statement and proof: docs/bounds.md.
#pragma once

#include "graph/graph.h"

namespace hcb {

struct MemoryBounds {
  Bytes resident = 0;  // part of both
  Bytes l1 = 0;        // >= resident
  Bytes l2 = 0;        // >= resident
  Bytes bound = 0;     // max(l1, l2)
  // The first node that needs l1 bytes; kNone: no node.
  NodeId l1_witness = kNone<NodeId>;
  // The owner of an output that leaves least beside the outputs; kNone: no output.
  NodeId l2_witness = kNone<NodeId>;
  // Of the greater one; of l1 where they are equal.
  NodeId witness = kNone<NodeId>;
  // Unrepeatable buffers that l1 takes into account, and those left out because they are too many
  // for a graph of this size (l1 holds then, but may be too small).
  std::size_t held_buffers = 0;
  std::size_t held_buffers_left_out = 0;
};

// `size`: rounded sizes. Sums that would exceed 2^63 - 1 stop there, which keeps them lower bounds.
// O((nodes + edges) · (1 + K/64)) for K unrepeatable buffers; K is capped (the largest are kept) so
// that this stays below about 10^8 elementary steps.
[[nodiscard]] MemoryBounds memory_lower_bounds(const Graph& graph,
                                               const IdVector<BufferId, Bytes>& size);

}  // namespace hcb
