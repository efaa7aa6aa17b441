// Carries a schedule over to the given order of first executions.
//
//     schedule     a b c  g2 [a b] g1 …  h          first executions in an order of its own
//     given order  a b c  h  …                      h comes before g2: what the schedule holds at h
//                                                   is kept here as well, the rest made again
//
// At each node in the given order exactly those buffers stay that the schedule holds at that node's
// first execution; what is missing for it is made again just before it, with whatever that needs.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace hcb::search {

// Are the first executions of `sequence` in the order of the node ids?
[[nodiscard]] bool in_given_order(const Graph& graph, std::span<const NodeId> sequence);

// `sequence`: valid. A valid sequence with first executions in the given order; its peak may be
// higher than that of `sequence`. O(executions · degree + nodes · buffers held · log).
[[nodiscard]] std::vector<NodeId> carried_to_given_order(const Graph& graph,
                                                         std::span<const NodeId> sequence);

}  // namespace hcb::search
