// Computing the small constant part of a model: shape arithmetic on bound dims.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ingest/onnx_tensor.h"

namespace onnx {
class NodeProto;
}

namespace hcb {

// The one output of `node` (default domain, version `opset`) computed from the contents of its
// inputs (nullptr: an omitted optional one). nullopt: not an operator computed here, an input of a
// type that is not computed on, more than kMostFolded elements, an overflow, or arguments that do
// not fit together (inference reports those). O(elements of inputs and output · rank).
[[nodiscard]] std::optional<SmallTensor> fold_node(const onnx::NodeProto& node, std::int64_t opset,
                                                   std::span<const SmallTensor* const> inputs);

// Shape and Size of a tensor whose shape is known though its contents are not. nullopt for other
// operators.
[[nodiscard]] std::optional<SmallTensor> fold_shape_of(const onnx::NodeProto& node,
                                                       std::span<const std::int64_t> dims);

// Is `op` (default domain) one whose result is the same whenever its inputs are: no random numbers,
// no subgraph?
[[nodiscard]] bool is_deterministic(std::string_view op);

}  // namespace hcb
