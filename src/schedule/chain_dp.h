// The optimal persistent schedules of a chain: every trade between bytes and time.
//
//     reverse [l, r)   = run block l, its backward                                        r = l + 1
//                      | store block l, reverse [l+1, r), run the backward of l
//                      | run blocks l … c-1, hold the input of c, reverse [c, r), let go, reverse [l, c)
//
// Persistent: what a cut or a stored block holds is held until the range it was held for is reversed.
// Each way is one shape of a replay tree (interval_tree.h): a binary node over leaves, some stored.
#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "schedule/chain.h"
#include "schedule/tree_planner.h"

namespace hcb {

class ChainPlans {
 public:
  struct Point {
    Bytes peak = 0;  // as the chain counts it
    Nanos time = 0;  // of all forward executions
  };

  // All points that are not beaten in both, up to a peak of `limit`. Errors: interrupted; limit (Context
  // exhausted, one unit per trade looked at). O(m³ · points of a range).
  [[nodiscard]] static Result<ChainPlans> make(const Chain& chain, Bytes limit, Context& context);

  // Peaks ascend, times descend. Empty: nothing stays within the limit.
  [[nodiscard]] std::vector<Point> points() const;

  // The replay of a point. O(m).
  [[nodiscard]] ReplayTree tree(std::size_t point) const;

 private:
  // A point of a range and how it is reached.
  struct Trade {
    Bytes peak;
    Nanos time;
    BlockIndex cut;       // kLeaf, the first block where that is stored, else the cut
    std::uint32_t left;   // index of the trade of [l, c)
    std::uint32_t right;  // of [c, r), or of [l+1, r)
  };
  using Trades = std::vector<Trade>;
  static constexpr BlockIndex kLeaf = -1;

  friend class ChainSolver;
  [[nodiscard]] const Trades& trades(BlockIndex l, BlockIndex r) const {
    return trades_[static_cast<std::size_t>(l) * width_ + static_cast<std::size_t>(r)];
  }

  std::size_t width_ = 0;       // m + 1
  std::vector<Trades> trades_;  // [l][r]
};

}  // namespace hcb
