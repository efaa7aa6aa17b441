// hcb.v1 steps: a graph worked out by hand, and every lie a file can tell.
#include "ingest/hcb.h"

#include <functional>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "support/hcb_steps.h"

namespace hcb::test {
namespace {

Result<HcbStep> parsed(const v1::Graph& graph, const Options& options = {}) {
  return parse_hcb(graph.SerializeAsString(), "tiny.hcb", options);
}

TrainingGraph step_of(const v1::Graph& graph, const Options& options = {}) {
  auto step = parsed(graph, options);
  REQUIRE_MESSAGE(step, (step ? std::string{} : step.error().message));
  return std::move(step->training);
}

std::vector<Bytes> memory_of(const Graph& graph, std::vector<NodeId> sequence) {
  const auto simulation = simulate(graph, sequence, rounded_sizes(graph, 1).value());
  REQUIRE_MESSAGE(simulation, (simulation ? std::string{} : simulation.error().message));
  return simulation->memory;
}

std::vector<Bytes> memory_of(const Graph& graph) { return memory_of(graph, plain_sequence(graph)); }

// The message for the tiny graph after `spoil`, without the file name.
std::string error_after(const std::function<void(v1::Graph&)>& spoil) {
  v1::Graph graph = tiny_hcb();
  spoil(graph);
  const auto step = parsed(graph);
  REQUIRE(!step);
  CHECK(step.error().kind == ErrorKind::bad_input);
  REQUIRE(step.error().message.starts_with("tiny.hcb: "));
  return step.error().message.substr(10);
}

v1::Value& value(v1::Graph& graph, HcbValue v) { return *graph.mutable_values(int(v)); }

TEST_CASE("hcb: bytes per step of the tiny joint graph are those worked out by hand") {
  const Graph graph = step_of(tiny_hcb()).graph;
  CHECK(memory_of(graph) == std::vector<Bytes>{108, 108, 112, 112, 144, 112, 160});
}

TEST_CASE("hcb: mm and relu_ again for the backward") {
  const Graph graph = step_of(tiny_hcb()).graph;
  const auto n = [](std::uint32_t i) { return NodeId{i}; };
  const std::vector<NodeId> again{n(0), n(1), n(2), n(3), n(0), n(1), n(4), n(5), n(6)};
  CHECK(memory_of(graph, again) == std::vector<Bytes>{108, 108, 112, 80, 112, 112, 144, 112, 160});
}

TEST_CASE("hcb: ids are positions in the file; names, phases and partners are kept") {
  const Graph graph = step_of(tiny_hcb()).graph;
  CHECK(graph.dialect() == Dialect::aten);
  CHECK(graph.name(NodeId{4}) == "threshold");
  CHECK(graph.phase(NodeId{4}) == Phase::backward);
  CHECK(graph.forward_of(NodeId{4}) == NodeId{1});
  CHECK(graph.module(NodeId{0}) == "layer");
  CHECK(graph.name(ValueId{kGw}) == "gw");
  CHECK(graph.role(ValueId{kGw}) == Role::gradient);
  CHECK(graph.is_output(ValueId{kGw}));
  CHECK(graph.buffer(ValueId{kXt}) == graph.buffer(ValueId{kX}));
  CHECK(graph.donor(graph.buffer(ValueId{kR})) == graph.buffer(ValueId{kY}));
  CHECK(graph.flags(NodeId{5}).view);
  CHECK(!graph.flags(NodeId{1}).view);
}

TEST_CASE("hcb: costs come from the table") {
  const Graph graph = step_of(tiny_hcb()).graph;
  std::vector<std::int64_t> flops;
  std::vector<Bytes> moved;
  for (const NodeId n : graph.nodes()) {
    flops.push_back(graph.cost(n).flops);
    moved.push_back(graph.cost(n).bytes_moved);
  }
  CHECK(flops == std::vector<std::int64_t>{48, 8, 8, 0, 8, 0, 48});
  CHECK(moved == std::vector<Bytes>{104, 64, 36, 0, 96, 0, 104});
}

TEST_CASE("hcb: the report counts parameters, and names ops without a row") {
  v1::Graph file = tiny_hcb();
  file.mutable_nodes(2)->set_op("mine::sum_up");
  const IngestReport report = step_of(file).report;
  CHECK(report.parameter_count == 12);
  CHECK(report.parameter_bytes == 48);
  CHECK(report.adamw_would_add == 96);
  CHECK(report.seeds == std::vector<std::string>{"loss"});
  CHECK(report.default_rule_ops ==
        std::vector<std::pair<std::string, std::size_t>>{{"mine::sum_up", 1}});
  CHECK(report.notes.empty());
}

TEST_CASE("hcb: optimizer state is resident beside a joint graph") {
  Options options;
  options.optimizer = Optimizer::adam;
  const TrainingGraph step = step_of(tiny_hcb(), options);
  CHECK(step.report.optimizer_bytes == 96);
  CHECK(memory_of(step.graph).front() == 108 + 96);
}

TEST_CASE("hcb: inference is the forward alone") {
  Options options;
  options.inference = true;
  const Graph graph = step_of(tiny_hcb(), options).graph;
  CHECK(graph.node_count() == 3);
  CHECK(memory_of(graph) == std::vector<Bytes>{108, 108, 112});
}

TEST_CASE("hcb: a file without backward nodes is planned as inference, with a note") {
  v1::Graph file = tiny_hcb();
  while (file.nodes_size() > 3) file.mutable_nodes()->RemoveLast();
  while (file.values_size() > 6) file.mutable_values()->RemoveLast();
  file.mutable_outputs()->RemoveLast();
  const TrainingGraph step = step_of(file);
  CHECK(step.graph.node_count() == 3);
  CHECK(step.report.notes ==
        std::vector<std::string>{"the file has no backward nodes: planned as inference; export the "
                                 "joint graph to plan training"});
}

TEST_CASE("hcb: storage larger than the tensor counts, and so do measured sizes") {
  v1::Graph file = tiny_hcb();
  file.mutable_storages(kLoss)->set_bytes(100);
  CHECK(memory_of(step_of(file).graph)[2] == 76 + 32 + 100);
  v1::Cost& cost = *file.mutable_nodes(2)->mutable_cost();
  cost.add_output_storage_bytes(64);
  cost.set_measured(true);
  cost.set_time_ns(77);
  cost.set_workspace_bytes(5);
  const TrainingGraph step = step_of(file);
  CHECK(memory_of(step.graph)[2] == 76 + 32 + 64 + 5);
  CHECK(step.graph.cost(NodeId{2}).time == 77);
  CHECK(
      step.report.notes.front().starts_with("times and workspaces of 1 of 7 nodes were measured"));
}

TEST_CASE("hcb: parameters that share storage count once") {
  v1::Graph file = tiny_hcb();
  const auto tied = static_cast<std::uint32_t>(file.values_size());
  add_hcb_value(file, "tied", {3, 4}, v1::ROLE_PARAMETER).set_storage(kW);
  file.mutable_nodes(2)->add_inputs_plus_one(tied + 1);
  const TrainingGraph step = step_of(file);
  CHECK(step.report.parameter_bytes == 48);
  CHECK(memory_of(step.graph).front() == 108);
  CHECK(step.graph.buffer(ValueId{tied}) == step.graph.buffer(ValueId{kW}));
}

// counter.add_(1), whose result is a view of the counter.
v1::Graph with_counter(v1::Replay replay) {
  v1::Graph file = tiny_hcb();
  const auto counter = static_cast<std::uint32_t>(file.values_size());
  add_hcb_value(file, "counter", {}, v1::ROLE_BUFFER);
  add_hcb_value(file, "counted", {}, v1::ROLE_ACTIVATION);
  make_hcb_view(file, counter + 1, counter, {});
  v1::Node& add =
      add_hcb_node(file, "add_", "aten::add_", {counter}, {counter + 1}, v1::PHASE_BACKWARD);
  add.add_effects(v1::EFFECT_MUTATION);
  add.add_effects(v1::EFFECT_STATE);
  add.set_replay(replay);
  return file;
}

TEST_CASE("hcb: overwriting state costs nothing and happens once") {
  const Graph graph = step_of(with_counter(v1::REPLAY_NEVER)).graph;
  CHECK(graph.flags(NodeId{7}).never_replay);
  CHECK(graph.flags(NodeId{7}).effect);
  CHECK(graph.donor(graph.buffer(graph.outputs(NodeId{7})[0])) ==
        graph.buffer(graph.inputs(NodeId{7})[0]));
  CHECK(memory_of(graph).back() == 76 + 4 + 4 + 48);  // residents, counter, loss, gw
  const auto pure = parsed(with_counter(v1::REPLAY_PURE));
  REQUIRE(!pure);
  CHECK(
      pure.error().message ==
      "tiny.hcb: node 'add_' (aten::add_): field replay: REPLAY_PURE, but it overwrites 'counter'");
}

TEST_CASE(
    "hcb: after a write that the graph cannot express, readers of the old contents run once") {
  v1::Graph file = tiny_hcb();
  v1::Node& relu = *file.mutable_nodes(1);  // relu_ as a view of y, behind a reader of y
  relu.clear_donates();
  make_hcb_view(file, kR, kY, {});
  const Graph graph = step_of(file).graph;
  CHECK(graph.flags(NodeId{0}).never_replay);
  CHECK(graph.flags(NodeId{1}).never_replay);
  CHECK(!graph.flags(NodeId{2}).never_replay);
}

TEST_CASE("hcb: undefined outputs have no bytes, and cost nothing") {
  v1::Graph file = tiny_hcb();
  v1::Value& undefined = add_hcb_value(file, "none", {0}, v1::ROLE_ACTIVATION);
  undefined.set_dtype(v1::DTYPE_UNDEFINED);
  file.mutable_nodes(6)->add_outputs(10);
  CHECK(memory_of(step_of(file).graph).back() == 160);
}

TEST_CASE("hcb: newer minor versions and unknown fields are read, a newer major one is refused") {
  v1::Graph file = tiny_hcb();
  file.mutable_version()->set_minor(9);
  std::string bytes = file.SerializeAsString();
  bytes += "\xFA\x3F\x01?";  // field 1023: one byte
  CHECK(parse_hcb(bytes, "tiny.hcb", {}));
  CHECK(error_after([](v1::Graph& g) { g.mutable_version()->set_major(2); }) ==
        "hcb.v1 graph of version 2.0; this program reads 1.3 and its minor versions");
}

TEST_CASE("hcb: what 1.1 added is read") {
  v1::Graph file = tiny_hcb();
  file.mutable_version()->set_minor(1);
  file.set_loss_plus_one(kLoss + 1);
  value(file, kGw).set_gradient_of_plus_one(kW + 1);
  value(file, kTangent).set_role(v1::ROLE_CONSTANT);
  value(file, kTangent).set_data(std::string("\x00\x00\x80\x3F", 4));  // 1.0
  file.mutable_nodes(1)->add_writes(0);
  file.add_held(kR);
  CHECK(memory_of(step_of(file).graph).back() == 192);  // 160, and r (32) to the end
}

TEST_CASE("hcb: damaged bytes are an error at every length") {
  const std::string bytes = tiny_hcb().SerializeAsString();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto step = parse_hcb(std::string_view(bytes).substr(0, length), "cut.hcb", {});
    CAPTURE(length);
    if (step) continue;  // cut between two outputs of the graph, say
    CHECK(step.error().kind == ErrorKind::bad_input);
    CHECK(step.error().message.starts_with("cut.hcb: "));
  }
  CHECK(parse_hcb("\x0A\x02\x08", "cut.hcb", {}).error().message ==
        "cut.hcb: damaged or truncated: protobuf cannot read it as hcb.v1.Graph");
  CHECK(parse_hcb("garbage", "g.hcb", {}).error().message ==
        "g.hcb: no hcb.v1 graph: it does not begin with its version");
}

TEST_CASE("hcb: the content says what a file is") {
  CHECK(looks_like_hcb(tiny_hcb().SerializeAsString()));
  CHECK(!looks_like_hcb(""));
  CHECK(!looks_like_hcb(std::string_view("\x08\x07\x12\x04test", 8)));  // ONNX: ir_version 7
}

TEST_CASE("hcb: options that bind shapes are refused") {
  Options options;
  options.batch = 8;
  const auto step = parsed(tiny_hcb(), options);
  REQUIRE(!step);
  CHECK(step.error().kind == ErrorKind::usage);
  CHECK(step.error().message == "--batch: an hcb.v1 graph has its shapes and parameters fixed");
}

TEST_CASE("hcb: errors name node or value, and the field") {
  using G = v1::Graph;
  CHECK(error_after([](G& g) { g.set_dialect(v1::DIALECT_ONNX); }) ==
        "field dialect: DIALECT_ONNX; this version reads DIALECT_ATEN and DIALECT_JAX, and "
        "DIALECT_ONNX in resolved graphs");
  CHECK(error_after([](G& g) { g.clear_nodes(); }) ==
        "field nodes: empty: there is nothing to plan");
  CHECK(
      error_after([](G& g) { g.mutable_storages(kY)->set_bytes(31); }) ==
      "value 'y': field storage: 31 bytes hold no float32 of shape 2x4, which reaches to byte 32");
  CHECK(
      error_after([](G& g) { value(g, kXt).set_storage_offset(1); }) ==
      "value 'xt': field storage: 24 bytes hold no float32 of shape 3x2, which reaches to byte 28");
  CHECK(error_after([](G& g) { g.mutable_storages(3)->set_bytes(-1); }) ==
        "storage 3: field bytes: -1 is negative");
  CHECK(error_after([](G& g) { value(g, kY).set_storage(99); }) ==
        "value 'y': field storage: 99 of 10 storages");
  CHECK(error_after([](G& g) { value(g, kGr).set_storage(kR); }) ==
        "value 'gr': field storage: 4 is that of 'r', but 'gr' is neither a view of it (field "
        "view_of_plus_one) nor takes it over (field donates of node 'threshold')");
  CHECK(error_after([](G& g) { value(g, kXt).set_storage(kXt); }) ==
        "value 'xt': field storage: 8, but it is a view of 'x' in storage 0");
  CHECK(error_after([](G& g) { value(g, kY).set_view_of_plus_one(77); }) ==
        "value 'y': field view_of_plus_one: 77 of 10 values");
  CHECK(error_after([](G& g) { value(g, kY).set_role(v1::ROLE_UNSPECIFIED); }) ==
        "value 'y': field role: ROLE_UNSPECIFIED");
  CHECK(error_after([](G& g) { value(g, kW).set_role(v1::ROLE_ACTIVATION); }) ==
        "node 'mm' (aten::mm): field inputs_plus_one[1]: 'w' is made by no node before this one");
  CHECK(error_after([](G& g) { value(g, kY).set_role(v1::ROLE_PARAMETER); }) ==
        "node 'mm' (aten::mm): field outputs[0]: 'y' is ROLE_PARAMETER, which no node makes");
  CHECK(error_after([](G& g) { value(g, kY).set_dtype(static_cast<v1::DType>(99)); }) ==
        "value 'y': field dtype: 99 is no element type");
  CHECK(error_after([](G& g) { value(g, kY).set_shape(0, -2); }) ==
        "value 'y': field shape: dim -2 is negative");
  CHECK(error_after([](G& g) { value(g, kXt).add_strides(1); }) ==
        "value 'xt': field strides: 3 strides for 2 dims");
  CHECK(error_after([](G& g) { value(g, kR).set_name("y"); }) == "two values are named 'y'");
  CHECK(error_after([](G& g) { g.mutable_nodes(2)->set_name("mm"); }) ==
        "two nodes are named 'mm'");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->set_inputs_plus_one(0, 50); }) ==
        "node 'mm' (aten::mm): field inputs_plus_one[0]: 50 of 10 values");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->set_outputs(0, 50); }) ==
        "node 'mm' (aten::mm): field outputs[0]: 50 of 10 values");
  CHECK(error_after([](G& g) { g.mutable_nodes(2)->set_outputs(0, kY); }) ==
        "node 'sum' (aten::sum): field outputs[0]: 'y' is made by node 'mm' already");
  CHECK(error_after([](G& g) { g.mutable_nodes()->SwapElements(0, 1); }) ==
        "node 'relu_' (aten::relu_): field inputs_plus_one[0]: 'y' is made by no node before this "
        "one");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->set_phase(v1::PHASE_BACKWARD); }) ==
        "node 'relu_' (aten::relu_): field phase: PHASE_FORWARD, but it reads 'y' of node 'mm' of "
        "PHASE_BACKWARD");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->clear_phase(); }) ==
        "node 'mm' (aten::mm): field phase: PHASE_UNSPECIFIED");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->clear_replay(); }) ==
        "node 'mm' (aten::mm): field replay: REPLAY_UNSPECIFIED");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->add_effects(v1::EFFECT_COLLECTIVE); }) ==
        "node 'mm' (aten::mm): field replay: REPLAY_PURE, but a collective or host effect may "
        "happen once only");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->set_view(true); }) ==
        "node 'mm' (aten::mm): field view: true, but not every output is a view");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->mutable_cost()->set_time_ns(-1); }) ==
        "node 'mm' (aten::mm): field cost: a negative number");
  CHECK(error_after([](G& g) { g.mutable_nodes(1)->mutable_donates(0)->set_input(1); }) ==
        "node 'relu_' (aten::relu_): field donates: output 0 takes over input 1: out of range");
  CHECK(error_after([](G& g) { g.mutable_nodes(4)->set_forward_plus_one(6); }) ==
        "node 'threshold' (aten::threshold_backward): field forward_plus_one: 6 is no forward node "
        "before this one");
  CHECK(error_after([](G& g) { g.add_order_edges()->set_before(3); }) ==
        "field order_edges[0]: 3 before 0 of 7 nodes: out of range, or against the given order");
  CHECK(error_after([](G& g) { g.add_outputs(11); }) == "field outputs[2]: 11 of 10 values");
  CHECK(error_after([](G& g) { g.set_loss_plus_one(11); }) ==
        "field loss_plus_one: 11 of 10 values");
  CHECK(error_after([](G& g) { g.set_loss_plus_one(kY + 1); }) ==
        "field loss_plus_one: 'y' is no output");
  CHECK(error_after([](G& g) { value(g, kGw).set_gradient_of_plus_one(11); }) ==
        "value 'gw': field gradient_of_plus_one: 11 of 10 values");
  CHECK(error_after([](G& g) { value(g, kGw).set_gradient_of_plus_one(kX + 1); }) ==
        "value 'gw': field gradient_of_plus_one: ROLE_GRADIENT of shape 3x4 cannot be the gradient "
        "of 'x' (ROLE_INPUT of shape 2x3)");
  CHECK(error_after([](G& g) { value(g, kW).set_data("12345678"); }) ==
        "value 'w': field data: given for ROLE_PARAMETER");
  CHECK(error_after([](G& g) {
          value(g, kX).set_role(v1::ROLE_CONSTANT);
          value(g, kX).set_data("12345678");
        }) == "value 'x': field data: 8 bytes for float32 of shape 2x3");
  CHECK(error_after([](G& g) { g.mutable_nodes(1)->add_writes(1); }) ==
        "node 'relu_' (aten::relu_): field writes[0]: input 1 is not there");
  CHECK(error_after([](G& g) { g.mutable_nodes(0)->add_writes(1); }) ==
        "node 'mm' (aten::mm): field writes[0]: 1, but field effects is empty");
  CHECK(error_after([](G& g) { value(g, kGw).set_role(v1::ROLE_ACTIVATION); }) ==
        "field outputs: the graph has backward nodes, but none of its outputs has ROLE_GRADIENT");
}

}  // namespace
}  // namespace hcb::test
