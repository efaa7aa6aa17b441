#include "ingest/hcb_calls.h"

#include <doctest/doctest.h>

#include "support/hcb_steps.h"

namespace hcb::test {
namespace {

Calls calls_of(const v1::Graph& graph) {
  auto calls = parse_hcb_calls(graph.SerializeAsString(), "tiny.hcb");
  REQUIRE_MESSAGE(calls, (calls ? std::string{} : calls.error().message));
  return std::move(*calls);
}

void add_tensor_argument(v1::Node& node, const std::string& name, std::uint32_t value) {
  v1::NamedArgument& argument = *node.add_arguments();
  argument.set_name(name);
  argument.mutable_argument()->set_value(value);
}

v1::Graph tiny_with_arguments() {
  v1::Graph graph = tiny_hcb();
  for (v1::Node& node : *graph.mutable_nodes()) {
    for (const std::uint32_t plus_one : node.inputs_plus_one())
      add_tensor_argument(node, "self", plus_one - 1);
  }
  return graph;
}

TEST_CASE("hcb calls: a file of 1.0 says nothing of loss, gradients and constants") {
  const Calls calls = calls_of(tiny_with_arguments());
  CHECK(calls.loss == kNone<ValueId>);
  CHECK(calls.gradient_of[ValueId{kGw}] == kNone<ValueId>);
  CHECK(calls.constants.empty());
  CHECK(calls.nodes[NodeId{1}].writes.empty());
}

TEST_CASE("hcb calls: loss, gradients, contents of constants and what is written") {
  v1::Graph graph = tiny_with_arguments();
  graph.set_loss_plus_one(kLoss + 1);
  graph.mutable_values(kGw)->set_gradient_of_plus_one(kW + 1);
  graph.mutable_values(kTangent)->set_role(v1::ROLE_CONSTANT);
  graph.mutable_values(kTangent)->set_data(std::string("\x00\x00\x80\x3F", 4));
  graph.mutable_nodes(1)->add_writes(0);
  const Calls calls = calls_of(graph);
  CHECK(calls.loss == ValueId{kLoss});
  CHECK(calls.gradient_of[ValueId{kGw}] == ValueId{kW});
  CHECK(calls.gradient_of[ValueId{kW}] == kNone<ValueId>);
  REQUIRE(calls.constants.size() == 1);
  CHECK(calls.constants[0].value == ValueId{kTangent});
  CHECK(calls.constants[0].elements == std::string("\x00\x00\x80\x3F", 4));
  CHECK(calls.nodes[NodeId{1}].writes == std::vector<std::size_t>{0});
}

TEST_CASE("hcb calls: a tensor without strides lies in row-major order") {
  const Calls calls = calls_of(tiny_with_arguments());
  CHECK(calls.values[ValueId{kW}].strides == std::vector<std::int64_t>{4, 1});
  CHECK(calls.values[ValueId{kXt}].strides == std::vector<std::int64_t>{1, 3});
}

TEST_CASE("hcb calls: an input that no argument is, is an error") {
  v1::Graph graph = tiny_with_arguments();
  graph.mutable_nodes(0)->mutable_arguments()->RemoveLast();
  const auto calls = parse_hcb_calls(graph.SerializeAsString(), "tiny.hcb");
  REQUIRE(!calls);
  CHECK(calls.error().message ==
        "tiny.hcb: node 'mm' (aten::mm): field inputs_plus_one[1]: no argument is this tensor");
}

}  // namespace
}  // namespace hcb::test
