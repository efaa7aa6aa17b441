// A joint graph in hcb.v1 small enough to work out by hand: loss = sum(relu_(x·w)).
//
//     node        reads          makes (bytes)                     memory with residents 76
//     mm          x w            y (32)                            108
//     relu_       y              r (32), takes over y              108
//     sum         r              loss (4)                          112
//     expand      tangent        g, a view of the tangent          112
//     threshold   g r            gr (32)                           144
//     t           x              xt, a view of x                   112
//     mm.1        xt gr          gw (48), the gradient of w        160
//
// Residents: x 2x3 (24), w 3x4 (48), tangent (4). Values and storages are numbered alike.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "hcb/v1/graph.pb.h"

namespace hcb::test {

enum HcbValue : std::uint32_t { kX, kW, kTangent, kY, kR, kLoss, kG, kGr, kXt, kGw };

inline v1::Value& add_hcb_value(v1::Graph& graph, const std::string& name,
                                const std::vector<std::int64_t>& shape, v1::Role role) {
  std::int64_t bytes = 4;
  for (const std::int64_t dim : shape) bytes *= dim;
  v1::Value& value = *graph.add_values();
  value.set_name(name);
  value.set_dtype(v1::DTYPE_F32);
  for (const std::int64_t dim : shape) value.add_shape(dim);
  value.set_role(role);
  value.set_storage(static_cast<std::uint32_t>(graph.storages_size()));
  graph.add_storages()->set_bytes(bytes);
  return value;
}

inline v1::Node& add_hcb_node(v1::Graph& graph, const std::string& name, const std::string& op,
                              std::initializer_list<std::uint32_t> inputs,
                              std::initializer_list<std::uint32_t> outputs, v1::Phase phase) {
  v1::Node& node = *graph.add_nodes();
  node.set_name(name);
  node.set_dialect(v1::DIALECT_ATEN);
  node.set_op(op);
  node.set_overload("default");
  for (const std::uint32_t v : inputs) node.add_inputs_plus_one(v + 1);
  for (const std::uint32_t v : outputs) node.add_outputs(v);
  node.set_phase(phase);
  node.set_replay(v1::REPLAY_PURE);
  return node;
}

// Makes `value` a view of `base`.
inline void make_hcb_view(v1::Graph& graph, std::uint32_t value, std::uint32_t base,
                          std::initializer_list<std::int64_t> strides) {
  v1::Value& view = *graph.mutable_values(static_cast<int>(value));
  view.set_view_of_plus_one(base + 1);
  view.set_storage(graph.values(static_cast<int>(base)).storage());
  for (const std::int64_t stride : strides) view.add_strides(stride);
}

inline v1::Graph hcb_head(const std::string& name) {
  v1::Graph graph;
  graph.mutable_version()->set_major(1);
  graph.set_name(name);
  graph.set_dialect(v1::DIALECT_ATEN);
  return graph;
}

inline v1::Graph tiny_hcb() {
  v1::Graph graph = hcb_head("tiny");
  add_hcb_value(graph, "x", {2, 3}, v1::ROLE_INPUT);
  add_hcb_value(graph, "w", {3, 4}, v1::ROLE_PARAMETER).set_requires_grad(true);
  add_hcb_value(graph, "tangent", {}, v1::ROLE_INPUT);
  add_hcb_value(graph, "y", {2, 4}, v1::ROLE_ACTIVATION);
  add_hcb_value(graph, "r", {2, 4}, v1::ROLE_ACTIVATION);
  add_hcb_value(graph, "loss", {}, v1::ROLE_ACTIVATION);
  add_hcb_value(graph, "g", {2, 4}, v1::ROLE_ACTIVATION);
  add_hcb_value(graph, "gr", {2, 4}, v1::ROLE_ACTIVATION);
  add_hcb_value(graph, "xt", {3, 2}, v1::ROLE_ACTIVATION);
  add_hcb_value(graph, "gw", {3, 4}, v1::ROLE_GRADIENT);
  make_hcb_view(graph, kG, kTangent, {0, 0});
  make_hcb_view(graph, kXt, kX, {1, 3});
  add_hcb_node(graph, "mm", "aten::mm", {kX, kW}, {kY}, v1::PHASE_FORWARD).set_module("layer");
  v1::Node& relu = add_hcb_node(graph, "relu_", "aten::relu_", {kY}, {kR}, v1::PHASE_FORWARD);
  relu.add_effects(v1::EFFECT_MUTATION);
  relu.add_donates();  // output 0 takes over input 0
  add_hcb_node(graph, "sum", "aten::sum", {kR}, {kLoss}, v1::PHASE_FORWARD);
  add_hcb_node(graph, "expand", "aten::expand", {kTangent}, {kG}, v1::PHASE_BACKWARD)
      .set_view(true);
  add_hcb_node(graph, "threshold", "aten::threshold_backward", {kG, kR}, {kGr}, v1::PHASE_BACKWARD)
      .set_forward_plus_one(2);
  add_hcb_node(graph, "t", "aten::t", {kX}, {kXt}, v1::PHASE_BACKWARD).set_view(true);
  add_hcb_node(graph, "mm.1", "aten::mm", {kXt, kGr}, {kGw}, v1::PHASE_BACKWARD)
      .set_forward_plus_one(1);
  graph.add_outputs(kLoss);
  graph.add_outputs(kGw);
  return graph;
}

}  // namespace hcb::test
