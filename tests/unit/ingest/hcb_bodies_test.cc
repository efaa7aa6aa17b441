// Loops kept as graphs: what they cost, what they keep, and bodies that lie.
#include "ingest/hcb_bodies.h"

#include <doctest/doctest.h>

#include "ingest/device_file.h"
#include "ingest/hcb.h"

namespace hcb {
namespace {

// Values of 4 floats each: inputs first, then what nodes make.
std::uint32_t add_value(v1::Graph& graph, const std::string& name, v1::Role role,
                        std::int64_t rows = 1) {
  graph.add_storages()->set_bytes(16 * rows);
  v1::Value& value = *graph.add_values();
  value.set_name(name);
  value.set_dtype(v1::DTYPE_F32);
  if (rows > 1) value.add_shape(rows);
  value.add_shape(4);
  value.set_role(role);
  value.set_storage(static_cast<std::uint32_t>(graph.storages_size() - 1));
  return static_cast<std::uint32_t>(graph.values_size() - 1);
}

v1::Node& add_node(v1::Graph& graph, const std::string& op, std::vector<std::uint32_t> inputs,
                   std::vector<std::uint32_t> outputs) {
  v1::Node& node = *graph.add_nodes();
  node.set_name(op + std::to_string(graph.nodes_size()));
  node.set_op(op);
  node.set_dialect(v1::DIALECT_JAX);
  node.set_phase(v1::PHASE_FORWARD);
  node.set_replay(v1::REPLAY_PURE);
  for (const std::uint32_t v : inputs) {
    node.add_arguments()->mutable_argument()->set_value(v);
    node.add_inputs_plus_one(v + 1);
  }
  for (const std::uint32_t v : outputs) node.add_outputs(v);
  return node;
}

v1::Graph empty_graph() {
  v1::Graph graph;
  graph.mutable_version()->set_major(1);
  graph.mutable_version()->set_minor(3);
  graph.set_dialect(v1::DIALECT_JAX);
  return graph;
}

// carry' = tanh(carry · x), over 10 slices of x; y = carry · x.
v1::Graph looping() {
  v1::Graph file = empty_graph();
  const auto start = add_value(file, "start", v1::ROLE_INPUT);
  const auto xs = add_value(file, "xs", v1::ROLE_INPUT, 10);
  const auto last = add_value(file, "last", v1::ROLE_ACTIVATION);
  const auto ys = add_value(file, "ys", v1::ROLE_ACTIVATION, 10);
  v1::Node& node = add_node(file, "scan", {start, xs}, {last, ys});
  v1::ScanBody& body = *node.add_bodies();
  body.set_carries(1);
  body.set_xs(1);
  body.set_length(10);
  v1::Graph& graph = *body.mutable_graph();
  graph = empty_graph();
  const auto carry = add_value(graph, "carry", v1::ROLE_INPUT);
  const auto x = add_value(graph, "x", v1::ROLE_INPUT);
  const auto product = add_value(graph, "product", v1::ROLE_ACTIVATION);
  const auto next = add_value(graph, "next", v1::ROLE_ACTIVATION);
  add_node(graph, "mul", {carry, x}, {product});
  add_node(graph, "tanh", {product}, {next});
  graph.add_outputs(next);
  graph.add_outputs(product);
  file.add_outputs(last);
  file.add_outputs(ys);
  return file;
}

std::string error_of(const v1::Graph& file) {
  const auto step = parse_hcb(file.SerializeAsString(), "loop.hcb", {});
  return step ? "" : step.error().message;
}

TEST_CASE("a loop costs its body as often as it runs") {
  const v1::Graph file = looping();
  const auto inside =
      internal::cost_of_bodies(file.nodes(0), {}, device_of(Options{}.device).value());
  REQUIRE(inside.has_value());
  // One iteration: 4 products, and 4 tanh, 16 bytes read and written by each of the two.
  CHECK(inside->cost.bytes_moved == 10 * (2 * 16 + 16 + 16 + 16));
  // product and next, both results, at tanh; and the carry of the iteration before.
  CHECK(inside->cost.workspace == 16 + 16 + 16);
  const auto step = parse_hcb(file.SerializeAsString(), "loop.hcb", {});
  REQUIRE(step.has_value());
  const Graph& graph = step->training.graph;
  CHECK(graph.cost(NodeId{0}) == inside->cost);
  CHECK(step->training.report.default_rule_ops.empty());
}

TEST_CASE("a loop without its backward is no loop of a training step") {
  const auto step = parse_hcb(looping().SerializeAsString(), "loop.hcb", {});
  REQUIRE(step.has_value());
  CHECK(step->training.report.loops.empty());
}

TEST_CASE("unknown ops of a body are reported as any other") {
  v1::Graph file = looping();
  file.mutable_nodes(0)->mutable_bodies(0)->mutable_graph()->mutable_nodes(1)->set_op("mystery");
  const auto step = parse_hcb(file.SerializeAsString(), "loop.hcb", {});
  REQUIRE(step.has_value());
  const std::vector<std::pair<std::string, std::size_t>> wanted{{"mystery", 1}};
  CHECK(step->training.report.default_rule_ops == wanted);
}

TEST_CASE("bodies that lie are refused, naming the node and the place inside") {
  v1::Graph file = looping();
  v1::ScanBody& body = *file.mutable_nodes(0)->mutable_bodies(0);
  body.set_consts(1);
  CHECK(error_of(file) ==
        "loop.hcb: node 'scan1' (scan): field bodies[0]: 1 consts, 1 carries and 1 xs, but 2 "
        "values of ROLE_INPUT");
  body.set_consts(0);
  body.set_length(-1);
  CHECK(error_of(file) == "loop.hcb: node 'scan1' (scan): field bodies[0]: length -1 is negative");
  body.set_length(10);
  body.mutable_graph()->mutable_nodes(1)->set_inputs_plus_one(0, 4);
  CHECK(error_of(file) ==
        "loop.hcb: node 'scan1' (scan): field bodies[0]: node 'tanh2' (tanh): field "
        "inputs_plus_one[0]: 'next' is made by no node before this one");
  body.mutable_graph()->set_dialect(v1::DIALECT_ATEN);
  CHECK(error_of(file) ==
        "loop.hcb: node 'scan1' (scan): field bodies[0]: field dialect: DIALECT_ATEN");
}

}  // namespace
}  // namespace hcb
