// Folding: each operator on numbers a reader can redo, and the cases that must not fold.
#include "ingest/onnx_fold.h"

#include <limits>

#include <doctest/doctest.h>

#include "support/onnx_models.h"

using namespace hcb;
using hcb::test::OnnxModel;

namespace {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<double>;
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

SmallTensor i64(Ints values) {
  return {DType::i64, {static_cast<std::int64_t>(values.size())}, std::move(values), {}};
}
SmallTensor shaped(Ints dims, Ints values) {
  return {DType::i64, std::move(dims), std::move(values), {}};
}
SmallTensor scalar(std::int64_t value) { return {DType::i64, {}, {value}, {}}; }
SmallTensor boolean(Ints values) {
  return {DType::boolean, {static_cast<std::int64_t>(values.size())}, std::move(values), {}};
}
SmallTensor f32(Floats values) {
  return {DType::f32, {static_cast<std::int64_t>(values.size())}, {}, std::move(values)};
}

// A node with attributes; `inputs` by position, a nullopt is an omitted one.
std::optional<SmallTensor> folded(OnnxModel m,
                                  const std::vector<std::optional<SmallTensor>>& inputs) {
  std::vector<const SmallTensor*> given;
  for (const auto& input : inputs) given.push_back(input ? &*input : nullptr);
  return fold_node(m.last_node(), 18, given);
}

OnnxModel op(const std::string& name) {
  OnnxModel m;
  m.node(name, {}, {"y"});
  return m;
}

}  // namespace

TEST_CASE("elementwise operators on integers") {
  struct Case {
    const char* op;
    Ints a, b;
    std::optional<Ints> result;
  };
  const std::vector<Case> cases{
      {"Add", {1, 2}, {3, 4}, Ints{4, 6}},
      {"Sub", {1, 2}, {3}, Ints{-2, -1}},  // broadcast
      {"Mul", {6, 7}, {2, 3}, Ints{12, 21}},
      {"Div", {7, -7}, {2, 2}, Ints{3, -3}},  // towards zero
      {"Mod", {7, -7}, {3, 3}, Ints{1, 2}},   // the divisor's sign
      {"Pow", {2, -1}, {10, 3}, Ints{1024, -1}},
      {"Min", {1, 5}, {3, 3}, Ints{1, 3}},
      {"Max", {1, 5}, {3, 3}, Ints{3, 5}},
      {"Sum", {1, 5}, {3, 3}, Ints{4, 8}},
      {"Equal", {1, 5}, {1, 3}, Ints{1, 0}},
      {"Greater", {1, 5}, {1, 3}, Ints{0, 1}},
      {"GreaterOrEqual", {1, 2}, {1, 3}, Ints{1, 0}},
      {"Less", {1, 2}, {1, 3}, Ints{0, 1}},
      {"LessOrEqual", {1, 5}, {1, 3}, Ints{1, 0}},
      {"Add", {kMost}, {1}, std::nullopt},
      {"Sub", {kLeast}, {1}, std::nullopt},
      {"Mul", {kMost}, {kMost}, std::nullopt},  // ONNX's data propagation says 1
      {"Div", {1}, {0}, std::nullopt},
      {"Div", {kLeast}, {-1}, std::nullopt},
      {"Mod", {1}, {0}, std::nullopt},
      {"Mod", {kLeast}, {-1}, Ints{0}},
      {"Pow", {2}, {63}, std::nullopt},
      {"Pow", {2}, {-1}, std::nullopt},
      {"Add", {1, 2, 3}, {1, 2}, std::nullopt},  // does not broadcast
  };
  for (const Case& c : cases) {
    CAPTURE(c.op);
    const auto result = folded(op(c.op), {i64(c.a), i64(c.b)});
    REQUIRE(result.has_value() == c.result.has_value());
    if (result) CHECK(result->ints == *c.result);
  }
}

TEST_CASE("logic, unary operators, Where and Cast") {
  CHECK(folded(op("And"), {boolean({1, 1}), boolean({1, 0})}) == boolean({1, 0}));
  CHECK(folded(op("Or"), {boolean({0, 0}), boolean({1, 0})}) == boolean({1, 0}));
  CHECK(folded(op("Xor"), {boolean({1, 1}), boolean({1, 0})}) == boolean({0, 1}));
  CHECK(folded(op("Not"), {boolean({1, 0})}) == boolean({0, 1}));
  CHECK(folded(op("Neg"), {i64({3, -4})}) == i64({-3, 4}));
  CHECK(folded(op("Abs"), {i64({3, -4})}) == i64({3, 4}));
  CHECK_FALSE(folded(op("Neg"), {i64({kLeast})}));
  CHECK(folded(op("Floor"), {f32({1.5, -1.5})}) == f32({1, -2}));
  CHECK(folded(op("Ceil"), {f32({1.5, -1.5})}) == f32({2, -1}));
  CHECK(folded(op("Round"), {f32({2.5, 3.5})}) == f32({2, 4}));  // half to even
  CHECK(folded(op("Sqrt"), {f32({16})}) == f32({4}));
  CHECK(folded(op("Where"), {boolean({1, 0}), i64({1, 2}), i64({8})}) == i64({1, 8}));
  CHECK(folded(op("Cast").with("to", std::int64_t{7}), {f32({2.9, -2.9})}) == i64({2, -2}));
  CHECK(folded(op("Cast").with("to", std::int64_t{9}), {i64({0, 7})}) == boolean({0, 1}));
  CHECK_FALSE(folded(op("Cast").with("to", std::int64_t{3}), {i64({128})}));  // does not fit int8
  CHECK_FALSE(folded(op("Cast").with("to", std::int64_t{7}), {f32({1e30})}));
  CHECK(folded(op("CastLike"), {i64({1}), f32({0})}) == f32({1}));
}

TEST_CASE("f32 arithmetic rounds as f32 does") {
  // 16777217 = 2^24 + 1 is no f32; the sum of 2^24 and 1 stays 2^24.
  CHECK(folded(op("Add"), {f32({16777216}), f32({1})}) == f32({16777216}));
  CHECK(folded(op("Div"), {f32({1}), f32({3})})->floats[0] == static_cast<double>(1.0F / 3.0F));
}

TEST_CASE("movement: Gather, Concat, Slice, Squeeze, Unsqueeze, Reshape, Expand, Transpose") {
  const SmallTensor m = shaped({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(folded(op("Gather"), {i64({8, 1024}), scalar(-1)}) == scalar(1024));
  CHECK(folded(op("Gather").with("axis", std::int64_t{1}), {m, i64({2, 0})}) ==
        shaped({2, 2}, {3, 1, 6, 4}));
  CHECK_FALSE(folded(op("Gather"), {i64({8}), scalar(1)}));
  CHECK(folded(op("Concat").with("axis", std::int64_t{0}), {i64({1}), i64({2, 3})}) ==
        i64({1, 2, 3}));
  CHECK(folded(op("Concat").with("axis", std::int64_t{-1}), {m, m}) ==
        shaped({2, 6}, {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  CHECK(folded(op("Slice"), {i64({0, 1, 2, 3}), i64({1}), i64({kMost})}) == i64({1, 2, 3}));
  CHECK(folded(op("Slice"), {i64({0, 1, 2, 3}), i64({-1}), i64({kLeast}), std::nullopt,
                             i64({-2})}) == i64({3, 1}));
  CHECK(folded(op("Slice"), {m, i64({1}), i64({3}), i64({1})}) == shaped({2, 2}, {2, 3, 5, 6}));
  CHECK(folded(op("Slice").with("starts", {1}).with("ends", {2}), {i64({5, 6, 7})}) ==
        i64({6}));  // opset 1
  CHECK(folded(op("Slice"), {i64({5, 6}), i64({0}), i64({2}), std::nullopt, i64({kMost})}) ==
        i64({5}));
  CHECK_FALSE(folded(op("Slice"), {i64({5, 6}), i64({0}), i64({2}), std::nullopt, i64({0})}));
  CHECK(folded(op("Squeeze"), {i64({5})}) == scalar(5));
  CHECK(folded(op("Squeeze"), {shaped({1, 2, 1}, {5, 6}), i64({-1})}) == shaped({1, 2}, {5, 6}));
  CHECK_FALSE(folded(op("Squeeze"), {i64({5, 6}), i64({0})}));
  CHECK(folded(op("Unsqueeze"), {scalar(5), i64({0})}) == i64({5}));
  CHECK(folded(op("Unsqueeze").with("axes", {0, 2}), {i64({5, 6})}) == shaped({1, 2, 1}, {5, 6}));
  CHECK(folded(op("Reshape"), {m, i64({0, -1, 1})}) == shaped({2, 3, 1}, {1, 2, 3, 4, 5, 6}));
  CHECK_FALSE(folded(op("Reshape"), {m, i64({4})}));
  CHECK_FALSE(folded(op("Reshape"), {m, i64({-1, -1})}));
  CHECK(folded(op("Flatten").with("axis", std::int64_t{0}), {m}) ==
        shaped({1, 6}, {1, 2, 3, 4, 5, 6}));
  CHECK(folded(op("Expand"), {i64({1, 2}), i64({2, 2})}) == shaped({2, 2}, {1, 2, 1, 2}));
  CHECK(folded(op("Transpose"), {m}) == shaped({3, 2}, {1, 4, 2, 5, 3, 6}));
  CHECK_FALSE(folded(op("Transpose").with("perm", {0, 0}), {m}));
  CHECK(folded(op("Identity"), {m}) == m);
}

TEST_CASE("makers and reductions") {
  CHECK(folded(op("Range"), {scalar(2), scalar(9), scalar(3)}) == i64({2, 5, 8}));
  CHECK(folded(op("Range"), {scalar(3), scalar(0), scalar(-1)}) == i64({3, 2, 1}));
  CHECK(folded(op("Range"), {scalar(3), scalar(0), scalar(1)}) == i64({}));
  CHECK_FALSE(folded(op("Range"), {scalar(0), scalar(4097), scalar(1)}));
  CHECK_FALSE(folded(op("Range"), {scalar(0), scalar(4), scalar(0)}));
  CHECK(folded(op("ReduceProd"), {i64({2, 3, 4})}) == i64({24}));
  CHECK(folded(op("ReduceProd").with("keepdims", std::int64_t{0}), {i64({2, 3, 4})}) == scalar(24));
  const SmallTensor m = shaped({2, 3}, {1, 2, 3, 4, 5, 6});
  CHECK(folded(op("ReduceSum"), {m, i64({1})}) == shaped({2, 1}, {6, 15}));
  CHECK(folded(op("ReduceMax").with("axes", {0}).with("keepdims", std::int64_t{0}), {m}) ==
        i64({4, 5, 6}));
  CHECK(folded(op("ReduceMin"), {m}) == shaped({1, 1}, {1}));
  CHECK_FALSE(folded(op("ReduceProd"), {i64({kMost, 2})}));
  CHECK(folded(op("ConstantOfShape"), {i64({2, 2})}) ==
        SmallTensor{DType::f32, {2, 2}, {}, {0, 0, 0, 0}});
  CHECK_FALSE(folded(op("ConstantOfShape"), {i64({4097})}));
  CHECK_FALSE(folded(op("ConstantOfShape"),
                     {i64({0, kMost})}));  // no elements, but no size to compute with
  CHECK(folded(op("Constant").with("value_ints", {4, 5}), {}) == i64({4, 5}));
  CHECK(folded(op("Constant").with("value_int", std::int64_t{4}), {}) == scalar(4));
}

TEST_CASE("Shape and Size need the shape only") {
  const Ints dims{8, 3, 224, 224};
  CHECK(fold_shape_of(op("Shape").last_node(), dims) == i64(dims));
  OnnxModel part = op("Shape");
  part.with("start", std::int64_t{-2}).with("end", std::int64_t{100});
  CHECK(fold_shape_of(part.last_node(), dims) == i64({224, 224}));
  OnnxModel none = op("Shape");
  none.with("start", std::int64_t{3}).with("end", std::int64_t{1});
  CHECK(fold_shape_of(none.last_node(), dims) == i64({}));
  CHECK(fold_shape_of(op("Size").last_node(), dims) == scalar(8 * 3 * 224 * 224));
  CHECK_FALSE(fold_shape_of(op("Size").last_node(), Ints{kMost, 2}));
  CHECK_FALSE(fold_shape_of(op("Relu").last_node(), dims));
}

TEST_CASE("tensors of the file are read in both forms, and only when they are whole") {
  onnx::TensorProto raw;
  raw.set_data_type(onnx::TensorProto::INT32);
  raw.add_dims(2);
  raw.set_raw_data(std::string("\x01\0\0\0\xFF\xFF\xFF\xFF", 8));
  CHECK(small_tensor(raw) == SmallTensor{DType::i32, {2}, {1, -1}, {}});
  CHECK(small_tensor(tensor_proto(*small_tensor(raw))) == small_tensor(raw));
  raw.set_dims(0, 3);
  CHECK_FALSE(small_tensor(raw));  // eight bytes are no three int32
  raw.set_dims(0, 2);
  raw.set_data_location(onnx::TensorProto::EXTERNAL);
  CHECK_FALSE(small_tensor(raw));
  onnx::TensorProto half;
  half.set_data_type(onnx::TensorProto::FLOAT16);
  half.add_dims(1);
  half.add_int32_data(1);
  CHECK_FALSE(small_tensor(half));
}

TEST_CASE("random operators and subgraphs are never constant") {
  for (const char* name :
       {"RandomNormalLike", "RandomUniform", "Bernoulli", "Multinomial", "Dropout", "If", "Loop"}) {
    CHECK_FALSE(is_deterministic(name));
  }
  CHECK(is_deterministic("Cos"));
}
