// The binomial schedule: reverse a chain of L blocks with k slots and the fewest executions.
//
//     blocks 0 1 2 3 4, 2 slots         slots hold the inputs of blocks; one always holds block 0's
//     [0,5) cut 3                       b0 b1 b2 |                    hold F(3)
//       [3,5) cut 4, no slot is left           b3 |  b4 g4      b3 g3
//       [0,3) cut 1                     b0 |                          F(3) released, hold F(1)
//         [1,3) cut 2                      b1 |  b2 g2      b1 g1
//         0                             b0 g0
//
// The forward work beyond one execution of each block is t(L, k) = r·L - C(k+r, k+1), where r is the
// least number with C(k+r, k) >= L: no schedule with k slots that starts from block inputs needs
// less. The state at which a leaf starts is live like any input and takes no slot.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "plan/plan.h"
#include "schedule/blocks.h"

namespace hcb {

// L + t(L, k): block executions of the whole reversal. blocks, slots >= 1. O(r).
[[nodiscard]] std::int64_t binomial_executions(BlockIndex blocks, std::int64_t slots);

// The tree whose replay (interval_tree.h) executes that many blocks; root first, children behind
// their parents. Among the cuts that cost the same, the one with the least frontier[cut], the last
// one on ties. `frontier`: bytes before each block. Depth at most k + r. O(blocks · depth).
[[nodiscard]] std::vector<TreeNode> binomial_tree(BlockIndex blocks, std::int64_t slots,
                                                  std::span<const Bytes> frontier);

}  // namespace hcb
