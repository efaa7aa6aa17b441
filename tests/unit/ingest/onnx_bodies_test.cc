// If, Loop and Scan: shapes, trip counts and costs of bodies, by hand.
#include <doctest/doctest.h>

#include "check/simulate.h"
#include "ingest/onnx.h"
#include "ingest/training.h"
#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

using Names = std::vector<std::string>;

ForwardModel parsed(const OnnxModel& m, const Options& options = {}) {
  auto model = parse_onnx(m.bytes(), "m.onnx", options);
  if (!model) FAIL(model.error().message);
  return std::move(*model);
}

const ForwardNode& node_of(const ForwardModel& model, const std::string& op) {
  for (const ForwardNode& node : model.nodes) {
    if (node.op == op) return node;
  }
  FAIL("no node " << op);
  return model.nodes.front();
}

std::vector<std::int64_t> shape_of(const ForwardModel& model, const std::string& name) {
  for (const ForwardValue& value : model.values) {
    if (value.name == name) return value.shape;
  }
  FAIL("no value " << name);
  return {};
}

// A body: its inputs are names only, as exporters write them.
OnnxModel body(const Names& inputs) {
  OnnxModel m;
  for (const std::string& input : inputs) m.graph().add_input()->set_name(input);
  return m;
}

// it, more, h -> more', relu(h·w), h'   with more' = more
OnnxModel layer_body(const std::string& condition = "more") {
  OnnxModel m = body({"it", "more", "h"});
  m.node("Identity", {condition}, {"more_out"})
      .node("MatMul", {"h", "w"}, {"hw"})
      .node("Relu", {"hw"}, {"h_out"})
      .node("ReduceSum", {"h_out"}, {"total"})
      .with("keepdims", std::int64_t{0});
  m.output("more_out").output("h_out").output("total");
  return m;
}

// x[2,4], w[4,4]; Loop of 5 over layer_body: y[2,4], totals[5].
OnnxModel loop(const std::string& most = "five", const std::string& condition = "yes",
               const std::string& body_condition = "more") {
  OnnxModel m;
  m.input("x", {2, 4}).input("n", {}, onnx::TensorProto::INT64);
  m.input("maybe", {}, onnx::TensorProto::BOOL).weight("w", {4, 4});
  m.integers("five", {5}, true).integers("zero", {0}, true);
  m.node("Equal", {"zero", "zero"}, {"yes"});
  m.node("Loop", {most, condition, "x"}, {"y", "totals"}, "loop")
      .with("body", layer_body(body_condition).graph());
  m.output("y").output("totals");
  return m;
}

}  // namespace

TEST_CASE("Loop: a known trip count times the cost of its body") {
  const ForwardModel model = parsed(loop());
  const ForwardNode& node = node_of(model, "Loop");
  CHECK(shape_of(model, "y") == std::vector<std::int64_t>{2, 4});
  CHECK(shape_of(model, "totals") == std::vector<std::int64_t>{5});
  // MatMul 2·8·4, Relu 8, ReduceSum 8. Bytes: (32 + 64 + 32) + (32 + 32) + (32 + 4).
  CHECK(node.body.flops.value() == 5 * (64 + 8 + 8));
  CHECK(node.body.bytes.value() == 5 * (128 + 64 + 36));
  // hw and h_out together; kept: hw, h_out and total once, and h for each of 5 iterations.
  CHECK(node.body.workspace.value() == 64);
  CHECK(node.body.kept.value() == 32 + 32 + 4 + 5 * 32);
  CHECK(model.notes ==
        Names{"1 If, Loop or Scan node planned as one step with the cost of the bodies"});
}

TEST_CASE("Loop: what the report says where the trip count does not follow") {
  const ForwardModel early = parsed(loop("five", "maybe"));
  CHECK(node_of(early, "Loop").body.flops.value() == 5 * 80);
  CHECK(early.notes.back() ==
        "node 'loop' (Loop): its condition may end it earlier; the most iterations are counted");
  OnnxModel unknown = loop("n");
  unknown.value_info("totals", {7});
  const ForwardModel once = parsed(unknown);
  CHECK(node_of(once, "Loop").body.flops.value() == 80);
  CHECK(once.notes.back() ==
        "node 'loop' (Loop): how often its body runs is not known; one iteration is counted");
  const auto missing = parse_onnx(loop("n").bytes(), "m.onnx", {});
  REQUIRE(!missing);
  CHECK(missing.error().message.starts_with(
      "m.onnx: the shape of 'totals' is unknown: node 'loop' (Loop)"));
}

TEST_CASE("Loop: a shape that grows is not taken to stay") {
  OnnxModel grow = body({"it", "more", "h"});
  grow.node("Identity", {"more"}, {"more_out"}).node("Concat", {"h", "x"}, {"h_out"});
  grow.with("axis", std::int64_t{0}).output("more_out").output("h_out");
  auto& condition = *grow.graph().mutable_output(0)->mutable_type()->mutable_tensor_type();
  condition.set_elem_type(onnx::TensorProto::BOOL);
  OnnxModel m;
  m.input("x", {2, 4}).integers("five", {5}, true);
  m.node("Loop", {"five", "", "x"}, {"y"}, "loop").with("body", grow.graph()).output("y");
  const auto refused = parse_onnx(m.bytes(), "m.onnx", {});
  REQUIRE(!refused);
  CHECK(refused.error().message.starts_with(
      "m.onnx: the shape of 'y' is unknown: node 'loop' (Loop)"));
  m.value_info("y", {12, 4});
  CHECK(
      parsed(m).notes ==
      Names{
          "1 shape taken from the file's value_info",
          "node 'loop' (Loop): shapes inside its bodies are not known; their cost is not counted"});
}

TEST_CASE("Scan: one slice of the scanned inputs at a time") {
  OnnxModel step = body({"sum", "row"});
  step.node("Add", {"sum", "row"}, {"sum_out"}).node("Relu", {"sum_out"}, {"row_out"});
  step.output("sum_out").output("row_out");
  OnnxModel m;
  m.input("s", {4}).input("x", {6, 4});
  m.node("Scan", {"s", "x"}, {"last", "rows"}, "scan").with("body", step.graph());
  m.with("num_scan_inputs", std::int64_t{1}).with("scan_output_axes", {1});
  m.output("last").output("rows");
  const ForwardModel model = parsed(m);
  CHECK(shape_of(model, "last") == std::vector<std::int64_t>{4});
  CHECK(shape_of(model, "rows") == std::vector<std::int64_t>{4, 6});
  CHECK(node_of(model, "Scan").body.flops.value() == 6 * (4 + 4));
}

TEST_CASE("If: the costlier branch, and a known condition leaves no If") {
  OnnxModel heavy;
  heavy.node("MatMul", {"x", "w"}, {"xw"}).node("Relu", {"xw"}, {"out"}).output("out");
  OnnxModel light;
  light.node("Relu", {"x"}, {"out"}).output("out");
  const auto with_condition = [&](const std::string& condition) {
    OnnxModel m;
    m.input("c", {}, onnx::TensorProto::BOOL).input("x", {2, 4}).weight("w", {4, 4});
    m.integers("zero", {0}, true).integers("one", {1}, true);
    m.node("Equal", {"zero", "zero"}, {"yes"}).node("Equal", {"zero", "one"}, {"no"});
    m.node("If", {condition}, {"y"}, "if").with("then_branch", heavy.graph());
    m.with("else_branch", light.graph()).node("Neg", {"y"}, {"z"}).output("z");
    return parsed(m);
  };
  const ForwardModel open = with_condition("c");
  const BodyCost cost = node_of(open, "If").body;
  CHECK(cost.flops.value() == 64 + 8);
  CHECK(cost.workspace.value() == 32);  // xw; what the branch gives out is a value of the graph
  const ForwardModel yes = with_condition("yes");
  REQUIRE(yes.nodes.size() == 3);
  CHECK(yes.nodes[0].op == "MatMul");
  CHECK(yes.nodes[1].op == "Relu");
  CHECK(yes.values[static_cast<std::size_t>(yes.nodes[1].outputs[0])].name == "y");
  CHECK(yes.notes.empty());
  const ForwardModel no = with_condition("no");
  REQUIRE(no.nodes.size() == 2);
  CHECK(no.nodes[0].op == "Relu");
}

TEST_CASE("weights inside a body are values of the model") {
  OnnxModel step = layer_body();
  step.weight("w", {4, 4});
  OnnxModel m;
  m.input("x", {2, 4}).weight("w", {4, 4}).integers("five", {5}, true);
  m.node("MatMul", {"x", "w"}, {"h"});
  m.node("Loop", {"five", "", "h"}, {"y", "totals"}, "loop").with("body", step.graph());
  m.output("y");
  const ForwardModel model = parsed(m);
  CHECK(shape_of(model, "loop/w") == std::vector<std::int64_t>{4, 4});
  CHECK(node_of(model, "Loop").body.flops.value() == 5 * 80);
}

TEST_CASE("a loop in a loop: the trip counts multiply") {
  OnnxModel outer = body({"it2", "more2", "g"});
  outer.node("Identity", {"more2"}, {"more2_out"});
  outer.node("Loop", {"five", "", "g"}, {"g_out", "inner_totals"}, "inner")
      .with("body", layer_body().graph());
  outer.output("more2_out").output("g_out");
  OnnxModel m;
  m.input("x", {2, 4}).weight("w", {4, 4}).integers("five", {5}, true).integers("three", {3}, true);
  m.node("Loop", {"three", "", "x"}, {"y"}, "outer").with("body", outer.graph()).output("y");
  CHECK(node_of(parsed(m), "Loop").body.flops.value() == 3 * 5 * 80);
}

TEST_CASE("a body's workspace is there while the node runs, twice what it keeps in the backward") {
  Options options;
  const auto step = build_graph(parsed(loop(), options), options);
  REQUIRE_MESSAGE(step, (step ? "" : step.error().message));
  const Graph& graph = step->graph;
  CHECK(step->report.parameter_count == 16);  // w enters a MatMul inside
  for (const NodeId n : graph.nodes()) {
    if (graph.name(n) == "loop") CHECK(graph.cost(n).workspace == 64);
    if (graph.name(n) == "loop") CHECK(graph.cost(n).flops == 400);
    if (graph.name(n) == "loop/backward") CHECK(graph.cost(n).workspace == 2 * (68 + 5 * 32));
    if (graph.name(n) == "loop/backward") CHECK(graph.cost(n).flops == 1200);
  }
  options.activation_type = ActivationType::bf16;
  CHECK(node_of(parsed(loop(), options), "Loop").body.workspace.value() == 32);
}
