#include "ingest/onnx_unknown.h"

#include <fmt/format.h>

#include "base/text.h"
#include "ingest/onnx_order.h"

namespace hcb {
namespace {

bool is_no_tensor(const onnx::TypeProto* type) {
  return type != nullptr && !type->has_tensor_type();
}

std::string describe(const onnx::NodeProto& node, const std::string& output,
                     const onnx::TypeProto* type, bool has_rule) {
  if (is_no_tensor(type)) {
    return fmt::format("value '{}' of node {} is a sequence, map, optional or sparse tensor",
                       printable(output), node_label(node));
  }
  return fmt::format("the shape of '{}' is unknown: node {} {}", printable(output),
                     node_label(node),
                     has_rule ? "makes a shape that depends on more than shapes"
                              : "is an operator without a shape rule here");
}

// A shape that is written down helps tensors alone.
std::string help_with(const onnx::TypeProto* type) {
  if (is_no_tensor(type))
    return "only dense tensors can be planned: split the model there, or export it without";
  return "write its shape into the file's value_info (onnx.helper.make_tensor_value_info)";
}

}  // namespace

void UnknownShapes::look_at(const onnx::NodeProto& node, const ValueTable& values,
                            const OfficialInference& official) {
  for (const std::string& output : node.output()) {
    if (output.empty() || values.shape(output)) continue;
    if (nodes_++ > 0) return;
    const onnx::TypeProto* const type = values.type(output);
    first_ = describe(node, output, type, official.schema(node) != nullptr);
    help_ = help_with(type);
    return;
  }
}

Error UnknownShapes::error(const std::string& file) const {
  const std::size_t others = nodes_ - 1;
  const std::string follow = others == 0 ? ""
                                         : fmt::format("; {} more node{} without a shape behind it",
                                                       others, others == 1 ? "" : "s");
  return {ErrorKind::bad_input, file + ": " + first_ + follow, help_};
}

}  // namespace hcb
