// A builder for graphs of a few nodes whose bytes a reader can add up: every value is a vector of
// bytes.
#pragma once

#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "graph/builder.h"

namespace hcb {

class SmallGraph {
 public:
  ValueId resident(const std::string& name, std::int64_t bytes, Role role = Role::input) {
    return builder_.add_resident(
        {.name = name, .dtype = DType::u8, .shape = {bytes}, .role = role});
  }
  ValueId value(const std::string& name, std::int64_t bytes, Role role = Role::activation) {
    return builder_.add_value({.name = name, .dtype = DType::u8, .shape = {bytes}, .role = role});
  }
  NodeId node(NodeSpec spec) {
    if (spec.op.empty()) spec.op = spec.name;
    return builder_.add_node(std::move(spec));
  }
  void output(ValueId v) { builder_.mark_output(v); }
  Graph freeze() {
    auto graph = std::move(builder_).freeze();
    REQUIRE_MESSAGE(graph.has_value(), graph.error().message);
    return std::move(graph).value();
  }

 private:
  GraphBuilder builder_{Dialect::onnx, "small"};
};

inline IdVector<BufferId, Bytes> exact_sizes(const Graph& graph) {
  auto size = rounded_sizes(graph, 1);
  REQUIRE(size.has_value());
  return std::move(size).value();
}

inline std::string node_text(const Graph& graph, NodeId n) {
  return n == kNone<NodeId> ? "none" : std::string(graph.name(n));
}

}  // namespace hcb
