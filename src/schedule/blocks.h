// Blocks: the forward order cut into consecutive pieces, and every other node assigned to a piece.
//
//     forward order   f0 f1 | f2 f3 | f4 f5        boundary 0 2 4 6, blocks 0 1 2
//     backward        g5 g4 | g3 g2 | g1 g0        leaf(g5) = leaf(g4) = 2, …
//
// leaf(g) is the block behind whose replay g runs: the block of the forward node it differentiates
// if the graph says so, else the one that what it reads points to. Invariant: leaf never rises
// along an edge, so running the groups of leaf m-1, …, 0, each in given order, is topological.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "graph/graph.h"
#include "schedule/forward_order.h"

namespace hcb {

// Index of a block; kTail: after every block.
using BlockIndex = std::int32_t;
inline constexpr BlockIndex kTail = -1;

struct Blocks {
  std::vector<std::uint32_t> boundary;    // p_0 = 0 < … < p_m: positions in the forward order
  IdVector<NodeId, BlockIndex> block_of;  // forward nodes: their block; others: their leaf or kTail
  std::vector<std::uint32_t> group_offset;  // rows of group_nodes: kTail first, then leaf 0, 1, …
  std::vector<NodeId> group_nodes;
  std::vector<Nanos> time_before;  // m + 1: forward time of blocks [0, j)

  [[nodiscard]] BlockIndex count() const { return static_cast<BlockIndex>(boundary.size()) - 1; }
  // Forward nodes of blocks [first, last).
  [[nodiscard]] std::span<const NodeId> nodes(const ForwardOrder& order, BlockIndex first,
                                              BlockIndex last) const;
  // What runs behind block j (or, for kTail, at the end) in given order.
  [[nodiscard]] std::span<const NodeId> group(BlockIndex j) const;
};

// Boundaries before every block_size-th forward node that is no view; a view belongs to the block
// of the node before it. block_size >= 1. At least one block if there is a forward node.
[[nodiscard]] std::vector<std::uint32_t> even_boundaries(const Graph& graph,
                                                         const ForwardOrder& order,
                                                         std::size_t block_size);

// Boundaries where the module changes: "h.0" is the module of "h.0.attn" and "h.0.mlp.fc", the path
// up to its first number, or its first part if it has none. A node without a path, or a view, stays
// in the block of the node before it. {0, size} where no node has a path.
[[nodiscard]] std::vector<std::uint32_t> module_boundaries(const Graph& graph,
                                                           const ForwardOrder& order);

// Where a node that overwrites a resident runs: at the first leaf behind which no reader of the old
// version is replayed, or, if late values are made again by closure, at the very end.
enum class Mutations { early, at_end };

// Needs a boundary of at least two entries. O(nodes + edges).
[[nodiscard]] Blocks make_blocks(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                 const ForwardOrder& order, std::vector<std::uint32_t> boundary,
                                 Mutations mutations);

}  // namespace hcb
