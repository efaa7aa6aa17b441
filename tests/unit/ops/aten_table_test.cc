// The aten table: FLOPs and bytes worked out by hand. Tensors are float32 unless said otherwise.
#include "ops/aten_table.h"

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <tuple>

#include <doctest/doctest.h>

namespace hcb::test {
namespace {

using Shape = std::vector<std::int64_t>;

// A call of float32 tensors; an empty dim list with -1 is an absent one.
struct Call {
  Call(std::string_view op, std::initializer_list<Shape> inputs,
       std::initializer_list<Shape> outputs, std::vector<Attribute> given = {},
       std::string_view overload = "default")
      : attributes(std::move(given)), rule(find_aten_op(op, overload)) {
    for (const Shape& shape : inputs) call.inputs.push_back(tensor(shape));
    for (const Shape& shape : outputs) call.outputs.push_back(tensor(shape));
    call.attributes = attributes;
    REQUIRE_MESSAGE(rule != nullptr, std::string(op));
  }
  Call(const Call&) = delete;

  OpTensor tensor(const Shape& shape) {
    if (shape == Shape{-1}) return {};
    shapes.push_back(shape);
    return {.present = true, .dtype = DType::f32, .shape = shapes.back()};
  }
  [[nodiscard]] std::int64_t flops() const { return aten_flops(*rule, call).value().value_or(-1); }
  [[nodiscard]] std::int64_t bytes() const { return aten_bytes(*rule, call).value().value_or(-1); }

  std::deque<Shape> shapes;
  std::vector<Attribute> attributes;
  OpCall call;
  const AtenRule* rule;
};

const Shape kAbsent{-1};

TEST_CASE("aten: in-place forms, prefixes and overloads find their row") {
  CHECK(find_aten_op("aten::relu_", "default") == find_aten_op("relu", ""));
  CHECK(find_aten_op("aten::__and__", "Tensor")->op == "__and__");
  CHECK(find_aten_op("aten::max", "other")->overload == "other");
  CHECK(find_aten_op("aten::max", "dim")->overload.empty());
  CHECK(find_aten_op("mine::op", "default") == nullptr);
  CHECK(find_aten_op("", "") == nullptr);
}

TEST_CASE("aten: rows are sorted and each is there once") {
  const auto rules = aten_rules();
  const auto not_below = [](const AtenRule& a, const AtenRule& b) {
    return std::tie(a.op, a.overload) >= std::tie(b.op, b.overload);
  };
  const auto twice = std::ranges::adjacent_find(rules, not_below);
  CHECK_MESSAGE(twice == rules.end(), std::string(twice == rules.end() ? "" : twice->op));
}

TEST_CASE("aten: what is computed is said in words, and only that") {
  for (const AtenRule& rule : aten_rules())
    CHECK_MESSAGE((rule.flops == nullptr) == rule.formula.empty(), std::string(rule.op));
}

TEST_CASE("aten: matrix products are two FLOPs per multiply-add") {
  CHECK(Call("mm", {{2, 3}, {3, 4}}, {{2, 4}}).flops() == 2 * 2 * 4 * 3);
  CHECK(Call("bmm", {{5, 2, 3}, {5, 3, 4}}, {{5, 2, 4}}).flops() == 5 * 48);
  CHECK(Call("addmm", {{4}, {2, 3}, {3, 4}}, {{2, 4}}).flops() == 48 + 8);
  CHECK(Call("linear", {{2, 3}, {4, 3}, {4}}, {{2, 4}}).flops() == 48 + 8);
  CHECK(Call("dot", {{7}, {7}}, {{}}).flops() == 14);
  CHECK(Call("mm", {{2, 3}, {3, 4}}, {{2, 4}}).bytes() == 4 * (6 + 12 + 8));
}

TEST_CASE("aten: convolution, transposed or not, and its backward") {
  // 1x2x5x5, three filters 2x3x3 -> 1x3x3x3: 27 outputs, 18 multiply-adds each.
  CHECK(Call("convolution", {{1, 2, 5, 5}, {3, 2, 3, 3}, {3}}, {{1, 3, 3, 3}}).flops() ==
        27 * 18 * 2 + 27);
  CHECK(Call("convolution", {{1, 2, 5, 5}, {3, 2, 3, 3}, kAbsent}, {{1, 3, 3, 3}},
             {{"transposed", std::int64_t{0}}})
            .flops() == 27 * 18 * 2);
  // Transposed: 1x3x3x3 with 3x2x3x3 -> 1x2x5x5: each of 27 inputs meets 18 elements.
  CHECK(Call("convolution", {{1, 3, 3, 3}, {3, 2, 3, 3}, kAbsent}, {{1, 2, 5, 5}},
             {{"6", std::int64_t{1}}})
            .flops() == 27 * 18 * 2);
  // A group count at the seventh place is no flag.
  CHECK(Call("conv2d", {{1, 2, 5, 5}, {3, 2, 3, 3}, kAbsent}, {{1, 3, 3, 3}},
             {{"6", std::int64_t{1}}})
            .flops() == 27 * 18 * 2);
  CHECK(Call("convolution_backward", {{1, 3, 3, 3}, {1, 2, 5, 5}, {3, 2, 3, 3}},
             {{1, 2, 5, 5}, {3, 2, 3, 3}, {3}})
            .flops() == 2 * 27 * 18 * 2 + 27);
  CHECK(Call("convolution_backward", {{1, 3, 3, 3}, {1, 2, 5, 5}, {3, 2, 3, 3}},
             {kAbsent, {3, 2, 3, 3}, kAbsent})
            .flops() == 27 * 18 * 2);
}

TEST_CASE("aten: attention counts both products and the softmax") {
  const Shape heads{1, 2, 4, 8};  // 2 heads, 4 positions, width 8: 32 scores
  CHECK(
      Call("_scaled_dot_product_flash_attention_for_cpu", {heads, heads, heads}, {heads}).flops() ==
      32 * (2 * 8 + 2 * 8 + 5));
  CHECK(Call("_scaled_dot_product_flash_attention_for_cpu_backward", {heads, heads, heads, heads},
             {heads, heads, heads})
            .flops() == 32 * (5 * 16 + 9));
}

TEST_CASE("aten: a recurrent layer multiplies every weight once per step and entry") {
  // 5 steps, batch 2, 3 inputs, hidden size 4: weights 16x3 and 16x4, biases 16.
  CHECK(Call("mkldnn_rnn_layer", {{5, 2, 3}, {16, 3}, {16, 4}, {16}, {16}, {1, 2, 4}, {1, 2, 4}},
             {{5, 2, 4}})
            .flops() == 2 * 10 * (48 + 64) + 9 * 40);
  CHECK(find_aten_op("mkldnn_rnn_layer", "")->hidden_size);
}

TEST_CASE("aten: pointwise ops, reductions, normalisations, pooling") {
  CHECK(Call("aten::relu_", {{2, 4}}, {{2, 4}}).flops() == 8);
  CHECK(Call("gelu_backward", {{8}, {8}}, {{8}}).flops() == 72);
  CHECK(Call("sum", {{2, 4}}, {{}}).flops() == 8);
  CHECK(Call("sum", {{2, 4}}, {{}}).bytes() == 36);
  CHECK(Call("_softmax", {{2, 4}}, {{2, 4}}).flops() == 40);
  CHECK(Call("native_layer_norm", {{2, 4}, {4}, {4}}, {{2, 4}, {2, 1}, {2, 1}}).flops() == 64);
  CHECK(Call("native_batch_norm_backward", {{2, 4}, {2, 4}}, {{2, 4}}).flops() == 88);
  CHECK(Call("max_pool2d_with_indices", {{1, 1, 4, 4}}, {{1, 1, 2, 2}}, {{"1", Shape{2, 2}}})
            .flops() == 4 * 4);
  CHECK(Call("avg_pool2d", {{1, 1, 6, 6}}, {{1, 1, 2, 2}}, {{"kernel_size", Shape{3}}}).flops() ==
        4 * 9);
}

TEST_CASE("aten: ops that touch a part move that part") {
  // 5 rows of width 8 from a table of 1000: 40 floats read and written, 5 indices (here of 4 bytes).
  CHECK(Call("embedding", {{1000, 8}, {5}}, {{5, 8}}).bytes() == 2 * 160 + 20);
  CHECK(Call("empty_like", {{9}}, {{9}}).bytes() == 0);
  CHECK(Call("zero_", {{9}}, {{9}}).bytes() == 36);
  CHECK(Call("copy_", {{9}, {9}}, {{9}}).bytes() == 72);
  CHECK(Call("aten::bernoulli_", {{9}}, {{9}}, {}, "float").bytes() == 36);
  CHECK(find_aten_op("aten::bernoulli_", "float")->random);
}

TEST_CASE("aten: bags sum the rows that are named") {
  // 6 indices in 2 bags, rows of width 4, of a table of 10: 24 floats read, 6 indices, 8 floats.
  CHECK(Call("_embedding_bag", {{10, 4}, {6}}, {{2, 4}}).flops() == 24);
  CHECK(Call("_embedding_bag", {{10, 4}, {6}}, {{2, 4}}).bytes() == 96 + 24 + 32);
  CHECK(Call("_embedding_bag_backward", {{2, 4}, {6}}, {{10, 4}}).flops() == 24);
}

TEST_CASE("aten: factorisations and solves are their leading term") {
  CHECK(Call("linalg_cholesky_ex", {{2, 6, 6}}, {{2, 6, 6}, {2}}).flops() == 2 * 216 / 3);
  CHECK(Call("_linalg_slogdet", {{6, 6}}, {{}, {}}).flops() == 2 * 216 / 3);
  CHECK(Call("linalg_inv_ex", {{6, 6}}, {{6, 6}}).flops() == 2 * 216);
  CHECK(Call("linalg_solve_triangular", {{6, 6}, {6, 3}}, {{6, 3}}).flops() == 36 * 3);
  CHECK(Call("linalg_lu_solve", {{6, 6}, {6}, {6, 3}}, {{6, 3}}).flops() == 2 * 36 * 3);
}

TEST_CASE("aten: a Fourier transform of n points takes 5·n·log2(n), a real one 3") {
  CHECK(Call("_fft_c2c", {{2, 8}}, {{2, 8}}, {{"dim", Shape{1}}}).flops() == 5 * 3 * 16);
  CHECK(Call("_fft_c2c", {{4, 8}}, {{4, 8}}, {{"1", Shape{0, 1}}}).flops() == 5 * 5 * 32);
  CHECK(Call("_fft_r2c", {{2, 8}}, {{2, 5}}, {{"dim", Shape{1}}}).flops() == 3 * 3 * 16);
  CHECK(Call("_fft_c2r", {{2, 5}}, {{2, 8}}, {{"dim", Shape{1}}}).flops() == 3 * 3 * 16);
}

TEST_CASE("aten: padding backward, gated units, weight norm, median") {
  CHECK(Call("reflection_pad2d_backward", {{1, 1, 6, 6}, {1, 1, 4, 4}}, {{1, 1, 4, 4}}).flops() ==
        36);
  CHECK(Call("reflection_pad2d_backward", {{1, 1, 6, 6}, {1, 1, 4, 4}}, {{1, 1, 4, 4}}).bytes() ==
        4 * (36 + 16 + 16));
  CHECK(Call("glu", {{2, 8}}, {{2, 4}}).flops() == 32);
  CHECK(Call("glu_backward", {{2, 4}, {2, 8}}, {{2, 8}}).flops() == 64);
  CHECK(Call("xlogy", {{3}, {3}}, {{3}}, {}, "Tensor").flops() == 6);
  CHECK(Call("_weight_norm_interface", {{6, 4}, {6, 1}}, {{6, 4}, {6, 1}}).flops() == 96);
  CHECK(Call("median", {{5, 6}}, {{6}, {6}}, {}, "dim").flops() == 60);
  CHECK(Call("affine_grid_generator", {{2, 2, 3}}, {{2, 5, 5, 2}}).flops() == 600);
  CHECK(Call("diag_embed", {{3}}, {{3, 3}}).bytes() == 4 * (3 + 9));
}

TEST_CASE("aten: numbers beyond 63 bits are known as such") {
  const std::int64_t half = std::int64_t{1} << 32;
  CHECK(Call("mm", {{half, half}, {half, half}}, {{half, half}}).flops() == -1);
}

}  // namespace
}  // namespace hcb::test
