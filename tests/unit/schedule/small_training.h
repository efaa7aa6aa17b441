// Small training graphs by hand: every value 1 byte, every node 1 ns, names as in the pictures.
#pragma once

#include <string>
#include <vector>

#include "graph/builder.h"
#include "support/autodiff.h"

namespace hcb {

class SmallTraining {
 public:
  SmallTraining() : builder_(Dialect::onnx, "small") { resident("x", Role::input); }

  ValueId resident(const std::string& name, Role role) {
    return note(name,
                builder_.add_resident({.name = name, .dtype = kUnit, .shape = {1}, .role = role}));
  }

  // Node `name` reads the values named and makes a value of its own name.
  NodeId add(const std::string& name, Phase phase, const std::vector<std::string>& reads,
             NodeFlags flags = {}, NodeId forward = kNone<NodeId>) {
    NodeSpec node{.name = name, .op = "Op", .phase = phase, .flags = flags, .cost = {.time = 1}};
    for (const std::string& read : reads) node.inputs.push_back(value(read));
    ValueSpec made{.name = name,
                   .dtype = kUnit,
                   .shape = {1},
                   .role = phase == Phase::forward ? Role::activation : Role::gradient};
    if (flags.view) made.view_of = node.inputs[0];
    node.outputs = {note(name, builder_.add_value(std::move(made)))};
    node.forward = forward;
    return builder_.add_node(std::move(node));
  }

  NodeId forward(const std::string& name, const std::vector<std::string>& reads,
                 NodeFlags flags = {}) {
    return add(name, Phase::forward, reads, flags);
  }

  NodeId backward(const std::string& name, const std::vector<std::string>& reads,
                  NodeId of = kNone<NodeId>) {
    return add(name, Phase::backward, reads, {}, of);
  }

  // Node `name` overwrites the resident named, behind the nodes given.
  NodeId update(const std::string& name, const std::string& gradient, const std::string& resident,
                const std::vector<NodeId>& behind, Phase phase = Phase::optimizer) {
    const NodeId n = add(name, phase, {gradient, resident});
    builder_.mutable_node(n).donates = {{.output = 0, .input = 1}};
    for (const NodeId before : behind) builder_.add_order_edge(before, n);
    return n;
  }

  void in_module(NodeId n, const std::string& path) { builder_.mutable_node(n).module = path; }

  Graph finish(const std::vector<std::string>& outputs) && {
    for (const std::string& name : outputs) builder_.mark_output(value(name));
    return must_freeze(std::move(builder_));
  }

 private:
  static constexpr DType kUnit = DType::f8e4m3fn;

  ValueId note(const std::string& name, ValueId v) {
    names_.push_back(name);
    return v;
  }
  [[nodiscard]] ValueId value(const std::string& name) const {
    std::size_t i = 0;
    while (names_.at(i) != name) ++i;
    return id_at<ValueId>(i);
  }

  GraphBuilder builder_;
  std::vector<std::string> names_;
};

// "a b c": the executions by name.
inline std::string names_of(const Graph& graph, const std::vector<NodeId>& nodes) {
  std::string text;
  for (const NodeId n : nodes) text += (text.empty() ? "" : " ") + std::string(graph.name(n));
  return text;
}

}  // namespace hcb
