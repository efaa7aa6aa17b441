// Each cut is the block boundary nearest to its share of the time, moved into the range that leaves
// every child between one block and arity^(d-1) blocks. Shares are compared as integers, crosswise.
#include "schedule/splits.h"

#include <algorithm>

namespace hcb {
namespace {

// Largest number of blocks below a child when arity^d covers `blocks`.
std::int64_t child_capacity(std::int64_t blocks, std::int64_t arity) {
  std::int64_t capacity = 1;
  while (capacity < (blocks + arity - 1) / arity) capacity *= arity;
  return capacity;
}

// The boundary in [low, high] nearest to share part/parts of the time of [first, last), the lower
// one on ties.
BlockIndex nearest_boundary(BlockIndex first, BlockIndex last, std::int64_t part,
                            std::int64_t parts, std::span<const Nanos> time_before, BlockIndex low,
                            BlockIndex high) {
  const auto before = [&](BlockIndex j) {
    return static_cast<__int128>(time_before[static_cast<std::size_t>(j)]);
  };
  const bool timeless = before(first) == before(last);
  const auto position = [&](BlockIndex j) { return timeless ? __int128{j} : before(j); };
  const __int128 target = position(first) * parts + (position(last) - position(first)) * part;
  while (low < high) {
    const BlockIndex middle = low + (high - low) / 2;
    // Is the middle at least as near as its right neighbour?
    const __int128 left_error = position(middle) * parts - target;
    const __int128 right_error = position(middle + 1) * parts - target;
    if (right_error >= -left_error || left_error >= 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace

int tree_depth(BlockIndex blocks, std::int64_t arity) {
  int depth = 0;
  for (std::int64_t covered = 1; covered < blocks; ++depth) {
    covered = covered > blocks / arity ? blocks : covered * arity;
  }
  return depth;
}

std::size_t depth_of(std::span<const TreeNode> tree) {
  std::vector<std::size_t> level(tree.size(), 0);
  for (std::size_t i = 0; i < tree.size(); ++i) {
    for (const std::uint32_t child : tree[i].children) level[child] = level[i] + 1;
  }
  return std::ranges::max(level);
}

void split(BlockIndex first, BlockIndex last, std::int64_t arity,
           std::span<const Nanos> time_before, std::vector<BlockIndex>& cuts) {
  const std::int64_t blocks = last - first;
  const std::int64_t parts = std::min(arity, blocks);
  const std::int64_t capacity = child_capacity(blocks, arity);
  cuts.assign(1, first);
  for (std::int64_t part = 1; part < parts; ++part) {
    const std::int64_t left = parts - part;  // children still to come
    const std::int64_t low = std::max<std::int64_t>(cuts.back() + 1, last - left * capacity);
    const std::int64_t high = std::min<std::int64_t>(cuts.back() + capacity, last - left);
    cuts.push_back(nearest_boundary(first, last, part, parts, time_before,
                                    static_cast<BlockIndex>(low), static_cast<BlockIndex>(high)));
  }
  cuts.push_back(last);
}

std::vector<TreeNode> interval_tree(BlockIndex blocks, std::int64_t arity,
                                    std::span<const Nanos> time_before) {
  std::vector<TreeNode> tree;
  tree.reserve(2 * static_cast<std::size_t>(blocks));
  tree.push_back({.first = 0, .last = static_cast<std::uint32_t>(blocks), .children = {}});
  std::vector<BlockIndex> cuts;
  for (std::size_t i = 0; i < tree.size(); ++i) {
    if (tree[i].last - tree[i].first == 1) continue;
    split(static_cast<BlockIndex>(tree[i].first), static_cast<BlockIndex>(tree[i].last), arity,
          time_before, cuts);
    std::vector<std::uint32_t> children;
    for (std::size_t j = 0; j + 1 < cuts.size(); ++j) {
      children.push_back(static_cast<std::uint32_t>(tree.size()));
      tree.push_back({.first = static_cast<std::uint32_t>(cuts[j]),
                      .last = static_cast<std::uint32_t>(cuts[j + 1]),
                      .children = {}});
    }
    tree[i].children = std::move(children);
  }
  return tree;
}

}  // namespace hcb
