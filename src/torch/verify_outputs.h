// Do the results of a node lie where the graph says? Looked at once per node, at its first execution.
// Internal to src/torch.
#pragma once

#include <span>

#include "graph/calls.h"
#include "runtime/kernel.h"

namespace hcb::internal {

// Errors (bad_input, naming the output): a result that shares storage with an input or with another
// result where the graph gives it its own, or the reverse (frees by the graph would then free too
// little, or what is still read); another element type or shape; other strides, where a later node
// addresses the storage by the strides the graph was exported with. O(inputs · outputs).
[[nodiscard]] Result<void> verify_outputs(const Graph& graph, NodeId node, const Calls& calls,
                                          const KernelCall& call, std::span<const Handle> outputs);

}  // namespace hcb::internal
