// Memory by slot, under additions to ranges: a segment tree of maxima.
//
// A vertex stores the most of its range as seen from its parent (its own pending addition included)
// and that addition, which is never pushed down. add() touches the O(log slots) vertices of a
// canonical cover and their ancestors; max() and first_max() read as many. Source: Bentley,
// Solutions to Klee's rectangle problems, 1977.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace hcb::search {

class SlotTree {
 public:
  // `memory`: bytes per slot; its length is a power of two, at least 2. O(slots).
  void assign(std::span<const Bytes> memory) {
    slots_ = memory.size();
    vertex_.assign(2 * slots_, Vertex{});
    for (std::size_t s = 0; s < slots_; ++s) vertex_[slots_ + s].most = memory[s];
    for (std::size_t v = slots_ - 1; v >= 1; --v) pull(v);
  }

  // Adds `bytes` to the slots [first, last).
  void add(std::size_t first, std::size_t last, Bytes bytes) {
    if (first >= last) return;
    std::size_t l = first + slots_;
    std::size_t r = last + slots_ - 1;
    apply(l, bytes);
    if (l != r) apply(r, bytes);
    while ((l >> 1) != (r >> 1)) {
      if ((l & 1) == 0) apply(l + 1, bytes);
      if ((r & 1) != 0) apply(r - 1, bytes);
      l >>= 1;
      r >>= 1;
      pull(l);
      pull(r);
    }
    for (l >>= 1; l >= 1; l >>= 1) pull(l);
  }

  // The most in the slots [first, last), which are not empty.
  [[nodiscard]] Bytes max(std::size_t first, std::size_t last) const {
    std::size_t l = first + slots_;
    std::size_t r = last + slots_ - 1;
    Bytes left = vertex_[l].most;
    Bytes right = vertex_[r].most;
    while ((l >> 1) != (r >> 1)) {
      if ((l & 1) == 0) left = std::max(left, vertex_[l + 1].most);
      if ((r & 1) != 0) right = std::max(right, vertex_[r - 1].most);
      l >>= 1;
      r >>= 1;
      left += vertex_[l].added;
      right += vertex_[r].added;
    }
    Bytes most = std::max(left, right);
    for (l >>= 1; l >= 1; l >>= 1) most += vertex_[l].added;
    return most;
  }

  [[nodiscard]] Bytes max() const { return vertex_[1].most; }

  // The first slot that holds max().
  [[nodiscard]] std::size_t first_max() const {
    std::size_t v = 1;
    while (v < slots_) v = 2 * v + (vertex_[2 * v].most >= vertex_[2 * v + 1].most ? 0 : 1);
    return v - slots_;
  }

  // The last slot that holds more than `bytes`, which is less than max().
  [[nodiscard]] std::size_t last_above(Bytes bytes) const {
    std::size_t v = 1;
    while (v < slots_) {
      bytes -= vertex_[v].added;
      v = 2 * v + (vertex_[2 * v + 1].most > bytes ? 1 : 0);
    }
    return v - slots_;
  }

  [[nodiscard]] std::size_t size() const { return slots_; }

 private:
  struct Vertex {
    Bytes most = 0;
    Bytes added = 0;
  };

  void pull(std::size_t v) {
    vertex_[v].most = std::max(vertex_[2 * v].most, vertex_[2 * v + 1].most) + vertex_[v].added;
  }

  void apply(std::size_t v, Bytes bytes) {
    vertex_[v].most += bytes;
    vertex_[v].added += bytes;
  }

  std::size_t slots_ = 0;
  std::vector<Vertex> vertex_;
};

}  // namespace hcb::search
