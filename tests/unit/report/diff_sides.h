// Perceptrons for comparisons: fc1 -> relu -> fc2, forward only, one byte per element, batch 2.
//
//     x [2,4] ── fc1/MatMul ── h [2,width] ── fc1/Relu ── r [2,width] ── fc2/MatMul ── y [2,3]
//                w1 [4,width]                                            w2 [width,3]
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "graph/builder.h"
#include "plan/fingerprint.h"
#include "report/diff.h"
#include "support/tiny_training.h"

namespace hcb::test {

struct Perceptron {
  std::int64_t width = 8;
  std::string prefix;            // of every name
  std::string prefix_of_module;  // "": modules "fc1", "fc2"
  bool dropout = false;          // a node more, behind the first Relu
};

inline Graph perceptron(const Perceptron& is) {
  GraphBuilder g(Dialect::onnx, "perceptron");
  const auto value = [&](const char* name, std::vector<std::int64_t> shape, Role role) {
    return ValueSpec{
        .name = is.prefix + name, .dtype = DType::u8, .shape = std::move(shape), .role = role};
  };
  const auto node = [&](const char* name, const char* op, const char* module,
                        std::vector<ValueId> inputs, ValueId output) {
    g.add_node({.name = is.prefix + name,
                .op = op,
                .inputs = std::move(inputs),
                .outputs = {output},
                .cost = {.time = 10},
                .module = is.prefix_of_module + module});
  };
  const ValueId x = g.add_resident(value("x", {2, 4}, Role::input));
  const ValueId w1 = g.add_resident(value("w1", {4, is.width}, Role::parameter));
  const ValueId w2 = g.add_resident(value("w2", {is.width, 3}, Role::parameter));
  const ValueId h = g.add_value(value("h", {2, is.width}, Role::activation));
  ValueId r = g.add_value(value("r", {2, is.width}, Role::activation));
  node("mm1", "MatMul", "fc1", {x, w1}, h);
  node("relu", "Relu", "fc1", {h}, r);
  if (is.dropout) {
    const ValueId d = g.add_value(value("d", {2, is.width}, Role::activation));
    node("drop", "Dropout", "fc1", {r}, d);
    r = d;
  }
  const ValueId y = g.add_value(value("y", {2, 3}, Role::activation));
  node("mm2", "MatMul", "fc2", {r, w2}, y);
  g.mark_output(y);
  return frozen(std::move(g));
}

// A plan that runs `sequence` and keeps `kept` at the turn; numbers as given, not true.
inline DiffSide plan_side(const Graph& graph, std::string file, std::vector<NodeId> sequence,
                          Bytes peak = 1000, Nanos extra_time = 0,
                          std::vector<BufferId> kept = {}) {
  Plan plan;
  plan.graph = graph_record(graph);
  plan.options.alignment = 1;
  plan.strategy = "by-hand";
  plan.peak = peak;
  plan.base_peak = 2000;
  plan.extra_time = extra_time;
  plan.base_time = 10'000;
  plan.save_nodes = std::move(kept);
  plan.steps = with_frees(graph, sequence);
  auto side = side_of_plan(std::move(plan), std::move(file));
  REQUIRE(side);
  return *std::move(side);
}

inline std::vector<NodeId> in_order(const Graph& graph) {
  return {graph.nodes().begin(), graph.nodes().end()};
}

// The plain plan of a perceptron.
inline DiffSide plain_side(const Perceptron& is, std::string file, Bytes peak = 1000) {
  const Graph graph = perceptron(is);
  return plan_side(graph, std::move(file), in_order(graph), peak);
}

}  // namespace hcb::test
