// Products summed over shared indices: matrix products, convolutions, attention, recurrent layers.
// A multiply-add counts as two FLOPs. Backward ops compute one product of the forward's size per
// gradient they make; a gradient that is not made is no output.
#include <algorithm>
#include <array>

#include "ops/aten_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

// out = a·b, a at that position among the tensors.
template <std::size_t kFirst>
Count product_flops(const OpCall& call) {
  return 2 * call.output(0).elements() * call.input(kFirst).dim(-1);
}

// out = β·c + α·a·b.
Count add_product_flops(const OpCall& call) {
  return product_flops<1>(call) + call.output(0).elements();
}

// a is [m, k] or [b, m, k], b a matrix or a stack; also vectors.
Count matmul_flops(const OpCall& call) { return product_flops<0>(call); }

// linear(x, w, bias).
Count linear_flops(const OpCall& call) {
  return product_flops<0>(call) + (call.input(2).present ? call.output(0).elements() : 0);
}

// linear_backward(x, grad, w): one product per gradient of x and w.
Count linear_backward_flops(const OpCall& call) {
  Count total = 0;
  const Count one = 2 * call.input(1).elements() * call.input(0).dim(-1);
  for (std::size_t i = 0; i < 2; ++i) total += call.output(i).present ? one : Count(0);
  return total + (call.output(2).present ? call.input(1).elements() : 0);
}

// dot(a, b).
Count dot_flops(const OpCall& call) { return 2 * call.input(0).elements(); }

bool is_transposed(const OpCall& call, std::string_view position) {
  return call.integer("transposed", call.integer(position, 0)) != 0;
}

// Elements of one filter behind its first dim: input channels of a group × window.
Count filter_size(const OpTensor& weight) {
  return weight.shape.empty() ? Count(1) : product(weight.shape.subspan(1));
}

// Per element of y (of x, where transposed): one multiply-add with every element of a filter.
Count convolution_product(const OpTensor& x, const OpTensor& weight, const OpTensor& y,
                          bool transposed) {
  return 2 * (transposed ? x : y).elements() * filter_size(weight);
}

// How an op says that it is a transposed convolution.
enum class Transposed { never, always, argument };

// conv(x, weight, bias, stride, padding, dilation, transposed, …).
template <Transposed kTransposed>
Count convolution_flops(const OpCall& call) {
  const bool transposed = kTransposed == Transposed::always ||
                          (kTransposed == Transposed::argument && is_transposed(call, "6"));
  const Count bias = call.input(2).present ? call.output(0).elements() : 0;
  return convolution_product(call.input(0), call.input(1), call.output(0), transposed) + bias;
}

// convolution_backward(grad, x, weight, bias_sizes, stride, padding, dilation, transposed, …) ->
// (dx, dw, db).
Count convolution_backward_flops(const OpCall& call) {
  const Count one =
      convolution_product(call.input(1), call.input(2), call.input(0), is_transposed(call, "7"));
  Count total = call.output(2).present ? call.input(0).elements() : 0;
  for (std::size_t i = 0; i < 2; ++i) total += call.output(i).present ? one : Count(0);
  return total;
}

// Queries [.., L, E], keys [.., S, E], values [.., S, Ev].
struct Heads {
  Count scores;  // .. × L × S
  Count depths;  // E + Ev
};

Heads heads(const OpTensor& q, const OpTensor& k, const OpTensor& v) {
  const Count rows = q.shape.empty() ? Count(1) : product(q.shape.first(q.shape.size() - 1));
  return {.scores = rows * k.dim(-2), .depths = Count(k.dim(-1)) + v.dim(-1)};
}

// q·kᵀ, softmax (5 per score), ·v.
Count attention_flops(const OpCall& call) {
  const Heads h = heads(call.input(0), call.input(1), call.input(2));
  return h.scores * (2 * h.depths + 5);
}

// (grad, q, k, v, …): the scores again, then dv, dp, dq, dk, and softmax both ways. Of five
// products three run over E and two over Ev; here E = Ev counts for all.
Count attention_backward_flops(const OpCall& call) {
  const Heads h = heads(call.input(1), call.input(2), call.input(3));
  return h.scores * (5 * h.depths + 9);
}

// A layer over T steps and batch N: every weight matrix takes part once per step and entry. x is
// [T, N, I] or [N, T, I]. kFirst: where the weights start among the tensors.
Count recurrent_product(const OpCall& call, std::size_t first) {
  const OpTensor& x = call.input(0);
  const Count cells = x.shape.empty() ? Count(1) : product(x.shape.first(x.shape.size() - 1));
  Count weights = 0;
  for (std::size_t i = first; i < call.inputs.size(); ++i) {
    if (call.input(i).present && call.input(i).shape.size() == 2)
      weights += call.input(i).elements();
  }
  return 2 * cells * weights;
}

constexpr std::int64_t kGateRate = 9;  // pointwise operations of a cell per element of h

// x, then weights and biases, states in between (of three dims).
Count recurrent_flops(const OpCall& call) {
  return recurrent_product(call, 1) + kGateRate * call.output(0).elements();
}

// Each product gives a gradient of its weight and one of its operand.
Count recurrent_backward_flops(const OpCall& call) {
  return 2 * recurrent_product(call, 1) + 2 * kGateRate * call.input(0).elements();
}

constexpr AtenRule contraction(std::string_view op, Count (*flops)(const OpCall&),
                               std::string_view formula) {
  return {.op = op, .flops = flops, .formula = formula};
}

constexpr AtenRule mm(std::string_view op, Count (*flops)(const OpCall&)) {
  return contraction(op, flops, "2 · |out| · K");
}

constexpr AtenRule addmm(std::string_view op) {
  return contraction(op, add_product_flops, "2 · |out| · K + |out|");
}

template <Transposed kTransposed>
constexpr AtenRule convolution(std::string_view op) {
  constexpr std::array kFormulas{
      "2 · |out| · |w|/M, + |out| with bias", "2 · |x| · |w|/C, + |out| with bias",
      "2 · |out| · |w|/M, transposed 2 · |x| · |w|/C; + |out| with bias"};
  return contraction(op, convolution_flops<kTransposed>,
                     kFormulas[static_cast<std::size_t>(kTransposed)]);
}

constexpr AtenRule convolution_backward(std::string_view op) {
  return contraction(op, convolution_backward_flops,
                     "the forward's product for dx and dw each, |grad| for the bias");
}

// Cells of a stack of layers; sizes of the reserve are known to the library alone.
constexpr AtenRule recurrent(std::string_view op) {
  return {.op = op,
          .hidden_size = true,
          .flops = recurrent_flops,
          .formula = "2 · steps · batch · |weights| + 9 · |out|"};
}

constexpr AtenRule recurrent_backward(std::string_view op) {
  return {.op = op,
          .hidden_size = true,
          .flops = recurrent_backward_flops,
          .formula = "4 · steps · batch · |weights| + 18 · |x|"};
}

// With dropout inside.
constexpr AtenRule attention(std::string_view op) {
  return contraction(op, attention_flops, "scores · (2 · (E + Ev) + 5)");
}
constexpr AtenRule attention_backward(std::string_view op) {
  return contraction(op, attention_backward_flops, "scores · (5 · (E + Ev) + 9)");
}

constexpr std::array kRules = std::to_array<AtenRule>({
    mm("mm", product_flops<0>),
    mm("bmm", product_flops<0>),
    mm("matmul", matmul_flops),
    mm("mv", product_flops<0>),
    contraction("dot", dot_flops, "2 · n"),
    contraction("vdot", dot_flops, "2 · n"),
    {.op = "outer", .rate = 1},
    addmm("addmm"),
    addmm("_addmm_activation"),
    addmm("addmv"),
    addmm("baddbmm"),
    {.op = "addr", .rate = 3},
    contraction("linear", linear_flops, "2 · |out| · K, + |out| with bias"),
    contraction("linear_backward", linear_backward_flops,
                "2 · |grad| · K for dx and dw each, |grad| for the bias"),

    convolution<Transposed::argument>("convolution"),
    convolution<Transposed::argument>("_convolution"),
    convolution<Transposed::argument>("convolution_overrideable"),
    convolution<Transposed::never>("conv1d"),
    convolution<Transposed::never>("conv2d"),
    convolution<Transposed::never>("conv3d"),
    convolution<Transposed::never>("mkldnn_convolution"),
    convolution<Transposed::never>("cudnn_convolution"),
    convolution<Transposed::always>("conv_transpose1d"),
    convolution<Transposed::always>("conv_transpose2d"),
    convolution<Transposed::always>("conv_transpose3d"),
    convolution<Transposed::always>("cudnn_convolution_transpose"),
    convolution_backward("convolution_backward"),
    convolution_backward("convolution_backward_overrideable"),

    attention("scaled_dot_product_attention"),
    attention("_scaled_dot_product_attention_math"),
    attention("_scaled_dot_product_flash_attention"),
    attention("_scaled_dot_product_flash_attention_for_cpu"),
    attention("_scaled_dot_product_efficient_attention"),
    attention("_scaled_dot_product_cudnn_attention"),
    attention_backward("_scaled_dot_product_flash_attention_backward"),
    attention_backward("_scaled_dot_product_flash_attention_for_cpu_backward"),
    attention_backward("_scaled_dot_product_efficient_attention_backward"),
    attention_backward("_scaled_dot_product_cudnn_attention_backward"),

    recurrent("lstm"),
    recurrent("gru"),
    recurrent("rnn_tanh"),
    recurrent("rnn_relu"),
    recurrent("mkldnn_rnn_layer"),
    recurrent_backward("mkldnn_rnn_layer_backward"),
    recurrent("_cudnn_rnn"),
    recurrent_backward("_cudnn_rnn_backward"),
});

}  // namespace

std::span<const AtenRule> aten_contraction_rules() { return kRules; }

}  // namespace hcb::internal
