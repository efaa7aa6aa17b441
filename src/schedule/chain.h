// The chain relaxation: a training graph cut into blocks, as a chain of m stages with bytes and times.
//
//     blocks      0 ──> 1 ──> 2 ──> 3          stage j: run block j, later run its backward G(j)
//     held(l, c, r)                            made in blocks [l, c), used in [c, r): what a cut at c
//                                              holds while [l, r) is reversed
//     tape(j, r)                               made in block j, used in [j, r): what storing j holds
//
// Bytes are exact for a chain whose blocks pass values to their neighbours only. Elsewhere they are
// a model: a cut that is held while a shorter range is reversed is charged for the longer one, and
// what leaves in the middle of a leaf is charged to its end (conservative); late values and closures
// are not seen. So whoever plans by it simulates the plan.
#pragma once

#include <vector>

#include "base/ids.h"
#include "graph/graph.h"
#include "schedule/blocks.h"
#include "schedule/forward_order.h"
#include "schedule/uses.h"

namespace hcb {

class Chain {
 public:
  // Keeps nothing. O(m³ + nodes + edges + uses · span); m³ · 8 bytes.
  Chain(const Graph& graph, const IdVector<BufferId, Bytes>& size, const ForwardOrder& order,
        const Blocks& blocks, const Uses& uses);

  [[nodiscard]] BlockIndex count() const { return count_; }
  // Time of running blocks [first, last) once.
  [[nodiscard]] Nanos time(BlockIndex first, BlockIndex last) const {
    return time_before_[at(last)] - time_before_[at(first)];
  }

  // 0 <= l < c < r <= m.
  [[nodiscard]] Bytes held(BlockIndex l, BlockIndex c, BlockIndex r) const {
    return held_[(at(c) * width_ + at(l)) * width_ + at(r)];
  }
  [[nodiscard]] Bytes tape(BlockIndex j, BlockIndex r) const {
    return tape_[at(j) * width_ + at(r)];
  }

  // Bytes at the peak beside what cuts before block l hold, all else included:
  // of running blocks l … c-1 in the reversal of [l, r), to stop before c.
  [[nodiscard]] Bytes pass_peak(BlockIndex l, BlockIndex c, BlockIndex r) const {
    return across_[at(r)] + pass_[(at(c) * width_ + at(l)) * width_ + at(r)];
  }
  // of running block j and holding its tape, in the reversal of [j, r);
  [[nodiscard]] Bytes store_peak(BlockIndex j, BlockIndex r) const {
    return across_[at(r)] + run_stored_[at(j)];
  }
  // of running block j and its backward;
  [[nodiscard]] Bytes leaf_peak(BlockIndex j) const { return over_[at(j)] + leaf_[at(j)]; }
  // of the backward of block j, its tape included.
  [[nodiscard]] Bytes backward_peak(BlockIndex j) const { return over_[at(j)] + backward_[at(j)]; }

 private:
  friend class ChainBuilder;
  static std::size_t at(BlockIndex j) { return static_cast<std::size_t>(j); }

  BlockIndex count_ = 0;
  std::size_t width_ = 0;  // m + 1
  std::vector<Nanos> time_before_;
  std::vector<Bytes> held_;        // [c][l][r]
  std::vector<Bytes> pass_;        // [c][l][r]: most of held(l, i, r) + run_[i] for l <= i < c
  std::vector<Bytes> tape_;        // [j][r]
  std::vector<Bytes> run_;         // block j alone, its frontier kept
  std::vector<Bytes> run_stored_;  // and its tape
  std::vector<Bytes> leaf_;        // block j and G(j)
  std::vector<Bytes> backward_;    // G(j), the tape included
  std::vector<Bytes> across_;      // [r]: there while a range that ends before r is reversed
  std::vector<Bytes> over_;        // [j]: there during all of leaf j
};

}  // namespace hcb
