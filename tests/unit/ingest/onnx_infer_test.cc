// Inference and folding on whole small models: provenance, unknown operators, contradictions,
// hostile models.
#include "ingest/onnx_infer.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

using Names = std::vector<std::string>;

struct Inferred {
  onnx::ModelProto model;
  Names notes;
  Names details;
};

Inferred inferred(OnnxModel m) {
  const auto notes = infer_and_fold(m.model(), "m.onnx");
  if (!notes) FAIL(notes.error().message);
  return {m.model(), notes->lines, notes->details};
}

Error error_of(OnnxModel m) {
  const auto notes = infer_and_fold(m.model(), "m.onnx");
  return notes ? Error{ErrorKind::internal, "no error", ""} : notes.error();
}

Names ops(const Inferred& result) {
  Names out;
  for (const auto& node : result.model.graph().node()) out.push_back(node.op_type());
  return out;
}

Names constants(const Inferred& result) {
  Names out;
  for (const auto& tensor : result.model.graph().initializer()) out.push_back(tensor.name());
  return out;
}

}  // namespace

TEST_CASE("tables made from numbers alone are constants, those from weights or inputs are nodes") {
  // cos(Range(0, 10000) * 0.5): larger than contents are followed; still one constant.
  OnnxModel table;
  table.input("x", {10000})
      .integers("zero", {0}, true)
      .integers("n", {10000}, true)
      .integers("one", {1}, true);
  table.node("Range", {"zero", "n", "one"}, {"p"})
      .node("Cast", {"p"}, {"f"})
      .with("to", std::int64_t{1});
  table.node("Cos", {"f"}, {"c"}).node("Mul", {"x", "c"}, {"y"}).output("y");
  const Inferred made = inferred(table);
  CHECK(ops(made) == Names{"Mul"});
  CHECK(constants(made) == Names{"c"});
  CHECK(made.model.graph().initializer(0).dims(0) == 10000);
  CHECK(made.details == Names{"3 nodes computed from constants folded"});

  OnnxModel rotary;  // frequencies are stored: floats of more than one element
  rotary.input("x", {8, 4})
      .weight("freq", {4})
      .node("Cos", {"freq"}, {"c"})
      .node("Mul", {"x", "c"}, {"y"})
      .output("y");
  CHECK(ops(inferred(rotary)) == Names{"Cos", "Mul"});

  OnnxModel positions;
  positions.input("pos", {8}).node("Cos", {"pos"}, {"y"}).output("y");
  CHECK(ops(inferred(positions)) == Names{"Cos"});

  OnnxModel noise;
  noise.input("x", {4}).integers("shape", {4}).node("RandomNormal", {}, {"r"}).with("shape", {4});
  noise.node("Add", {"x", "r"}, {"y"}).output("y");
  CHECK(ops(inferred(noise)) == Names{"RandomNormal", "Add"});
}

TEST_CASE("copies of constants disappear, other Identity nodes stay") {
  OnnxModel m;
  m.weight("w", {4, 4})
      .input("x", {4, 4})
      .node("Identity", {"w"}, {"tied"})
      .node("MatMul", {"x", "tied"}, {"h"});
  m.node("Cast", {"w"}, {"same"}).with("to", std::int64_t{1}).node("MatMul", {"h", "same"}, {"i"});
  m.node("Identity", {"i"}, {"y"}).output("y");
  const Inferred result = inferred(m);
  CHECK(ops(result) == Names{"MatMul", "MatMul", "Identity"});
  CHECK(result.model.graph().node(1).input(1) == "w");
}

TEST_CASE("an Identity of a constant that is an output stays") {
  OnnxModel m;
  m.weight("w", {4}).node("Identity", {"w"}, {"y"}).output("y");
  CHECK(ops(inferred(m)) == Names{"Identity"});
}

TEST_CASE("what reaches no output is removed and counted") {
  OnnxModel m;
  m.input("x", {4}).weight("w", {4}).node("Relu", {"x"}, {"y"}).node("Add", {"x", "w"}, {"d"});
  m.node("Neg", {"d"}, {"e"}).output("y");
  const Inferred result = inferred(m);
  CHECK(ops(result) == Names{"Relu"});
  CHECK(constants(result).empty());
  CHECK(result.details == Names{"2 nodes that reach no output removed"});
}

TEST_CASE("optional outputs nobody reads are not made") {
  OnnxModel m(7);
  m.input("x", {4}).node("Dropout", {"x"}, {"y", "mask"}).output("y");
  CHECK(inferred(m).model.graph().node(0).output_size() == 1);
}

TEST_CASE("an unknown operator takes the shape the file gives, or is named") {
  OnnxModel m;
  m.import("com.acme", 1)
      .input("x", {4})
      .node("Magic", {"x"}, {"h"}, "spell")
      .in_domain("com.acme");
  m.node("Relu", {"h"}, {"i"}).node("Neg", {"i"}, {"y"}).output("y");
  const Error error = error_of(m);
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: the shape of 'h' is unknown: node 'spell' (com.acme::Magic) is an operator "
        "without a shape rule "
        "here; 2 more nodes without a shape behind it");
  CHECK(error.help ==
        "write its shape into the file's value_info (onnx.helper.make_tensor_value_info)");
  m.value_info("h", {3, 5});
  const Inferred result = inferred(m);
  CHECK(result.notes == Names{"1 shape taken from the file's value_info"});
  CHECK(result.model.graph().value_info(2).type().tensor_type().shape().dim(1).dim_value() == 5);
}

TEST_CASE("a shape that depends on data is named") {
  OnnxModel m;
  m.input("x", {4}).node("NonZero", {"x"}, {"y"}, "nz").output("y");
  CHECK(error_of(m).message ==
        "m.onnx: the shape of 'y' is unknown: node 'nz' (NonZero) makes a shape that depends on "
        "more than shapes");
}

TEST_CASE("the file's word against inference is a note") {
  OnnxModel m;
  m.input("x", {4})
      .node("Relu", {"x"}, {"h"})
      .node("Relu", {"h"}, {"y"})
      .value_info("h", {5})
      .output("y");
  CHECK(inferred(m).notes ==
        Names{"1 inferred shape differs from the file's, first: 'h' is 4, the file says 5"});
}

TEST_CASE("contradictions name the node and its input shapes") {
  OnnxModel m;
  m.input("a", {2, 3}).input("b", {4, 5}).node("MatMul", {"a", "b"}, {"y"}, "mm").output("y");
  Error error = error_of(m);
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: node 'mm' (MatMul): Incompatible dimensions for matrix multiplication (inputs: a "
        "2x3, b 4x5)");
  CHECK(error.help == "check --dim, --input-shape and --batch against the model");

  OnnxModel reshape;
  reshape.input("x", {4, 2048, 1, 1})
      .integers("target", {1, 2048})
      .node("Reshape", {"x", "target"}, {"y"}, "flat");
  reshape.output("y");
  error = error_of(reshape);
  CHECK(error.message ==
        "m.onnx: node 'flat' (Reshape) cannot make 1x2048 (2,048 elements) of 4x2048x1x1 (8,192 "
        "elements)");
  CHECK(
      error.help ==
      "its target shape is a constant of the file: export with a dynamic batch, or do not re-bind "
      "this dim");
}

TEST_CASE("an input too small for a kernel is named") {
  OnnxModel m;
  m.input("x", {1, 3, 4, 4})
      .weight("w", {8, 3, 7, 7})
      .node("Conv", {"x", "w"}, {"y"}, "conv")
      .output("y");
  const Error error = error_of(m);
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message.starts_with("m.onnx: "));
  CHECK(error.message.find("'y'") != std::string::npos);
}

TEST_CASE("an opset newer than the library's is refused with its range") {
  OnnxModel m(99);
  m.input("x", {4}).node("Relu", {"x"}, {"y"}).output("y");
  const Error error = error_of(m);
  CHECK(error.message == "m.onnx: opset 99 of ai.onnx is newer than this build knows (1 to 28)");
  CHECK(error.help == "export with opset_version=28");
}

TEST_CASE("local functions are inlined, also nested, under unique names") {
  OnnxModel m;
  m.import("mine", 1).input("x", {4}).node("Twice", {"x"}, {"h"}, "a").in_domain("mine");
  m.node("Twice", {"h"}, {"y"}, "b").in_domain("mine").output("y");
  auto& twice = *m.model().add_functions();
  twice.set_domain("mine");
  twice.set_name("Twice");
  twice.add_input("p");
  twice.add_output("q");
  twice.add_opset_import()->set_version(18);
  for (const auto& [from, to] : {std::pair{"p", "t"}, std::pair{"t", "q"}}) {
    auto& node = *twice.add_node();
    node.set_op_type("Relu");
    node.add_input(from);
    node.add_output(to);
  }
  const Inferred result = inferred(m);
  CHECK(ops(result) == Names{"Relu", "Relu", "Relu", "Relu"});
  CHECK(result.model.graph().node(3).output(0) == "y");
  CHECK(result.details == Names{"1 local function inlined"});
}

TEST_CASE("a local function that calls itself is refused") {
  OnnxModel m;
  m.import("mine", 1).input("x", {4}).node("Loop", {"x"}, {"y"}, "a").in_domain("mine").output("y");
  auto& self = *m.model().add_functions();
  self.set_domain("mine");
  self.set_name("Loop");
  self.add_input("p");
  self.add_output("q");
  auto& import = *self.add_opset_import();
  import.set_domain("mine");
  import.set_version(1);
  auto& node = *self.add_node();
  node.set_domain("mine");
  node.set_op_type("Loop");
  node.add_input("p");
  node.add_output("q");
  const Error error = error_of(m);
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message ==
        "m.onnx: local functions call each other in a circle: mine::Loop -> mine::Loop");
}

TEST_CASE("MaxPool with strides of zero ends in an error, not in this process") {
  OnnxModel m;
  m.input("x", {1, 1, 8, 8})
      .node("MaxPool", {"x"}, {"y"}, "pool")
      .with("kernel_shape", {2, 2})
      .with("strides", {0, 0});
  m.output("y");
  const Error error = error_of(m);
  CHECK(error.kind == ErrorKind::bad_input);
  CHECK(error.message.starts_with("m.onnx: "));
}

TEST_CASE("long integer vectors do not reach the library's data propagation") {
  // Gather from 2^40 integers: spelled out element by element it would take the child's whole
  // memory.
  OnnxModel m;
  m.input("x", {std::int64_t{1} << 40}, onnx::TensorProto::INT64).integers("at", {3}, true);
  m.node("Gather", {"x", "at"}, {"y"}).output("y");
  CHECK(ops(inferred(m)) == Names{"Gather"});
}

TEST_CASE("one known element of a vector that depends on data reaches Reshape") {
  // target = Gather([8, d], 0) with d an input: no constant, but the library follows the 8.
  OnnxModel m;
  m.input("x", {2, 4})
      .input("d", {1}, onnx::TensorProto::INT64)
      .integers("eight", {8})
      .integers("zero", {0});
  m.node("Concat", {"eight", "d"}, {"c"})
      .with("axis", std::int64_t{0})
      .node("Gather", {"c", "zero"}, {"target"});
  m.node("Reshape", {"x", "target"}, {"y"}).output("y");
  const Inferred result = inferred(m);
  CHECK(ops(result) == Names{"Concat", "Gather", "Reshape"});
  const auto& y = result.model.graph().value_info(2);
  CHECK(y.name() == "y");
  CHECK(y.type().tensor_type().shape().dim_size() == 1);
  CHECK(y.type().tensor_type().shape().dim(0).dim_value() == 8);
}
