// What an optimizer keeps, what its updates overwrite, and steps in 16 bits with float32 master
// weights: all by hand on a layer of 16 weights.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "ingest/activation_type.h"
#include "ingest/training.h"
#include "support/hand_models.h"

namespace hcb::test {
namespace {

using Names = std::vector<std::string>;

// x[2,4]·w[4,4] -> h, Relu -> y; w is tied: y2 = h·wᵀ.
ForwardModel tied() {
  ForwardModelWriter w("m.onnx");
  w.input("x", {2, 4});
  w.constant("w", {4, 4});
  w.node("mm", "MatMul", {"x", "w"}, {{"h", {2, 4}}});
  w.node("turn", "Transpose", {"w"}, {{"wt", {4, 4}}});
  w.node("mm2", "MatMul", {"h", "wt"}, {{"y", {2, 4}}});
  w.output("y");
  return std::move(w).done();
}

TrainingGraph built(const ForwardModel& model, const Options& options) {
  auto step = build_graph(model, options);
  REQUIRE_MESSAGE(step, (step ? "" : step.error().message));
  return std::move(*step);
}

Options with(Optimizer optimizer, bool master = false) {
  Options options;
  options.optimizer = optimizer;
  options.master_weights = master;
  return options;
}

// "name type" of all optimizer state.
Names states(const Graph& graph) {
  Names names;
  for (const ValueId v : graph.values()) {
    if (graph.role(v) != Role::optimizer_state) continue;
    names.push_back(std::string(graph.name(v)) + " " + std::string(name(graph.dtype(v))));
  }
  return names;
}

NodeId node_named(const Graph& graph, std::string_view wanted) {
  for (const NodeId n : graph.nodes()) {
    if (graph.name(n) == wanted) return n;
  }
  FAIL("no node " << wanted);
  return kNone<NodeId>;
}

TEST_CASE("optimizer: one resident per parameter and state, of the parameter's type") {
  const TrainingGraph adamw = built(mlp_forward(), with(Optimizer::adamw));
  CHECK(states(adamw.graph) == Names{"w1.exp_avg float32", "w1.exp_avg_sq float32",
                                     "b1.exp_avg float32", "b1.exp_avg_sq float32",
                                     "w2.exp_avg float32", "w2.exp_avg_sq float32",
                                     "b2.exp_avg float32", "b2.exp_avg_sq float32"});
  CHECK(adamw.report.optimizer_bytes == 2 * (128 + 32 + 96 + 12));
  CHECK(adamw.report.adamw_would_add == 0);
  CHECK(built(mlp_forward(), with(Optimizer::momentum)).report.optimizer_bytes == 268);
  CHECK(built(mlp_forward(), with(Optimizer::momentum)).report.adamw_would_add == 268);
  CHECK(built(mlp_forward(), with(Optimizer::sgd)).report.optimizer_bytes == 0);
  CHECK(built(mlp_forward(), with(Optimizer::none)).report.adamw_would_add == 536);
}

TEST_CASE("optimizer: an update overwrites parameter and state behind every reader") {
  const Graph graph = built(tied(), with(Optimizer::adamw)).graph;
  const NodeId update = node_named(graph, "update/w");
  CHECK(graph.phase(update) == Phase::optimizer);
  CHECK(graph.op(update) == "AdamWUpdate");
  CHECK(graph.flags(update).never_replay);
  Names in;
  Names out;
  for (const ValueId v : graph.inputs(update)) in.emplace_back(graph.name(v));
  for (const ValueId v : graph.outputs(update)) {
    out.emplace_back(graph.name(v));
    CHECK(graph.resident(graph.donor(graph.buffer(v))));
  }
  CHECK(in == Names{"w", "w.exp_avg", "w.exp_avg_sq", "w.grad"});
  CHECK(out == Names{"w.updated", "w.exp_avg.updated", "w.exp_avg_sq.updated"});
  // 16 elements: 14 FLOPs each; four tensors read and three written.
  CHECK(graph.cost(update).flops == 14 * 16);
  CHECK(graph.cost(update).bytes_moved == 7 * 64);
  // The readers of w, and those of its transpose, which is a view of it.
  for (const char* reader : {"mm", "mm2", "turn", "mm2/backward"}) {
    CAPTURE(reader);
    CHECK(node_named(graph, reader) < update);
  }
}

TEST_CASE("optimizer: the gradient ends at the update, and nothing is counted twice") {
  const auto memory = [](Optimizer optimizer) {
    const Graph graph = built(tied(), with(optimizer)).graph;
    const auto size = rounded_sizes(graph, 1).value();
    return simulate(graph, plain_sequence(graph), size).value().memory;
  };
  // Residents: x 32, w 64. Nodes: mm, turn (view), mm2, seed, mm2/backward, turn/backward (view),
  // mm/backward, sum in place; the update holds y and the gradient.
  CHECK((memory(Optimizer::none) == std::vector<Bytes>{128, 128, 160, 192, 288, 224, 288, 256}));
  CHECK(
      (memory(Optimizer::sgd) == std::vector<Bytes>{128, 128, 160, 192, 288, 224, 288, 256, 192}));
}

TEST_CASE("master weights: 16-bit weights have a float32 copy and float32 state") {
  ForwardModel half = tied();
  for (ForwardValue& value : half.values) value.dtype = DType::bf16;
  CHECK(states(built(half, with(Optimizer::adam)).graph) ==
        Names{"w.exp_avg bfloat16", "w.exp_avg_sq bfloat16"});
  const TrainingGraph mixed = built(half, with(Optimizer::adam, true));
  CHECK(states(mixed.graph) ==
        Names{"w.master float32", "w.exp_avg float32", "w.exp_avg_sq float32"});
  CHECK(mixed.report.parameter_bytes == 32);
  CHECK(mixed.report.optimizer_bytes == 3 * 64);
  CHECK(states(built(tied(), with(Optimizer::adam, true)).graph) ==
        Names{"w.exp_avg float32", "w.exp_avg_sq float32"});
  const auto none = build_graph(half, with(Optimizer::none, true));
  REQUIRE(!none);
  CHECK(none.error().kind == ErrorKind::usage);
  CHECK(none.error().message == "--master-weights: the optimizer keeps them, and there is none");
}

TEST_CASE("activation type: float32 tensors are narrowed, and the file's own are the masters") {
  ForwardModel model = tied();
  model.values[0].dtype = DType::i64;
  narrow_floats(model, ActivationType::fp16);
  CHECK(model.values[0].dtype == DType::i64);
  CHECK(model.values[1].dtype == DType::f16);
  CHECK(model.values[1].stored == DType::f32);
  CHECK(model.notes == Names{"--activation-dtype: 4 float32 tensors taken as float16"});
  const TrainingGraph step = built(model, with(Optimizer::momentum));
  CHECK(states(step.graph) == Names{"w.master float32", "w.momentum_buffer float32"});
  CHECK(step.report.optimizer_bytes == 2 * 64);
  // Master, exp_avg and exp_avg_sq less what is counted.
  CHECK(step.report.adamw_would_add == 64);
  for (const ValueId v : step.graph.values()) {
    if (step.graph.role(v) == Role::gradient) CHECK(step.graph.dtype(v) == DType::f16);
  }
  ForwardModel same = tied();
  narrow_floats(same, ActivationType::as_stored);
  CHECK(same.values[1].dtype == DType::f32);
  CHECK(same.notes.empty());
}

}  // namespace
}  // namespace hcb::test
