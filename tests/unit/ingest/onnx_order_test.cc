// Order, and the graphs that have none.
#include "ingest/onnx_order.h"

#include <doctest/doctest.h>

#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

std::vector<std::string> names(const onnx::GraphProto& graph) {
  std::vector<std::string> out;
  for (const auto& node : graph.node()) out.push_back(node.name());
  return out;
}

std::string error_of(OnnxModel m) {
  const auto result = order_nodes(m.graph(), "m.onnx");
  return result ? "no error" : result.error().message;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a sorted file stays as it is") {
  OnnxModel m;
  m.input("x", {2}).node("Neg", {"x"}, {"b"}, "second").node("Relu", {"x"}, {"a"}, "first");
  m.node("Add", {"a", "b"}, {"y"}, "sum").output("y");
  REQUIRE(order_nodes(m.graph(), "m.onnx"));
  CHECK(names(m.graph()) == Names{"second", "first", "sum"});
}

TEST_CASE("an unsorted file is sorted, earliest in the file first") {
  // sum needs a and b; tail needs y. File: tail, sum, a, b, alone.
  OnnxModel m;
  m.input("x", {2}).node("Neg", {"y"}, {"z"}, "tail").node("Add", {"a", "b"}, {"y"}, "sum");
  m.node("Relu", {"x"}, {"a"}, "a")
      .node("Abs", {"x"}, {"b"}, "b")
      .node("Exp", {"x"}, {"e"}, "alone")
      .output("z");
  REQUIRE(order_nodes(m.graph(), "m.onnx"));
  CHECK(names(m.graph()) == Names{"a", "b", "sum", "tail", "alone"});
}

TEST_CASE("values a body reads from outside are inputs of its node") {
  onnx::GraphProto inner;
  auto& add = *inner.add_node();
  add.set_op_type("Add");
  add.add_input("local");
  add.add_input("outer");
  add.add_output("sum");
  inner.add_input()->set_name("local");
  inner.add_output()->set_name("sum");
  OnnxModel m;
  m.input("c", {}, onnx::TensorProto::BOOL).input("x", {2});
  m.node("If", {"c"}, {"y"}, "if").with("then_branch", inner).with("else_branch", inner);
  m.node("Relu", {"x"}, {"outer"}, "relu").output("y");
  CHECK(captured_names(m.graph().node(0)) == Names{"outer"});
  REQUIRE(order_nodes(m.graph(), "m.onnx"));
  CHECK(names(m.graph()) == Names{"relu", "if"});
}

TEST_CASE("what is no graph is named") {
  OnnxModel twice;
  twice.input("x", {2}).node("Relu", {"x"}, {"y"}, "a").node("Neg", {"x"}, {"y"}, "b").output("y");
  CHECK(error_of(twice) ==
        "m.onnx: value 'y' is made twice: by node 'a' (Relu) and by node 'b' (Neg)");

  OnnxModel shadow;
  shadow.input("x", {2}).node("Relu", {"x"}, {"x"}, "a").output("x");
  CHECK(error_of(shadow) ==
        "m.onnx: value 'x' is an input or initializer and also made by node 'a' (Relu)");

  OnnxModel dangling;
  dangling.input("x", {2}).node("Add", {"x", "gone"}, {"y"}).output("y");
  CHECK(error_of(dangling) == "m.onnx: node 'Add(y)' reads 'gone', which nothing makes");

  OnnxModel no_output;
  no_output.input("x", {2}).node("Relu", {"x"}, {"y"}, "a").output("z");
  CHECK(error_of(no_output) == "m.onnx: output 'z' is made by no node");

  OnnxModel none;
  none.input("x", {2}).node("Relu", {"x"}, {"y"}, "a");
  CHECK(error_of(none) == "m.onnx: the graph has no output");

  OnnxModel negative;
  negative.weight("w", {4, -2}).node("Relu", {"w"}, {"y"}, "a").output("y");
  CHECK(error_of(negative) == "m.onnx: initializer 'w' has a negative dim: 4x-2");

  OnnxModel again;
  again.weight("w", {4}).weight("w", {4}).node("Relu", {"w"}, {"y"}, "a").output("y");
  CHECK(error_of(again) == "m.onnx: initializer 'w' is there twice");
}

TEST_CASE("cycles: of one node, and a long one cut short") {
  OnnxModel self;
  self.input("x", {2}).node("Add", {"x", "y"}, {"y"}, "a").output("y");
  CHECK(error_of(self) == "m.onnx: the graph has a cycle: 'a' (Add) -> 'a' (Add)");

  OnnxModel ring;  // 100,000 nodes: found without recursion
  const int length = 100'000;
  for (int i = 0; i < length; ++i) {
    const std::string from = std::to_string((i + length - 1) % length);
    ring.node("Neg", {"v" + from}, {"v" + std::to_string(i)}, "n" + std::to_string(i));
  }
  ring.output("v0");
  CHECK(error_of(ring) ==
        "m.onnx: the graph has a cycle: 'n0' (Neg) -> 'n1' (Neg) -> 'n2' (Neg) -> 'n3' (Neg) -> "
        "'n4' (Neg) -> "
        "'n5' (Neg) -> 'n6' (Neg) -> 'n7' (Neg) -> … 99992 more … -> 'n0' (Neg)");
}
