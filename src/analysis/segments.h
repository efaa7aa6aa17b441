// A sequence of nodes cut where interrupting it costs least, so that independent sequences can be
// interleaved for the least peak.
//
//     memory   ^    _/\_            a segment is (hill, change): how far memory rises above its
//              | /\/    \___        start, and where it ends. Segments that give memory back come
//              |/           \_      first, the lowest hill ahead; then those that keep some, the one
//              +-------------->     that falls furthest from its hill ahead.
//
// Problem: order jobs under series-parallel precedence so that the highest running sum is least.
// Idea: sequences side by side are merged by the ranking above; a sequence in front of another is
// joined to it at the ends, where two neighbours in the wrong ranking become one segment. Invariant:
// segments of one list are in ranking order, so a list is both a schedule and ready to be merged.
// Complexity: O(n log² n) for all merges and joins of n nodes (the smaller list goes into the
// greater). Source: Abdel-Wahab and Kameda, Scheduling to minimize maximum cumulative cost subject
// to series-parallel precedence constraints, 1978; for trees the hill-valley segments of Liu, An
// application of generalized tree pebbling to sparse matrix factorization, 1987, and with sizes of
// one the labels of Sethi and Ullman, 1970.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "base/ids.h"

namespace hcb {

// What running one node does to memory where that is the same in every order: it rises by `hill`
// (>= 0) and is `change` (<= hill) higher afterwards.
struct MemoryStep {
  __int128 hill = 0;
  __int128 change = 0;
};

// Lists of segments over the nodes of one graph. List i starts as node i alone.
class SegmentLists {
 public:
  explicit SegmentLists(const std::vector<MemoryStep>& steps);

  // Runs list b behind list a: the result is list a, list b is gone.
  void join(std::size_t a, std::size_t b);
  // Runs lists a and b side by side: the result is list a, list b is gone.
  void merge(std::size_t a, std::size_t b);
  // The nodes of a list in the order of its segments. O(nodes of the list).
  void append_to(std::vector<NodeId>& order, std::size_t list) const;

 private:
  // A run of nodes: first to last along next_.
  struct Segment {
    MemoryStep step;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
  };
  struct Ranking {
    bool operator()(const Segment& a, const Segment& b) const;
  };
  using List = std::multiset<Segment, Ranking>;

  static void take_all(List& into, List& from);
  Segment glued(const Segment& front, const Segment& back);

  std::vector<List> lists_;
  std::vector<std::uint32_t> next_;
};

}  // namespace hcb
