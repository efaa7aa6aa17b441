// The interval tree over blocks: who covers what.
//
//     blocks 0 … 7, arity 2        [0,8)
//                               [0,4)  [4,8)           depth 3: leaves are single blocks
//                            [0,2) [2,4) …
//
// A node over n > 1 blocks has min(arity, n) children, cut as equal in forward time as the depth
// allows: with d the least number of levels that covers n blocks (arity^d >= n), no child covers
// more than arity^(d-1) blocks. So the depth is that of the balanced tree, whatever the times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "plan/plan.h"
#include "schedule/blocks.h"

namespace hcb {

// Least d with arity^d >= blocks. arity >= 2, blocks >= 1.
[[nodiscard]] int tree_depth(BlockIndex blocks, std::int64_t arity);

// Levels of a tree below its root; children stand behind their parents. O(nodes).
[[nodiscard]] std::size_t depth_of(std::span<const TreeNode> tree);

// The cuts first = c_0 < … < c_k = last of the tree node over blocks [first, last), of more
// than one block. `time_before[j]`: time of blocks [0, j); where all times are 0, blocks count
// alike. O(k log blocks).
void split(BlockIndex first, BlockIndex last, std::int64_t arity,
           std::span<const Nanos> time_before, std::vector<BlockIndex>& cuts);

// The whole tree, root first, children behind their parents. O(nodes log blocks).
[[nodiscard]] std::vector<TreeNode> interval_tree(BlockIndex blocks, std::int64_t arity,
                                                  std::span<const Nanos> time_before);

}  // namespace hcb
