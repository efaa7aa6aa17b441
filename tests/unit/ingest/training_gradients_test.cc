// Order of the backward, sums of gradients, seeds, and the forms a graph is built in.
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ingest/training.h"
#include "support/hand_models.h"

namespace hcb::test {
namespace {

using Names = std::vector<std::string>;

Graph graph_of(const ForwardModel& model, const Options& options = {}) {
  auto built = build_graph(model, options);
  REQUIRE_MESSAGE(built, (built ? "" : built.error().message));
  return std::move(built->graph);
}

// "node(inputs) -> outputs" of every backward node, with "!" behind an output that takes over its
// first input's storage and "=" behind a view.
Names backward(const Graph& graph) {
  Names lines;
  for (const NodeId n : graph.nodes()) {
    if (graph.phase(n) != Phase::backward) continue;
    Names in;
    Names out;
    for (const ValueId v : graph.inputs(n)) in.emplace_back(graph.name(v));
    for (const ValueId v : graph.outputs(n)) {
      const bool own = graph.owner(graph.buffer(v)) == n;
      const bool donated = own && graph.donor(graph.buffer(v)) != kNone<BufferId>;
      out.push_back(std::string(graph.name(v)) + (own ? "" : "=") + (donated ? "!" : ""));
    }
    lines.push_back(
        fmt::format("{}({}) -> {}", graph.name(n), fmt::join(in, " "), fmt::join(out, " ")));
  }
  return lines;
}

Names outputs(const Graph& graph) {
  Names names;
  for (const ValueId v : graph.outputs()) names.emplace_back(graph.name(v));
  return names;
}

// x·w = h, and h is read by whatever `add` appends.
template <class Add>
ForwardModel behind_a_layer(Add add) {
  ForwardModelWriter w("m.onnx");
  w.input("x", {2, 4});
  w.constant("w", {4, 4});
  w.node("mm", "MatMul", {"x", "w"}, {{"h", {2, 4}}});
  add(w);
  return std::move(w).done();
}

TEST_CASE("a residual connection: contributions in reverse order of the consumers") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("relu", "Relu", {"h"}, {{"a", {2, 4}}});
    w.node("add", "Add", {"h", "a"}, {{"y", {2, 4}}});
    w.output("y");
  });
  CHECK(backward(graph_of(model)) ==
        Names{"seed/y(y) -> y.grad",
              "add/backward(y.grad) -> h.grad.1= a.grad=", "relu/backward(a.grad a) -> h.grad.2",
              "h.grad/sum2(h.grad.1 h.grad.2) -> h.grad!", "mm/backward(h.grad x) -> w.grad"});
}

TEST_CASE("three consumers: a left fold, each sum right behind the node that completes it") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("f", "Exp", {"h"}, {{"a", {2, 4}}});
    w.node("g", "Tanh", {"h"}, {{"b", {2, 4}}});
    w.node("k", "Neg", {"h"}, {{"c", {2, 4}}});
    w.node("sum", "Sum", {"a", "b", "c"}, {{"y", {2, 4}}});
    w.output("y");
  });
  CHECK(backward(graph_of(model)) ==
        Names{"seed/y(y) -> y.grad", "sum/backward(y.grad) -> a.grad= b.grad= c.grad=",
              "k/backward(c.grad) -> h.grad.1", "g/backward(b.grad b) -> h.grad.2",
              "h.grad/sum2(h.grad.1 h.grad.2) -> h.grad.sum2!", "f/backward(a.grad a) -> h.grad.3",
              "h.grad/sum3(h.grad.sum2 h.grad.3) -> h.grad!", "mm/backward(h.grad x) -> w.grad"});
}

TEST_CASE("one node that reads a value twice delivers twice") {
  const ForwardModel square = behind_a_layer([](ForwardModelWriter& w) {
    w.node("mul", "Mul", {"h", "h"}, {{"y", {2, 4}}});
    w.output("y");
  });
  CHECK(backward(graph_of(square)) ==
        Names{"seed/y(y) -> y.grad", "mul/backward(y.grad h h) -> h.grad.1 h.grad.2",
              "h.grad/sum2(h.grad.1 h.grad.2) -> h.grad!", "mm/backward(h.grad x) -> w.grad"});
}

TEST_CASE("a sum of two views of one buffer does not take over its storage") {
  const ForwardModel twice = behind_a_layer([](ForwardModelWriter& w) {
    w.node("add", "Add", {"h", "h"}, {{"y", {2, 4}}});
    w.output("y");
  });
  CHECK(backward(graph_of(twice)) ==
        Names{"seed/y(y) -> y.grad", "add/backward(y.grad) -> h.grad.1= h.grad.2=",
              "h.grad/sum2(h.grad.1 h.grad.2) -> h.grad", "mm/backward(h.grad x) -> w.grad"});
}

// Two heads and an integer output.
ForwardModel two_heads() {
  return behind_a_layer([](ForwardModelWriter& w) {
    w.constant("v", {4, 3});
    w.node("aux", "Tanh", {"h"}, {{"early", {2, 4}}});
    w.node("mm2", "MatMul", {"h", "v"}, {{"late", {2, 3}}});
    w.node("best", "ArgMax", {"late"}, {{"label", {2}, DType::i64}});
    w.output("early");
    w.output("late");
    w.output("label");
  });
}

TEST_CASE("every floating output is a seed and is held; an integer one is held") {
  const auto built = build_graph(two_heads(), Options{});
  REQUIRE(built);
  CHECK(built->report.seeds == Names{"early", "late"});
  CHECK(outputs(built->graph) == Names{"early", "late", "label", "w.grad", "v.grad"});
  CHECK(backward(built->graph) ==
        Names{"seed/early(early) -> early.grad", "seed/late(late) -> late.grad",
              "mm2/backward(late.grad h v) -> h.grad.1 v.grad",
              "aux/backward(early.grad early) -> h.grad.2",
              "h.grad/sum2(h.grad.1 h.grad.2) -> h.grad!", "mm/backward(h.grad x) -> w.grad"});
}

TEST_CASE("an output that is read on starts with its seed") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("exp", "Exp", {"h"}, {{"y", {2, 4}}});
    w.output("h");
    w.output("y");
  });
  CHECK(backward(graph_of(model)) ==
        Names{"seed/h(h) -> h.grad.1", "seed/y(y) -> y.grad", "exp/backward(y.grad y) -> h.grad.2",
              "h.grad/sum2(h.grad.1 h.grad.2) -> h.grad!", "mm/backward(h.grad x) -> w.grad"});
}

TEST_CASE("--output restricts seeds and what is held; parameters beside the way are named") {
  Options options;
  options.outputs = {"early"};
  const auto built = build_graph(two_heads(), options);
  REQUIRE(built);
  CHECK(built->report.seeds == Names{"early"});
  CHECK(outputs(built->graph) == Names{"early", "w.grad"});
  CHECK(
      built->report.notes ==
      Names{
          "1 parameter gets no gradient, first 'v': no path to an output the backward starts at"});
  CHECK(built->report.parameter_count == 28);
}

TEST_CASE("--output errors name the output and what to do") {
  Options options;
  options.outputs = {"lat"};
  CHECK(build_graph(two_heads(), options).error() ==
        Error{ErrorKind::bad_input,
              "m.onnx: --output 'lat': the model has no such output, did you mean 'late'?",
              "its outputs: early, late, label"});
  options.outputs = {"label"};
  CHECK(build_graph(two_heads(), options).error() ==
        Error{ErrorKind::bad_input,
              "m.onnx: --output 'label': it has no gradient (int64, not a floating-point tensor)",
              "name an output that depends on a parameter"});
}

TEST_CASE("without a floating output there is nothing to start at") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("best", "ArgMax", {"h"}, {{"label", {2}, DType::i64}});
    w.output("label");
  });
  CHECK(build_graph(model, Options{}).error() ==
        Error{ErrorKind::bad_input, "m.onnx: no output is a floating-point tensor",
              "the backward has nothing to start at; --inference plans the forward alone"});
}

TEST_CASE("what only frozen constants feed makes no stash and no backward") {
  Options options;
  options.freeze = {"w1", "b1", "scale", "bias"};
  const Graph graph = graph_of(cnn_forward(), options);
  Names stash;
  for (const ValueId v : graph.values()) {
    if (graph.role(v) == Role::stash) stash.emplace_back(graph.name(v));
  }
  CHECK(stash.empty());
  CHECK(backward(graph).back() == "conv2/backward(c2.grad p1) -> w2.grad b2.grad");
}

TEST_CASE("inference: the forward alone, in inference form") {
  Options options;
  options.inference = true;
  options.optimizer = Optimizer::adam;
  const auto built = build_graph(cnn_forward(), options);
  REQUIRE(built);
  CHECK(built->graph.node_count() == 9);
  CHECK(outputs(built->graph) == Names{"logits"});
  CHECK(built->report.batch_norms_in_training_form == 0);
  CHECK(built->report.optimizer_bytes == 0);
  CHECK(built->report.adamw_would_add == 0);
  for (const ValueId v : built->graph.values()) {
    CHECK(built->graph.role(v) != Role::stash);
    CHECK(built->graph.role(v) != Role::optimizer_state);
  }
}

TEST_CASE("BatchNormalization as exported reads the running statistics backward") {
  Options options;
  options.eval_ops_keep = true;
  const auto built = build_graph(cnn_forward(), options);
  REQUIRE(built);
  CHECK(built->report.batch_norms_in_training_form == 0);
  const Names lines = backward(built->graph);
  CHECK(lines.at(lines.size() - 2) ==
        "bn/backward(n1.grad c1 scale mean var) -> c1.grad scale.grad bias.grad");
}

TEST_CASE("Dropout is a view in inference form and draws a mask in training form") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("drop", "Dropout", {"h"}, {{"y", {2, 4}}});
    w.output("y");
  });
  const auto training = build_graph(model, Options{});
  REQUIRE(training);
  CHECK(training->report.dropouts_in_training_form == 1);
  CHECK(backward(training->graph).at(1) == "drop/backward(y.grad drop/mask) -> h.grad");
  Options keep;
  keep.eval_ops_keep = true;
  CHECK(backward(graph_of(model, keep)).at(1) == "drop/backward(y.grad) -> h.grad=");
}

TEST_CASE(
    "an unknown op: everything is read, every floating input gets a gradient, and it is named") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.input("i", {2}, DType::i64);
    w.node("odd", "Twist", {"h", "i"}, {{"y", {2, 4}}, {"z", {2}}}, {}, "com.example");
    w.output("y");
  });
  const auto built = build_graph(model, Options{});
  REQUIRE(built);
  CHECK(built->report.default_rule_ops ==
        std::vector<std::pair<std::string, std::size_t>>{{"com.example::Twist", 1}});
  CHECK(backward(built->graph).at(1) == "odd/backward(y.grad h i y z) -> h.grad");
  // 32 + 16 bytes read, 32 + 8 written; a gradient of 32 read and one written on top of those.
  CHECK(built->graph.cost(id_at<NodeId>(1)).bytes_moved == 88);
  CHECK(built->graph.cost(id_at<NodeId>(3)).bytes_moved == 88 + 64);
  CHECK(built->graph.flags(id_at<NodeId>(3)).default_rule);
}

TEST_CASE("ops whose FLOPs no formula gives are named in a note") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("u1", "Unique", {"h"}, {{"u", {5}}});
    w.node("u2", "Unique", {"u"}, {{"v", {5}}});
    w.node("trees", "TreeEnsemble", {"h"}, {{"t", {2, 1}}}, {}, "ai.onnx.ml");
    w.output("h");
  });
  // Opset 20 of every domain: TreeEnsemble came with 5.
  CHECK(
      build_graph(model, Options{})->report.notes ==
      Names{"no formula for the FLOPs of Unique (2), ai.onnx.ml::TreeEnsemble: counted as the time "
            "to move their bytes"});
}

TEST_CASE("names that a model already uses get an underscore") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("mm/backward", "Relu", {"h"}, {{"w.grad", {2, 4}}});
    w.output("w.grad");
  });
  CHECK(backward(graph_of(model)) == Names{"seed/w.grad(w.grad) -> w.grad.grad",
                                           "mm/backward/backward(w.grad.grad w.grad) -> h.grad",
                                           "mm/backward_(h.grad x) -> w.grad_"});
}

TEST_CASE("forward nodes of backward nodes, modules and attributes say what belongs together") {
  const Graph graph = graph_of(mlp_forward());
  const NodeId fc2_backward{4};
  REQUIRE(graph.name(fc2_backward) == "fc2/backward");
  CHECK(graph.op(fc2_backward) == "GemmGrad");
  CHECK(graph.name(graph.forward_of(fc2_backward)) == "fc2");
  CHECK(graph.name(graph.forward_of(NodeId{3})) == "fc2");  // seed/y, by the maker of y
  using Ints = std::vector<std::int64_t>;
  const std::vector<Attribute> expected{{"output_gradients", Ints{0}},
                                        {"saved_inputs", Ints{0, 1}},
                                        {"saved_outputs", Ints{}},
                                        {"input_gradients", Ints{0, 1, 2}}};
  const auto attributes = graph.attributes(fc2_backward);
  CHECK(std::vector(attributes.begin(), attributes.end()) == expected);
}

TEST_CASE("costs: FLOPs, bytes, time by the device; a view is free") {
  const Graph graph = graph_of(cnn_forward());
  const auto cost = [&](std::string_view name) {
    for (const NodeId n : graph.nodes()) {
      if (graph.name(n) == name) return graph.cost(n);
    }
    return Cost{};
  };
  CHECK(cost("flat") == Cost{});
  CHECK(cost("flat/backward") == Cost{});
  // 512 outputs of 27 products and a bias; x, w1 and b1 read, c1 written. On an a100-80g 28,160
  // FLOPs take 1.4 ns at 19.5 TFLOP/s, 4,032 bytes 2.0 ns at 2,039 GB/s; 4 µs to start.
  CHECK(cost("conv1") == Cost{.flops = 2 * 512 * 27 + 512,
                              .bytes_moved = 1536 + 432 + 16 + 2048,
                              .workspace = 0,
                              .time = 4002});
  // n1 and the residents in, the stash out as well.
  CHECK(cost("bn").bytes_moved == 2048 + 4 * 16 + 2048 + 2 * 16);
  Options fused;
  fused.cost_model = CostModel::fused;
  const Graph other = graph_of(cnn_forward(), fused);
  for (const NodeId n : other.nodes()) {
    if (other.name(n) == "relu1") CHECK(other.cost(n).time == 4000);
    if (other.name(n) == "conv1") CHECK(other.cost(n).time == 4002);
  }
}

TEST_CASE("sizes that overflow name the value or the node") {
  const ForwardModel model = behind_a_layer([](ForwardModelWriter& w) {
    w.node("big", "Expand", {"h"}, {{"y", {std::int64_t{1} << 40, std::int64_t{1} << 40}}});
    w.output("y");
  });
  const auto built = build_graph(model, Options{});
  REQUIRE(!built);
  CHECK(built.error().kind == ErrorKind::bad_input);
  CHECK(built.error().message == "m.onnx: node 'big': its FLOPs, bytes or time exceed 63 bits");
}

TEST_CASE("an unknown device is a usage error") {
  Options options;
  options.device = "h200";
  CHECK(build_graph(mlp_forward(), options).error().kind == ErrorKind::usage);
}

}  // namespace
}  // namespace hcb::test
