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

// Two pairs, big then small, and a node that joins them. `input`: bytes of x, which a and c read;
// `time`: ns that a takes, the others none.
//
//     a (9) ─> b (1) ─┐
//                     ├─> e (1)          given order a c b d e
//     c (9) ─> d (1) ─┘
inline Graph two_pairs(Bytes input, Nanos time) {
  SmallGraph g;
  const ValueId x = g.resident("x", input);
  const ValueId a = g.value("va", 9);
  const ValueId b = g.value("vb", 1);
  const ValueId c = g.value("vc", 9);
  const ValueId d = g.value("vd", 1);
  const ValueId e = g.value("ve", 1);
  g.node({.name = "a", .inputs = {x}, .outputs = {a}, .cost = {.time = time}});
  g.node({.name = "c", .inputs = {x}, .outputs = {c}});
  g.node({.name = "b", .inputs = {a}, .outputs = {b}});
  g.node({.name = "d", .inputs = {c}, .outputs = {d}});
  g.node({.name = "e", .inputs = {b, d}, .outputs = {e}});
  g.output(e);
  return g.freeze();
}

inline IdVector<BufferId, Bytes> exact_sizes(const Graph& graph) {
  auto size = rounded_sizes(graph, 1);
  REQUIRE(size.has_value());
  return std::move(size).value();
}

inline std::string node_text(const Graph& graph, NodeId n) {
  return n == kNone<NodeId> ? "none" : std::string(graph.name(n));
}

}  // namespace hcb
