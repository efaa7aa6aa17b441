// Which constants become parameters.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ingest/training.h"
#include "support/hand_models.h"

namespace hcb::test {
namespace {

std::vector<std::string> with_role(const ForwardModel& model, Role role,
                                   const Options& options = {}) {
  const auto built = build_graph(model, options);
  REQUIRE_MESSAGE(built, (built ? "" : built.error().message));
  std::vector<std::string> names;
  for (const ValueId v : built->graph.values()) {
    if (built->graph.role(v) == role) names.emplace_back(built->graph.name(v));
  }
  return names;
}

using Names = std::vector<std::string>;

TEST_CASE("a transposed weight is still that weight, and its gradient a view") {
  ForwardModelWriter w("m");
  w.input("x", {2, 4});
  w.constant("w", {3, 4});
  w.node("t", "Transpose", {"w"}, {{"wt", {4, 3}}});
  w.node("mm", "MatMul", {"x", "wt"}, {{"y", {2, 3}}});
  w.output("y");
  const auto built = build_graph(std::move(w).done(), Options{});
  REQUIRE(built);
  const Graph& graph = built->graph;
  CHECK(built->report.parameter_count == 12);
  for (const ValueId v : graph.values()) {
    if (graph.name(v) == "wt") CHECK(graph.name(graph.buffer(v)) == "w");
    if (graph.name(v) == "w.grad") {
      CHECK(graph.name(graph.buffer(v)) == "wt.grad");
      CHECK(graph.is_output(v));
    }
  }
}

TEST_CASE("a weight behind functions of single elements, and one written over in part") {
  ForwardModelWriter w("m");
  w.input("x", {2, 4});
  w.constant("w", {4, 4});
  w.constant("log_a", {4});
  w.constant("b", {4});
  w.constant("zero", {2});
  w.integers("i", {1});
  w.node("mm", "MatMul", {"x", "w"}, {{"h", {2, 4}}});
  w.node("exp", "Exp", {"log_a"}, {{"a", {4}}});
  w.node("neg", "Neg", {"a"}, {{"minus_a", {4}}});
  w.node("scale", "Mul", {"h", "minus_a"}, {{"s", {2, 4}}});
  w.node("cut", "ScatterND", {"b", "i", "zero"}, {{"bias", {4}}});
  w.node("shift", "Add", {"s", "bias"}, {{"y", {2, 4}}});
  w.output("y");
  CHECK(with_role(std::move(w).done(), Role::parameter) == Names{"w", "log_a", "b"});
}

TEST_CASE("a first state that meets nothing but a weight is none") {
  ForwardModelWriter w("m");
  w.input("x", {2, 4});
  w.constant("h", {2, 4});
  w.constant("w", {4, 4});
  w.node("mx", "MatMul", {"x", "w"}, {{"a", {2, 4}}});
  w.node("mh", "MatMul", {"h", "w"}, {{"b", {2, 4}}});
  w.node("add", "Add", {"a", "b"}, {{"y", {2, 4}}});
  w.output("y");
  CHECK(with_role(std::move(w).done(), Role::parameter) == Names{"w"});
}

TEST_CASE("gates cut out of a weight and put together in another order") {
  ForwardModelWriter w("m");
  w.input("x", {5, 2, 3});
  w.constant("w", {16, 3});
  w.constant("r", {1, 16, 4});
  w.integers("i", {0});
  w.node("s1", "Slice", {"w", "i", "i"}, {{"w1", {8, 3}}});
  w.node("s2", "Slice", {"w", "i", "i"}, {{"w2", {8, 3}}});
  w.node("c", "Concat", {"w2", "w1"}, {{"wc", {16, 3}}});
  w.node("u", "Unsqueeze", {"wc", "i"}, {{"wu", {1, 16, 3}}});
  w.node("lstm", "LSTM", {"x", "wu", "r"}, {{"y", {5, 1, 2, 4}}});
  w.output("y");
  CHECK(with_role(std::move(w).done(), Role::parameter) == Names{"w", "r"});
}

TEST_CASE("a weight used twice is one parameter with one gradient") {
  ForwardModelWriter w("m");
  w.input("ids", {2, 5}, DType::i64);
  w.constant("table", {10, 4});
  w.node("embed", "Gather", {"table", "ids"}, {{"h", {2, 5, 4}}});
  w.node("t", "Transpose", {"table"}, {{"tt", {4, 10}}});
  w.node("head", "MatMul", {"h", "tt"}, {{"y", {2, 5, 10}}});
  w.output("y");
  const ForwardModel model = std::move(w).done();
  CHECK(with_role(model, Role::parameter) == Names{"table"});
  const auto built = build_graph(model, Options{});
  CHECK(built->report.parameter_count == 40);
  CHECK(built->report.parameter_bytes == 160);
  Names outputs;
  for (const ValueId v : built->graph.outputs()) outputs.emplace_back(built->graph.name(v));
  CHECK(outputs == Names{"y", "table.grad"});
}

TEST_CASE("biases and scales beside a trained operand; frequencies and scalars are none") {
  ForwardModelWriter w("m");
  w.input("x", {2, 4});
  w.input("time", {2, 1});
  w.constant("frequencies", {1, 4});
  w.constant("w", {4, 4});
  w.constant("b", {4});
  w.constant("scale", {4});
  w.constant("half", {});
  w.constant("one", {1, 1});
  w.node("f", "Mul", {"time", "frequencies"}, {{"tf", {2, 4}}});
  w.node("mm", "MatMul", {"x", "w"}, {{"xw", {2, 4}}});
  w.node("bias", "Add", {"xw", "b"}, {{"xb", {2, 4}}});
  w.node("gain", "Mul", {"scale", "xb"}, {{"xg", {2, 4}}});
  w.node("join", "Add", {"xg", "tf"}, {{"xt", {2, 4}}});
  w.node("halve", "Mul", {"xt", "half"}, {{"xh", {2, 4}}});
  w.node("shift", "Sub", {"xh", "one"}, {{"y", {2, 4}}});
  w.output("y");
  CHECK(with_role(std::move(w).done(), Role::parameter) == Names{"w", "b", "scale"});
}

TEST_CASE("a class token in front of patches, positions on top") {
  ForwardModelWriter w("m");
  w.input("x", {2, 3, 4});
  w.constant("w", {4, 4});
  w.constant("token", {1, 1, 4});
  w.constant("positions", {1, 4, 4});
  w.integers("to", {2, 1, 4});
  w.node("patches", "MatMul", {"x", "w"}, {{"p", {2, 3, 4}}});
  w.node("tokens", "Expand", {"token", "to"}, {{"t", {2, 1, 4}}});
  w.node("cat", "Concat", {"t", "p"}, {{"s", {2, 4, 4}}});
  w.node("add", "Add", {"s", "positions"}, {{"y", {2, 4, 4}}});
  w.output("y");
  CHECK(with_role(std::move(w).done(), Role::parameter) == Names{"w", "token", "positions"});
}

// x·w, then two additions, then Softmax.
ForwardModel scores(std::vector<std::int64_t> first, std::vector<std::int64_t> second) {
  ForwardModelWriter w("m");
  w.input("x", {2, 4, 4});
  w.constant("w", {4, 4});
  w.constant("first", std::move(first));
  w.constant("second", std::move(second));
  w.node("mm", "MatMul", {"x", "w"}, {{"s", {2, 4, 4}}});
  w.node("add1", "Add", {"s", "first"}, {{"s1", {2, 4, 4}}});
  w.node("add2", "Add", {"s1", "second"}, {{"s2", {2, 4, 4}}});
  w.node("softmax", "Softmax", {"s2"}, {{"y", {2, 4, 4}}});
  w.output("y");
  return std::move(w).done();
}

TEST_CASE("masks on the way into a Softmax are constants, the bias of a classifier is not") {
  CHECK(with_role(scores({1, 4, 4}, {4, 4}), Role::parameter) == Names{"w"});
  CHECK(with_role(scores({4}, {1, 1, 4}), Role::parameter) == Names{"w", "first", "second"});
}

// Conv, Reshape to groups, InstanceNormalization, Reshape back, scale.
ForwardModel group_norm(bool reshaped) {
  ForwardModelWriter w("m");
  w.input("x", {2, 3, 4, 4});
  w.constant("w", {8, 3, 1, 1});
  w.constant("ones", {4});
  w.constant("zeros", {4});
  w.constant("ones8", {8});
  w.constant("gain", {8, 1, 1});
  w.integers("s1", {2, 4, 32});
  w.integers("s2", {2, 8, 4, 4});
  w.node("conv", "Conv", {"x", "w"}, {{"c", {2, 8, 4, 4}}});
  if (reshaped) {
    w.node("r1", "Reshape", {"c", "s1"}, {{"g", {2, 4, 32}}});
    w.node("norm", "InstanceNormalization", {"g", "ones", "zeros"}, {{"n", {2, 4, 32}}});
    w.node("r2", "Reshape", {"n", "s2"}, {{"b", {2, 8, 4, 4}}});
  } else {
    w.node("norm", "InstanceNormalization", {"c", "ones8", "ones8"}, {{"b", {2, 8, 4, 4}}});
  }
  w.node("mul", "Mul", {"b", "gain"}, {{"y", {2, 8, 4, 4}}});
  w.output("y");
  return std::move(w).done();
}

TEST_CASE("the filler of an exported group normalisation is no parameter") {
  CHECK(with_role(group_norm(true), Role::parameter) == Names{"w", "gain"});
  CHECK(with_role(group_norm(false), Role::parameter) == Names{"w", "ones8", "gain"});
}

TEST_CASE("running statistics are buffers") {
  CHECK(with_role(cnn_forward(), Role::buffer) == Names{"mean", "var"});
}

TEST_CASE("--train and --freeze decide by name; frozen wins") {
  Options options;
  options.train = {"b?"};
  options.freeze = {"w*", "b1"};
  CHECK(with_role(mlp_forward(), Role::parameter, options) == Names{"b2"});
  CHECK(with_role(mlp_forward(), Role::constant, options) == Names{"w1", "b1", "w2"});
}

TEST_CASE("a pattern that matches nothing is a usage error with the nearest name") {
  Options options;
  options.freeze = {"bias"};
  ForwardModelWriter w("tiny.onnx");
  w.input("x", {2, 4});
  w.constant("biases", {4});
  w.node("add", "Add", {"x", "biases"}, {{"y", {2, 4}}});
  w.output("y");
  const auto built = build_graph(std::move(w).done(), options);
  REQUIRE(!built);
  CHECK(built.error().kind == ErrorKind::usage);
  CHECK(built.error().message ==
        "--freeze 'bias': tiny.onnx has no floating-point constant of that name, did you mean "
        "'biases'?");
}

TEST_CASE("no parameter is an error that says so, but not for inference") {
  ForwardModelWriter w("tiny.onnx");
  w.input("x", {2, 4});
  w.node("relu", "Relu", {"x"}, {{"y", {2, 4}}});
  w.output("y");
  const ForwardModel model = std::move(w).done();
  const auto built = build_graph(model, Options{});
  REQUIRE(!built);
  CHECK(built.error() ==
        Error{ErrorKind::bad_input,
              "tiny.onnx: no parameter found: no floating-point constant enters a weight slot "
              "(Conv, Gemm, MatMul, normalisation, Gather table, …)",
              "--train GLOB names constants to train; --inference plans the forward alone"});
  Options inference;
  inference.inference = true;
  CHECK(build_graph(model, inference));
}

}  // namespace
}  // namespace hcb::test
