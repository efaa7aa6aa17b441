// Height compression: the forward is replayed down a balanced tree over its blocks, so that at any
// time only the frontiers on one path from the root to a leaf are held.
//
//     blocks 0 1 2 3, arity 2        executions (b: forward block, g: its backward work)
//     [0,4) cut 2                    b0 b1 |                  hold F(2)
//       [2,4) cut 3                        | b2 |             hold F(3)
//         3                                     b3 g3
//         2                                b2 g2              F(3) released
//       [0,2) cut 1                  b0 |                     F(2) released, hold F(1)
//         1                             b1 g1
//         0                          b0 g0
//
// Invariant: on entry to the replay of [l, r) every buffer of F(l) that a use in [l, r) needs is in
// memory, and so is every gradient made by groups >= r that is still read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"
#include "base/ids.h"
#include "graph/graph.h"
#include "plan/plan.h"
#include "schedule/blocks.h"
#include "schedule/forward_order.h"
#include "schedule/uses.h"

namespace hcb {

// The executions of the replay over `tree`, any tree over blocks [0, blocks.count()) whose children
// split their parent (splits.h, binomial.h, chain_dp.h). Frees follow from forced retention. Each
// forward node runs at most depth + 1 times if no use is closed.
//
// `stored` names, by block, the leaves whose block runs no more behind its parent's pass: what the
// leaf's backward reads is held from there on. Not for a last child, which no pass runs. Empty: none.
//
// Error: interrupted; limit, when there would be more than `most` executions.
// O((nodes + uses) · depth + executions · degree); Context counts executions.
[[nodiscard]] Result<std::vector<NodeId>> replay(const Graph& graph, const ForwardOrder& order,
                                                 const Blocks& blocks, const Uses& uses,
                                                 std::span<const TreeNode> tree,
                                                 std::span<const char> stored, std::size_t most,
                                                 Context& context);

}  // namespace hcb
