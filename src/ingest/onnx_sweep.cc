// Mark from the outputs backwards over the sorted nodes: one visit each.
#include "ingest/onnx_sweep.h"

#include <algorithm>
#include <unordered_set>

#include "ingest/onnx_order.h"

namespace hcb {
namespace {

using Names = std::unordered_set<std::string>;

// The nodes of `kept` that are needed, in order; every name they and the outputs read goes into
// `needed`.
std::vector<onnx::NodeProto*> alive_nodes(const onnx::GraphProto& graph,
                                          const std::vector<onnx::NodeProto*>& kept,
                                          Names& needed) {
  needed.reserve(kept.size());
  for (const auto& output : graph.output()) needed.insert(output.name());
  std::vector<onnx::NodeProto*> alive;
  for (auto at = kept.rbegin(); at != kept.rend(); ++at) {
    const onnx::NodeProto& node = **at;
    const auto is_needed = [&](const std::string& output) { return needed.contains(output); };
    if (std::ranges::none_of(node.output(), is_needed)) continue;
    needed.insert(node.input().begin(), node.input().end());
    for (const std::string& name : captured_names(node)) needed.insert(name);
    alive.push_back(*at);
  }
  std::ranges::reverse(alive);
  return alive;
}

void keep_needed_constants(onnx::GraphProto& graph, const ValueTable& values, const Names& needed) {
  google::protobuf::RepeatedPtrField<onnx::TensorProto> tensors;
  for (auto& tensor : *graph.mutable_initializer()) {
    if (needed.contains(tensor.name())) tensors.Add()->Swap(&tensor);
  }
  for (auto& tensor : values.made_constants()) {
    if (needed.contains(tensor.name())) *tensors.Add() = std::move(tensor);
  }
  graph.mutable_initializer()->Swap(&tensors);
  google::protobuf::RepeatedPtrField<onnx::SparseTensorProto> sparse;
  for (auto& tensor : *graph.mutable_sparse_initializer()) {
    if (needed.contains(tensor.values().name())) sparse.Add()->Swap(&tensor);
  }
  graph.mutable_sparse_initializer()->Swap(&sparse);
}

void write_types(onnx::GraphProto& graph, const ValueTable& values, const onnx::NodeProto& node) {
  for (const std::string& output : node.output()) {
    const onnx::TypeProto* type = output.empty() ? nullptr : values.type(output);
    if (type == nullptr) continue;
    auto& info = *graph.add_value_info();
    info.set_name(output);
    *info.mutable_type() = *type;
  }
}

}  // namespace

std::size_t sweep(onnx::GraphProto& graph, const ValueTable& values,
                  std::vector<onnx::NodeProto*> kept) {
  Names needed;
  const std::vector<onnx::NodeProto*> alive = alive_nodes(graph, kept, needed);
  keep_needed_constants(graph, values, needed);
  graph.clear_value_info();
  google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
  nodes.Reserve(static_cast<int>(alive.size()));
  for (onnx::NodeProto* node : alive) {
    write_types(graph, values, *node);
    nodes.Add()->Swap(node);
  }
  graph.mutable_node()->Swap(&nodes);
  return kept.size() - alive.size();
}

}  // namespace hcb
