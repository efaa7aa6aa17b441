// Attention written out op by op, costed as the one kernel that a fusing compiler makes of it.
//
//     Q, K ─> MatMul ─> scores ─> Div ─> Add ─> Softmax ─> weights ─> MatMul ─> out
//                       └──────── tokens² elements each ────────┘      ^
//                                                            V ────────┘
//
// Under `--cost-model fused` the values between the two products never leave the chip (Dao, Fu, Ermon,
// Rudra and Re, FlashAttention, 2022), in the backward as in the forward, so nobody moves their
// bytes. FLOPs stay those of the ops; what such a kernel computes again in its backward is not
// counted. The values are buffers of the graph as before: memory is not what a cost model decides.
#pragma once

#include "graph/graph.h"
#include "ops/device.h"

namespace hcb {

struct FusedAttention {
  IdVector<NodeId, char> part;    // by node: of an attention, forward or backward
  IdVector<ValueId, char> inner;  // by value: made and read by such nodes alone, tokens² elements
  std::size_t softmaxes = 0;      // forward and backward ones that are part of an attention
};

// A softmax whose input comes, through pointwise ops and views of the same number of elements, from a
// product, and whose output goes the same way into products only. O(nodes + edges).
[[nodiscard]] FusedAttention find_attention(const Graph& graph);

// The graph's costs with the inner bytes of attention left out; those of other nodes as they are.
[[nodiscard]] IdVector<NodeId, Cost> fused_attention_costs(const Graph& graph,
                                                           const Device& device);

}  // namespace hcb
