// Names, modules, attributes and types of the ForwardModel; If as one step.
#include "ingest/onnx_convert.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "ingest/onnx.h"
#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

using Names = std::vector<std::string>;

ForwardModel parsed(const OnnxModel& model) {
  const auto result = parse_onnx(model.bytes(), "folder/m.onnx", {});
  if (!result) FAIL(result.error().message);
  return *result;
}

std::string module_of(const std::string& node_name,
                      const std::vector<std::pair<std::string, std::string>>& metadata) {
  OnnxModel m;
  m.input("x", {4}).node("Relu", {"x"}, {"y"}, node_name).output("y");
  for (const auto& [key, value] : metadata) {
    auto& entry = *m.last_node().add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
  }
  return parsed(m).nodes.at(0).module;
}

}  // namespace

TEST_CASE("nameless and repeated nodes get a name from operator and output") {
  OnnxModel m;
  m.input("x", {4})
      .node("Relu", {"x"}, {"a"})
      .node("Neg", {"a"}, {"b"}, "n")
      .node("Neg", {"b"}, {"c"}, "n");
  m.node("Abs", {"c"}, {"y"}, "Relu(a)").output("y");
  Names names;
  for (const ForwardNode& node : parsed(m).nodes) names.push_back(node.name);
  CHECK(names == Names{"Relu(a)", "n", "Neg(c)", "Abs(y)"});
}

TEST_CASE("module paths come from metadata, else from the node's name") {
  CHECK(module_of("n", {{"pkg.torch.onnx.name_scopes", "['', 'h.0', 'h.0.mlp', 'gelu']"}}) ==
        "h.0.mlp");
  CHECK(module_of(
            "n", {{"namespace", ": Gpt2/transformer: Model/h.0: Block/gelu: aten.gelu.default"}}) ==
        "h.0");
  CHECK(module_of("/transformer/h.0/Gelu", {}) == "transformer.h.0");
  CHECK(module_of("/Gelu", {}).empty());
  CHECK(module_of("Gelu_12", {}).empty());
  CHECK(module_of("n", {{"pkg.torch.onnx.name_scopes",
                         "['_empty_nn_module_stack_from_metadata_hook', 'x']"}})
            .empty());
}

TEST_CASE("plain attributes are kept, tensors and graphs are not") {
  OnnxModel m;
  m.input("x", {1, 1, 8, 8}).weight("w", {1, 1, 3, 3}).node("Conv", {"x", "w"}, {"y"}, "c");
  m.with("group", std::int64_t{1}).with("pads", {1, 1, 1, 1}).output("y");
  auto& pad = *m.last_node().add_attribute();
  pad.set_name("auto_pad");
  pad.set_type(onnx::AttributeProto::STRING);
  pad.set_s("NOTSET");
  const ForwardModel out = parsed(m);
  REQUIRE(out.nodes[0].attributes.size() == 3);
  CHECK(out.nodes[0].attributes[0] == Attribute{"group", std::int64_t{1}});
  CHECK(out.nodes[0].attributes[1] == Attribute{"pads", std::vector<std::int64_t>{1, 1, 1, 1}});
  CHECK(out.nodes[0].attributes[2] == Attribute{"auto_pad", std::string("NOTSET")});
  CHECK(out.nodes[0].opset == 18);
  CHECK(out.name == "m.onnx");
}

TEST_CASE("every element type of ONNX has its dtype") {
  const std::vector<std::pair<int, DType>> types{
      {onnx::TensorProto::FLOAT, DType::f32},
      {onnx::TensorProto::DOUBLE, DType::f64},
      {onnx::TensorProto::FLOAT16, DType::f16},
      {onnx::TensorProto::BFLOAT16, DType::bf16},
      {onnx::TensorProto::INT64, DType::i64},
      {onnx::TensorProto::INT32, DType::i32},
      {onnx::TensorProto::INT16, DType::i16},
      {onnx::TensorProto::INT8, DType::i8},
      {onnx::TensorProto::UINT64, DType::u64},
      {onnx::TensorProto::UINT32, DType::u32},
      {onnx::TensorProto::UINT16, DType::u16},
      {onnx::TensorProto::UINT8, DType::u8},
      {onnx::TensorProto::BOOL, DType::boolean},
      {onnx::TensorProto::COMPLEX64, DType::c64},
      {onnx::TensorProto::COMPLEX128, DType::c128},
      {onnx::TensorProto::FLOAT8E4M3FN, DType::f8e4m3fn},
      {onnx::TensorProto::FLOAT8E4M3FNUZ, DType::f8e4m3fnuz},
      {onnx::TensorProto::FLOAT8E5M2, DType::f8e5m2},
      {onnx::TensorProto::FLOAT8E5M2FNUZ, DType::f8e5m2fnuz},
      {onnx::TensorProto::FLOAT8E8M0, DType::f8e8m0},
      {onnx::TensorProto::FLOAT4E2M1, DType::f4e2m1},
      {onnx::TensorProto::INT4, DType::i4},
      {onnx::TensorProto::UINT4, DType::u4},
      {onnx::TensorProto::INT2, DType::i2},
      {onnx::TensorProto::UINT2, DType::u2},
  };
  for (const auto& [elem_type, dtype] : types) {
    OnnxModel m(25);
    m.input("x", {3}, elem_type).node("Identity", {"x"}, {"y"}).output("y");
    m.graph().mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(elem_type);
    CHECK(parsed(m).values.at(1).dtype == dtype);
  }
}

TEST_CASE("strings and sequences are refused by name") {
  OnnxModel strings;
  strings.input("x", {3}, onnx::TensorProto::STRING).node("Identity", {"x"}, {"y"}).output("y");
  const auto error = parse_onnx(strings.bytes(), "m.onnx", {});
  REQUIRE_FALSE(error);
  CHECK(error.error().message == "m.onnx: tensor 'x' has elements without a fixed size (string)");
  CHECK(error.error().help == "leave text out of the model: give it numbers (tokens, ids)");

  OnnxModel sequence;
  sequence.input("x", {3})
      .node("SequenceConstruct", {"x"}, {"s"}, "seq")
      .node("SequenceLength", {"s"}, {"y"})
      .output("y");
  const auto refused = parse_onnx(sequence.bytes(), "m.onnx", {});
  REQUIRE_FALSE(refused);
  CHECK(
      refused.error().message.starts_with("m.onnx: value 's' of node 'seq' (SequenceConstruct) is "
                                          "a sequence, map, optional or sparse tensor"));
  CHECK(refused.error().help ==
        "only dense tensors can be planned: split the model there, or export it without");
}

TEST_CASE("an If is one step whose inputs include what its branches read") {
  onnx::GraphProto branch;
  auto& add = *branch.add_node();
  add.set_op_type("Add");
  add.add_input("x");
  add.add_input("w");
  add.add_output("sum");
  branch.set_name("b");
  branch.add_output()->set_name("sum");
  branch.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(
      onnx::TensorProto::FLOAT);
  OnnxModel m;
  m.input("c", {}, onnx::TensorProto::BOOL).input("x", {2, 3}).weight("w", {3});
  m.node("If", {"c"}, {"y"}, "if")
      .with("then_branch", branch)
      .with("else_branch", branch)
      .output("y");
  const ForwardModel out = parsed(m);
  REQUIRE(out.nodes.size() == 1);
  Names inputs;
  for (const std::int32_t i : out.nodes[0].inputs)
    inputs.push_back(out.values[static_cast<std::size_t>(i)].name);
  CHECK(inputs == Names{"c", "x", "w"});
  CHECK(out.values.back().shape == std::vector<std::int64_t>{2, 3});
  CHECK(out.nodes[0].body.flops.value() == 6);
  CHECK(out.notes ==
        Names{"1 If, Loop or Scan node planned as one step with the cost of the bodies"});
}
