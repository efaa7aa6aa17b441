// Dynamic programming over ranges, with lists in place of a table over bytes: the trades of a range
// are those of its parts, joined like two staircases and merged, so no byte is rounded away. Trades
// that cannot be part of a plan within the limit are left out: beside a range at least all is held
// that its blocks read from before it.
// Sources: Beaumont, Eyraud-Dubois, Herrmann, Joly, Shilova, Optimal checkpointing for heterogeneous
// chains (2019, 2021); lists instead of memory slots as in Nemhauser and Ullmann (1969).
#include "schedule/chain_dp.h"

#include <algorithm>

namespace hcb {

class ChainSolver {
 public:
  ChainSolver(const Chain& chain, Bytes limit, Context& context, ChainPlans& plans)
      : chain_(chain), limit_(limit), context_(context), plans_(plans) {}

  Result<void> solve() {
    const BlockIndex m = chain_.count();
    plans_.width_ = static_cast<std::size_t>(m) + 1;
    plans_.trades_.resize(plans_.width_ * plans_.width_);
    for (BlockIndex length = 1; length <= m; ++length) {
      for (BlockIndex l = 0; l + length <= m; ++l) HCB_CHECK(solve(l, l + length));
    }
    return {};
  }

 private:
  using Trade = ChainPlans::Trade;
  using Trades = ChainPlans::Trades;

  Result<void> solve(BlockIndex l, BlockIndex r) {
    HCB_CHECK(context_.check());
    if (context_.exhausted())
      return fail(ErrorKind::limit, "the chain has too many trades between bytes and time",
                  "give a larger --block-size");
    Trades best;
    if (r == l + 1) {
      best = {{chain_.leaf_peak(l), chain_.time(l, r), ChainPlans::kLeaf, 0, 0}};
    } else {
      store(l, r, best);
      for (BlockIndex c = l + 1; c < r; ++c) cut(l, c, r, best);
    }
    const Bytes beside = l == 0 ? 0 : chain_.held(0, l, r);
    std::erase_if(best, [&](const Trade& t) { return t.peak > limit_ - beside; });
    plans_.trades_[static_cast<std::size_t>(l) * plans_.width_ + static_cast<std::size_t>(r)] =
        std::move(best);
    return {};
  }

  void store(BlockIndex l, BlockIndex r, Trades& best) {
    joined_.clear();
    const Bytes least = std::max(chain_.store_peak(l, r), chain_.backward_peak(l));
    const Trades& behind = plans_.trades(l + 1, r);
    for (std::size_t i = 0; i < behind.size(); ++i) {
      const Bytes peak = std::max(least, behind[i].peak + chain_.tape(l, r));
      if (!joined_.empty() && joined_.back().peak == peak) joined_.pop_back();
      joined_.push_back(
          {peak, behind[i].time + chain_.time(l, l + 1), l, 0, static_cast<std::uint32_t>(i)});
    }
    merge(best);
  }

  void cut(BlockIndex l, BlockIndex c, BlockIndex r, Trades& best) {
    const Trades& left = plans_.trades(l, c);
    const Trades& right = plans_.trades(c, r);
    if (left.empty() || right.empty()) return;
    const Bytes held = chain_.held(l, c, r);
    const Nanos pass = chain_.time(l, c);
    Bytes peak = std::max({chain_.pass_peak(l, c, r), left[0].peak, right[0].peak + held});
    joined_.clear();
    for (std::size_t i = 0, j = 0;;) {
      while (i + 1 < left.size() && left[i + 1].peak <= peak) ++i;
      while (j + 1 < right.size() && right[j + 1].peak + held <= peak) ++j;
      joined_.push_back({peak, left[i].time + right[j].time + pass, c,
                         static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j)});
      if (i + 1 == left.size() && j + 1 == right.size()) break;
      if (j + 1 == right.size() ||
          (i + 1 < left.size() && left[i + 1].peak < right[j + 1].peak + held)) {
        peak = left[++i].peak;
      } else {
        peak = right[++j].peak + held;
      }
    }
    merge(best);
  }

  // The staircase below both `best` and `joined_`; `best` on ties.
  void merge(Trades& best) {
    context_.count(best.size() + joined_.size());
    merged_.clear();
    auto a = best.begin();
    auto b = joined_.begin();
    while (a != best.end() || b != joined_.end()) {
      const bool from_best =
          b == joined_.end() ||
          (a != best.end() && std::pair(a->peak, a->time) <= std::pair(b->peak, b->time));
      const Trade& next = from_best ? *a++ : *b++;
      if (merged_.empty() || next.time < merged_.back().time) merged_.push_back(next);
    }
    best.swap(merged_);
  }

  const Chain& chain_;
  Bytes limit_;
  Context& context_;
  ChainPlans& plans_;
  Trades joined_;
  Trades merged_;
};

Result<ChainPlans> ChainPlans::make(const Chain& chain, Bytes limit, Context& context) {
  ChainPlans plans;
  HCB_CHECK(ChainSolver(chain, limit, context, plans).solve());
  return plans;
}

std::vector<ChainPlans::Point> ChainPlans::points() const {
  std::vector<Point> points;
  for (const Trade& t : trades(0, static_cast<BlockIndex>(width_) - 1))
    points.push_back({t.peak, t.time});
  return points;
}

ReplayTree ChainPlans::tree(std::size_t point) const {
  ReplayTree tree;
  tree.stored.assign(width_ - 1, 0);
  std::vector<std::size_t> trade_of;
  const auto add = [&](std::uint32_t first, std::uint32_t last, std::size_t trade) {
    tree.nodes.push_back({.first = first, .last = last, .children = {}});
    trade_of.push_back(trade);
    return static_cast<std::uint32_t>(tree.nodes.size() - 1);
  };
  add(0, static_cast<std::uint32_t>(width_) - 1, point);
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const std::uint32_t first = tree.nodes[i].first;
    const std::uint32_t last = tree.nodes[i].last;
    if (last - first == 1) continue;
    const Trade trade =
        trades(static_cast<BlockIndex>(first), static_cast<BlockIndex>(last))[trade_of[i]];
    const auto at = static_cast<std::uint32_t>(trade.cut);
    const bool is_store = at == first;
    if (is_store) tree.stored[first] = 1;
    const std::uint32_t middle = is_store ? first + 1 : at;
    const std::uint32_t left = add(first, middle, trade.left);
    tree.nodes[i].children = {left, add(middle, last, trade.right)};
  }
  return tree;
}

}  // namespace hcb
