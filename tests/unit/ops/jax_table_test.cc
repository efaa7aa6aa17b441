// The jax table: what is saved, what is a view, FLOPs and bytes worked out by hand. Tensors are
// float32 unless said otherwise.
#include "ops/jax_table.h"

#include <algorithm>
#include <deque>
#include <initializer_list>

#include <doctest/doctest.h>

namespace hcb::test {
namespace {

using Shape = std::vector<std::int64_t>;
using Ints = std::vector<std::int64_t>;
using Places = std::vector<std::size_t>;

// A call of float32 tensors with every gradient wanted.
struct Call {
  Call(std::string_view op, std::initializer_list<Shape> inputs,
       std::initializer_list<Shape> outputs, std::vector<Attribute> given = {})
      : attributes(std::move(given)), rule(find_jax_op(op)) {
    for (const Shape& shape : inputs) call.inputs.push_back(tensor(shape));
    for (const Shape& shape : outputs) call.outputs.push_back(tensor(shape));
    call.wanted.assign(call.inputs.size(), 1);
    call.delivered.assign(call.outputs.size(), 1);
    call.attributes = attributes;
    REQUIRE_MESSAGE(rule != nullptr, std::string(op));
  }
  Call(const Call&) = delete;

  OpTensor tensor(const Shape& shape) {
    shapes.push_back(shape);
    return {.present = true, .dtype = DType::f32, .shape = shapes.back()};
  }
  [[nodiscard]] std::int64_t flops() const { return jax_flops(*rule, call).value().value_or(-1); }
  [[nodiscard]] std::int64_t bytes() const { return jax_bytes(*rule, call).value().value_or(-1); }
  [[nodiscard]] std::int64_t grad_flops() const {
    return backward_flops(*rule, call).value().value_or(-1);
  }
  [[nodiscard]] Saved saved() const { return saved_by(*rule, call); }

  std::deque<Shape> shapes;
  std::vector<Attribute> attributes;
  OpCall call;
  const OpRule* rule;
};

TEST_CASE("jax: rows are sorted and each is there once") {
  const auto not_below = [](const OpRule& a, const OpRule& b) { return a.op >= b.op; };
  CHECK(std::ranges::adjacent_find(jax_table(), not_below) == jax_table().end());
  CHECK(find_jax_op("no_such_primitive") == nullptr);
  CHECK(find_jax_op("") == nullptr);
}

TEST_CASE("jax: what flax models, optax and their gradients trace to has a row each") {
  for (const std::string_view op : {"mul",
                                    "add",
                                    "sub",
                                    "div",
                                    "neg",
                                    "max",
                                    "square",
                                    "sqrt",
                                    "rsqrt",
                                    "pow",
                                    "integer_pow",
                                    "exp",
                                    "log",
                                    "tanh",
                                    "logistic",
                                    "sign",
                                    "abs",
                                    "is_finite",
                                    "eq",
                                    "ne",
                                    "lt",
                                    "gt",
                                    "ge",
                                    "or",
                                    "select_n",
                                    "broadcast_in_dim",
                                    "reshape",
                                    "transpose",
                                    "squeeze",
                                    "slice",
                                    "pad",
                                    "rev",
                                    "iota",
                                    "convert_element_type",
                                    "bitcast_convert_type",
                                    "shift_right_logical",
                                    "reduce_sum",
                                    "reduce_max",
                                    "dot_general",
                                    "conv_general_dilated",
                                    "reduce_window_sum",
                                    "reduce_window_max",
                                    "select_and_scatter_add",
                                    "gather",
                                    "scatter-add",
                                    "add_any",
                                    "stop_gradient",
                                    "scan",
                                    "random_bits",
                                    "random_fold_in",
                                    "random_seed",
                                    "random_split",
                                    "concatenate",
                                    "erf",
                                    "erf_inv",
                                    "reduce_min",
                                    "argmax",
                                    "and",
                                    "not",
                                    "le",
                                    "clamp",
                                    "dynamic_slice",
                                    "dynamic_update_slice",
                                    "random_wrap",
                                    "random_unwrap",
                                    "copy"})
    CHECK_MESSAGE(find_jax_op(op) != nullptr, std::string(op));
}

TEST_CASE("jax: a contraction has 2 operations per output element and contracted index") {
  // [5,2,3]·[5,3,4] over 3, batch 5: |out| 40, K 3. Read 30 + 60 floats, written 40.
  const std::vector<Attribute> numbers{{"dimension_numbers.0.0", Ints{2}},
                                       {"dimension_numbers.0.1", Ints{1}},
                                       {"dimension_numbers.1.0", Ints{0}},
                                       {"dimension_numbers.1.1", Ints{0}}};
  const Call dot("dot_general", {{5, 2, 3}, {5, 3, 4}}, {{5, 2, 4}}, numbers);
  CHECK(dot.flops() == 240);
  CHECK(dot.bytes() == 4 * (30 + 60 + 40));
  CHECK(dot.grad_flops() == 480);
  CHECK(dot.saved().inputs == Places{0, 1});
}

TEST_CASE("jax: a convolution has 2 operations per output element and weight of its filter") {
  // NHWC 1x8x8x2, HWIO 3x3x2x4, stride 2: |out| 64, 18 weights per output feature.
  const Call forward(
      "conv_general_dilated", {{1, 8, 8, 2}, {3, 3, 2, 4}}, {{1, 4, 4, 4}},
      {{"dimension_numbers.rhs_spec", Ints{3, 2, 0, 1}}, {"lhs_dilation", Ints{1, 1}}});
  CHECK(forward.flops() == 2 * 64 * 18);
  // Its input gradient: |out| 128, 36 weights, a quarter of which meets an element.
  const Call input(
      "conv_general_dilated", {{1, 4, 4, 4}, {3, 3, 2, 4}}, {{1, 8, 8, 2}},
      {{"dimension_numbers.rhs_spec", Ints{2, 3, 0, 1}}, {"lhs_dilation", Ints{2, 2}}});
  CHECK(input.flops() == 2 * 128 * 36 / 4);
  // Its weight gradient: |out| 72, 16 places.
  const Call weight(
      "conv_general_dilated", {{1, 8, 8, 2}, {1, 4, 4, 4}}, {{3, 3, 2, 4}},
      {{"dimension_numbers.rhs_spec", Ints{3, 0, 1, 2}}, {"lhs_dilation", Ints{1, 1}}});
  CHECK(weight.flops() == 2 * 72 * 16);
}

TEST_CASE("jax: what a gradient is computed from") {
  CHECK(Call("tanh", {{3}}, {{3}}).saved().outputs == Places{0});
  CHECK(Call("log", {{3}}, {{3}}).saved().inputs == Places{0});
  CHECK(Call("add", {{3}, {3}}, {{3}}).saved().inputs.empty());
  CHECK(Call("div", {{3}, {3}}, {{3}}).saved().inputs == Places{1});
  CHECK(Call("div", {{3}, {3}}, {{3}}).saved().outputs == Places{0});
  CHECK(Call("mul", {{3}}, {{3}}).saved().inputs.empty());  // by a literal
  CHECK(Call("select_n", {{3}, {3}, {3}}, {{3}}).saved().inputs == Places{0});
  CHECK(Call("reduce_max", {{3, 4}}, {{3}}).saved().outputs == Places{0});
  CHECK(Call("gather", {{9, 4}, {5, 1}}, {{5, 4}}).saved().inputs == Places{1});
  CHECK(Call("scatter-add", {{9, 4}, {5, 1}, {5, 4}}, {{9, 4}}).saved().inputs == Places{1});
  CHECK(Call("select_and_scatter_add", {{2}, {4}}, {{4}}).saved().inputs == Places{1});
}

TEST_CASE("jax: gradients of selected cases, not of the predicate") {
  const OpRule& select = *find_jax_op("select_n");
  CHECK_FALSE(select.gradients.contains(0));
  CHECK(select.gradients.contains(1));
  CHECK(select.gradients.contains(40));
}

TEST_CASE("jax: shapes over the same storage are views and cost nothing") {
  for (const std::string_view op : {"reshape", "transpose", "squeeze", "slice", "broadcast_in_dim",
                                    "bitcast_convert_type", "random_wrap"}) {
    const Call call(op, {{2, 3}}, {{2, 3}});
    CHECK(is_view(*call.rule, call.call));
    CHECK(forward_flops(*call.rule, call.call).value() == 0);
    CHECK(forward_bytes(*call.rule, call.call).value() == 0);
  }
  // Of a literal, it is a tensor of its own.
  const Call literal("broadcast_in_dim", {}, {{2, 3}});
  CHECK_FALSE(is_view(*literal.rule, literal.call));
  CHECK(literal.bytes() == 24);
  // A reshape that strides do not allow copies: read and written.
  CHECK(Call("reshape", {{2, 3}}, {{6}}).bytes() == 48);
}

TEST_CASE("jax: picks and updates count the part that they touch") {
  // 5 rows of 4 read and written, 5 indices read.
  CHECK(Call("gather", {{100, 4}, {5, 1}}, {{5, 4}}).bytes() == 4 * (20 + 20 + 5));
  CHECK(Call("scatter-add", {{100, 4}, {5, 1}, {5, 4}}, {{100, 4}}).flops() == 20);
  CHECK(Call("reduce_sum", {{8, 4}}, {{4}}).flops() == 32);
  CHECK(Call("sort", {{8, 4}}, {{8, 4}}, {{"dimension", std::int64_t{0}}}).flops() == 32 * 3);
  const Ints window{1, 2, 2, 1};
  CHECK(Call("reduce_window_max", {{1, 8, 8, 2}}, {{1, 4, 4, 2}}, {{"window_dimensions", window}})
            .flops() == 32 * 4);
  CHECK(Call("random_bits", {{}}, {{10}}).flops() == 10 * 115);
}

TEST_CASE("jax: a loop costs what its body does, and its backward reads everything") {
  Call loop("scan", {{3, 3}, {5, 3}}, {{3}, {5, 3}});
  loop.call.body.flops = 700;
  CHECK(loop.flops() == 700);
  CHECK(loop.saved().inputs == Places{0, 1});
  CHECK(loop.saved().outputs == Places{0, 1});
  CHECK_FALSE(flags_of(*loop.rule, loop.call).default_rule);
}

}  // namespace
}  // namespace hcb::test
