// After the pass: keep what reaches an output, and write types and constants back into the graph.
#pragma once

#include <cstddef>
#include <vector>

#include "ingest/onnx_values.h"

namespace hcb {

// `kept` are the nodes of `graph` that were not folded, in order. Afterwards the graph holds those
// of them that reach an output, the initialisers and made constants they read, and value_info of
// all their outputs (a type must be known for each). Returns how many of `kept` were dead. O(nodes
// + edges).
[[nodiscard]] std::size_t sweep(onnx::GraphProto& graph, const ValueTable& values,
                                std::vector<onnx::NodeProto*> kept);

}  // namespace hcb
