// In which blocks a forward buffer is needed, and the frontiers that follow from it.
//
//     block        0    1    2    3          x made in block 0, read by forward nodes of 1, 3
//     x            made use       use        and by a backward node of leaf 2: used at 1, 2, 3
//
// The frontier F(j) before block j is what is made before it and used at or behind it:
// { x : block(x) < j <= last use of x }. A *late* use lies before the block that makes the buffer:
// a backward node of leaf j reads something made behind block j. A *far* use lies more than
// skip_span blocks behind it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "graph/graph.h"
#include "schedule/blocks.h"

namespace hcb {

// Which uses a replay makes again by closure where they occur, instead of holding the buffer.
struct UsePolicy {
  bool close_late = false;
  BlockIndex skip_span = 0;  // > 0: far uses of buffers with at most two of them are closed
  friend bool operator==(const UsePolicy&, const UsePolicy&) = default;
};

class Uses {
 public:
  Uses(const Graph& graph, const ForwardOrder& order, const Blocks& blocks, UsePolicy policy);

  // Blocks that want the buffer held for them, ascending: forward readers in later blocks, backward
  // readers wherever. Readers that run once only are in held_at_first.
  [[nodiscard]] std::span<const BlockIndex> of(BufferId b) const {
    return std::span(blocks_).subspan(offset_[index(b)], offset_[index(b) + 1] - offset_[index(b)]);
  }
  // Is there a use in blocks [first, last)? O(log uses).
  [[nodiscard]] bool any(BufferId b, BlockIndex first, BlockIndex last) const;
  // The last block with a reader that runs in the first pass only; the own block if there is none.
  [[nodiscard]] BlockIndex once_until(BufferId b) const { return once_until_[b]; }
  // The last block at which b is held, at least its own.
  [[nodiscard]] BlockIndex last(BufferId b) const;
  // Is the use of b at block u made again by closure?
  [[nodiscard]] bool closed(BufferId b, BlockIndex u) const {
    return far_closed_[b] && u - own_[b] > policy_.skip_span;
  }
  [[nodiscard]] bool has_late_use(BufferId b) const {
    const auto uses = of(b);
    return !uses.empty() && uses.front() < own_[b];
  }
  [[nodiscard]] BlockIndex block(BufferId b) const { return own_[b]; }

 private:
  void collect(const Graph& graph, const ForwardOrder& order, const Blocks& blocks, BufferId b);
  void drop_closed(BufferId b, std::size_t first);

  UsePolicy policy_;
  std::vector<std::size_t> offset_;
  std::vector<BlockIndex> blocks_;
  IdVector<BufferId, BlockIndex> own_;  // the block that makes it; kTail: not forward
  IdVector<BufferId, BlockIndex> once_until_;
  IdVector<BufferId, char> far_closed_;
};

// Bytes of F(j) for every block j. O(buffers + blocks).
[[nodiscard]] std::vector<Bytes> frontier_bytes(const Graph& graph,
                                                const IdVector<BufferId, Bytes>& size,
                                                const Uses& uses, BlockIndex blocks);

// Bytes of the buffers with a late use.
[[nodiscard]] Bytes late_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                               const Uses& uses);

// Bytes of the forward buffers that the rest of the graph reads.
[[nodiscard]] Bytes stored_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                 const ForwardOrder& order);

}  // namespace hcb
