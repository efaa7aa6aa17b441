// Where to cut [l, r) with k slots: with b(k, r) = C(k+r, k) the most blocks that k slots reverse
// when no block is advanced over more than r times, L blocks need r with b(k, r-1) < L <= b(k, r),
// and a cut m is optimal exactly if both parts stay in the range of the same count:
//
//     b(k, r-2) <= m <= b(k, r-1)          the left part, with all k slots, one repetition less
//     b(k-1, r-1) <= L - m <= b(k-1, r)    the right part, with one slot less
//
// Source: Griewank and Walther, Algorithm 799: revolve, ACM TOMS 26 (2000).
#include "schedule/binomial.h"

#include <algorithm>

namespace hcb {
namespace {

// C(k+r, k), 0 for r < 0, at most `most`. k >= 0.
std::int64_t reach(std::int64_t k, std::int64_t r, std::int64_t most) {
  if (r < 0) return 0;
  std::int64_t product = 1;
  for (std::int64_t i = 1; i <= std::min(k, r) && product < most; ++i)
    product = product * (std::max(k, r) + i) / i;
  return std::min(product, most);
}

// Least r with C(k+r, k) >= blocks.
std::int64_t repetitions(std::int64_t blocks, std::int64_t k) {
  std::int64_t r = 0;
  while (reach(k, r, blocks) < blocks) ++r;
  return r;
}

struct Range {
  std::int64_t first;
  std::int64_t last;
};

// The optimal cuts of `blocks` > 1 blocks, counted from the first of them.
Range optimal_cuts(std::int64_t blocks, std::int64_t k) {
  const std::int64_t r = repetitions(blocks, k);
  return {std::max({reach(k, r - 2, blocks), blocks - reach(k - 1, r, blocks), std::int64_t{1}}),
          std::min({reach(k, r - 1, blocks), blocks - reach(k - 1, r - 1, blocks), blocks - 1})};
}

BlockIndex narrowest(BlockIndex first, Range cuts, std::span<const Bytes> frontier) {
  std::int64_t best = first + cuts.last;
  for (std::int64_t at = best - 1; at >= first + cuts.first; --at) {
    if (frontier[static_cast<std::size_t>(at)] < frontier[static_cast<std::size_t>(best)])
      best = at;
  }
  return static_cast<BlockIndex>(best);
}

TreeNode tree_node(std::int64_t first, std::int64_t last) {
  return {.first = static_cast<std::uint32_t>(first),
          .last = static_cast<std::uint32_t>(last),
          .children = {}};
}

}  // namespace

std::int64_t binomial_executions(BlockIndex blocks, std::int64_t slots) {
  const std::int64_t k = std::min<std::int64_t>(slots, blocks);
  const std::int64_t r = repetitions(blocks, k);
  // C(k+r, k+1) = C(k+r, k) · r / (k+1); C(k+r, k) <= C(k+r-1, k) · (k+r) / r < blocks · (k+r).
  const std::int64_t most = std::int64_t{blocks} * (k + r);
  return blocks + r * blocks - reach(k, r, most) * r / (k + 1);
}

std::vector<TreeNode> binomial_tree(BlockIndex blocks, std::int64_t slots,
                                    std::span<const Bytes> frontier) {
  std::vector<TreeNode> tree{tree_node(0, blocks)};
  std::vector<std::int64_t> slots_of{std::min<std::int64_t>(slots, blocks)};
  for (std::size_t i = 0; i < tree.size(); ++i) {
    const auto first = static_cast<BlockIndex>(tree[i].first);
    const auto last = static_cast<BlockIndex>(tree[i].last);
    if (last - first == 1) continue;
    const BlockIndex cut = narrowest(first, optimal_cuts(last - first, slots_of[i]), frontier);
    const auto child = static_cast<std::uint32_t>(tree.size());
    tree[i].children = {child, child + 1};
    tree.push_back(tree_node(first, cut));
    tree.push_back(tree_node(cut, last));
    slots_of.push_back(slots_of[i]);
    slots_of.push_back(slots_of[i] - 1);
  }
  return tree;
}

}  // namespace hcb
