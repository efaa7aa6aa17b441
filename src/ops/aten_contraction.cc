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

constexpr AtenRule contraction(std::string_view op, Count (*flops)(const OpCall&)) {
  return {.op = op, .flops = flops};
}

// Cells of a stack of layers; sizes of the reserve are known to the library alone.
constexpr AtenRule recurrent(std::string_view op, Count (*flops)(const OpCall&)) {
  return {.op = op, .hidden_size = true, .flops = flops};
}

// With dropout inside.
constexpr AtenRule attention(std::string_view op) { return contraction(op, attention_flops); }
constexpr AtenRule attention_backward(std::string_view op) {
  return contraction(op, attention_backward_flops);
}

constexpr std::array kRules = std::to_array<AtenRule>({
    contraction("mm", product_flops<0>),
    contraction("bmm", product_flops<0>),
    contraction("matmul", matmul_flops),
    contraction("mv", product_flops<0>),
    contraction("dot", dot_flops),
    contraction("vdot", dot_flops),
    {.op = "outer", .rate = 1},
    contraction("addmm", add_product_flops),
    contraction("_addmm_activation", add_product_flops),
    contraction("addmv", add_product_flops),
    contraction("baddbmm", add_product_flops),
    {.op = "addr", .rate = 3},
    contraction("linear", linear_flops),
    contraction("linear_backward", linear_backward_flops),

    contraction("convolution", convolution_flops<Transposed::argument>),
    contraction("_convolution", convolution_flops<Transposed::argument>),
    contraction("convolution_overrideable", convolution_flops<Transposed::argument>),
    contraction("conv1d", convolution_flops<Transposed::never>),
    contraction("conv2d", convolution_flops<Transposed::never>),
    contraction("conv3d", convolution_flops<Transposed::never>),
    contraction("mkldnn_convolution", convolution_flops<Transposed::never>),
    contraction("cudnn_convolution", convolution_flops<Transposed::never>),
    contraction("conv_transpose1d", convolution_flops<Transposed::always>),
    contraction("conv_transpose2d", convolution_flops<Transposed::always>),
    contraction("conv_transpose3d", convolution_flops<Transposed::always>),
    contraction("cudnn_convolution_transpose", convolution_flops<Transposed::always>),
    contraction("convolution_backward", convolution_backward_flops),
    contraction("convolution_backward_overrideable", convolution_backward_flops),

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

    recurrent("lstm", recurrent_flops),
    recurrent("gru", recurrent_flops),
    recurrent("rnn_tanh", recurrent_flops),
    recurrent("rnn_relu", recurrent_flops),
    recurrent("mkldnn_rnn_layer", recurrent_flops),
    recurrent("mkldnn_rnn_layer_backward", recurrent_backward_flops),
    recurrent("_cudnn_rnn", recurrent_flops),
    recurrent("_cudnn_rnn_backward", recurrent_backward_flops),
});

}  // namespace

std::span<const AtenRule> aten_contraction_rules() { return kRules; }

}  // namespace hcb::internal
