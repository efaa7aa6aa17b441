// Memory by slot, under additions to ranges: a segment tree of maxima.
//
// A vertex stores the most of its range as seen from its parent (its own pending addition included)
// and, above the leaves, that addition, which is never pushed down. add() touches the O(log slots)
// vertices of a canonical cover and their ancestors; max() and first_max() read as many. Source:
// Bentley, Solutions to Klee's rectangle problems, 1977.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace hcb::search {

class SlotTree {
 public:
  // Bytes per slot, 0 each, to be written before build(). `slots`: a power of two, at least 2.
  // O(slots).
  [[nodiscard]] std::span<Bytes> reset(std::size_t slots) {
    slots_ = slots;
    if (most_.capacity() < 2 * slots) most_ = {}, added_ = {};  // before the larger ones are there
    most_.assign(2 * slots, 0);
    added_.assign(slots, 0);
    return std::span(most_).subspan(slots);
  }

  // O(slots).
  void build() {
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
    Bytes left = most_[l];
    Bytes right = most_[r];
    while ((l >> 1) != (r >> 1)) {
      if ((l & 1) == 0) left = std::max(left, most_[l + 1]);
      if ((r & 1) != 0) right = std::max(right, most_[r - 1]);
      l >>= 1;
      r >>= 1;
      left += added_[l];
      right += added_[r];
    }
    Bytes most = std::max(left, right);
    for (l >>= 1; l >= 1; l >>= 1) most += added_[l];
    return most;
  }

  [[nodiscard]] Bytes max() const { return most_[1]; }

  // The first slot that holds max().
  [[nodiscard]] std::size_t first_max() const {
    std::size_t v = 1;
    while (v < slots_) v = 2 * v + (most_[2 * v] >= most_[2 * v + 1] ? 0 : 1);
    return v - slots_;
  }

  // The last slot that holds more than `bytes`, which is less than max().
  [[nodiscard]] std::size_t last_above(Bytes bytes) const {
    std::size_t v = 1;
    while (v < slots_) {
      bytes -= added_[v];
      v = 2 * v + (most_[2 * v + 1] > bytes ? 1 : 0);
    }
    return v - slots_;
  }

  [[nodiscard]] std::size_t size() const { return slots_; }

 private:
  void pull(std::size_t v) { most_[v] = std::max(most_[2 * v], most_[2 * v + 1]) + added_[v]; }

  void apply(std::size_t v, Bytes bytes) {
    most_[v] += bytes;
    if (v < slots_) added_[v] += bytes;
  }

  std::size_t slots_ = 0;
  std::vector<Bytes> most_;   // by vertex; the leaf of slot s is slots + s
  std::vector<Bytes> added_;  // by vertex above the leaves
};

}  // namespace hcb::search
