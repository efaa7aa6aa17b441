// Ops that compute every element of the output from the elements at the same place, forward and
// backward. Rates: operations per element as written in the formula, a transcendental function
// counted as one (as in onnx_pointwise.cc).
#include <array>

#include "ops/aten_rules.h"

namespace hcb::internal {
namespace {

constexpr AtenRule pointwise(std::string_view op, std::int64_t rate) {
  return {.op = op, .rate = rate, .pointwise = true};
}

// Fills its output with random numbers; what it held before is not read.
constexpr AtenRule random_fill(std::string_view op) {
  return {.op = op, .rate = 1, .pointwise = true, .random = true, .bytes = written_bytes};
}

// y = mask·x/(1-p), and the mask; random unless p is 0, which the file knows.
constexpr AtenRule dropout(std::string_view op) { return {.op = op, .rate = 2, .pointwise = true}; }

constexpr std::array kRules = std::to_array<AtenRule>({
    // Arithmetic.
    pointwise("add", 1),
    pointwise("sub", 1),
    pointwise("rsub", 1),
    pointwise("mul", 1),
    pointwise("div", 1),
    pointwise("true_divide", 1),
    pointwise("floor_divide", 2),
    pointwise("remainder", 3),
    pointwise("fmod", 3),
    pointwise("addcmul", 3),
    pointwise("addcdiv", 3),
    pointwise("lerp", 3),
    pointwise("pow", 1),
    pointwise("square", 1),
    pointwise("neg", 1),
    pointwise("abs", 1),
    pointwise("sign", 1),
    pointwise("sgn", 1),
    pointwise("reciprocal", 1),
    pointwise("sqrt", 1),
    pointwise("rsqrt", 2),
    pointwise("exp", 1),
    pointwise("exp2", 1),
    pointwise("expm1", 2),
    pointwise("log", 1),
    pointwise("log2", 1),
    pointwise("log1p", 2),
    pointwise("logaddexp", 4),
    pointwise("xlogy", 2),
    pointwise("sin", 1),
    pointwise("cos", 1),
    pointwise("tan", 1),
    pointwise("atan", 1),
    pointwise("atan2", 1),
    pointwise("sinh", 1),
    pointwise("cosh", 1),
    pointwise("erf", 1),
    pointwise("erfc", 2),
    pointwise("floor", 1),
    pointwise("ceil", 1),
    pointwise("round", 1),
    pointwise("trunc", 1),
    pointwise("frac", 2),
    pointwise("maximum", 1),
    pointwise("minimum", 1),
    pointwise("clamp", 2),
    pointwise("clamp_min", 1),
    pointwise("clamp_max", 1),
    pointwise("nan_to_num", 3),
    {.op = "max", .overload = "other", .rate = 1, .pointwise = true},
    {.op = "min", .overload = "other", .rate = 1, .pointwise = true},

    // Comparison, logic, choice.
    pointwise("eq", 1),
    pointwise("ne", 1),
    pointwise("lt", 1),
    pointwise("le", 1),
    pointwise("gt", 1),
    pointwise("ge", 1),
    pointwise("isnan", 1),
    pointwise("isinf", 1),
    pointwise("isfinite", 1),
    pointwise("logical_and", 1),
    pointwise("logical_or", 1),
    pointwise("logical_xor", 1),
    pointwise("logical_not", 1),
    pointwise("bitwise_and", 1),
    pointwise("bitwise_or", 1),
    pointwise("bitwise_xor", 1),
    pointwise("bitwise_not", 1),
    pointwise("__and__", 1),
    pointwise("__or__", 1),
    pointwise("where", 1),
    pointwise("masked_fill", 1),
    pointwise("tril", 1),
    pointwise("triu", 1),

    // Activations.
    pointwise("relu", 1),
    pointwise("relu6", 2),
    pointwise("leaky_relu", 2),
    pointwise("leaky_relu_backward", 2),
    pointwise("threshold", 1),
    pointwise("threshold_backward", 1),
    pointwise("sigmoid", 3),
    pointwise("sigmoid_backward", 3),
    pointwise("log_sigmoid_forward", 3),
    pointwise("log_sigmoid_backward", 4),
    pointwise("tanh", 1),
    pointwise("tanh_backward", 3),
    pointwise("gelu", 5),
    pointwise("gelu_backward", 9),
    pointwise("silu", 4),
    pointwise("glu", 4),
    pointwise("glu_backward", 4),
    pointwise("silu_backward", 6),
    pointwise("mish", 5),
    pointwise("mish_backward", 9),
    pointwise("elu", 3),
    pointwise("elu_backward", 3),
    pointwise("softplus", 3),
    pointwise("softplus_backward", 4),
    pointwise("hardtanh", 2),
    pointwise("hardtanh_backward", 2),
    pointwise("hardsigmoid", 4),
    pointwise("hardsigmoid_backward", 2),
    pointwise("hardswish", 5),
    pointwise("hardswish_backward", 4),
    pointwise("_prelu_kernel", 2),
    pointwise("_prelu_kernel_backward", 4),

    // Gates of recurrent cells: per element of h, four gates for LSTM, three for GRU.
    pointwise("_thnn_fused_lstm_cell", 17),
    pointwise("_thnn_fused_lstm_cell_backward_impl", 8),
    pointwise("_thnn_fused_gru_cell", 15),
    pointwise("_thnn_fused_gru_cell_backward", 6),

    // Random numbers.
    random_fill("bernoulli"),
    {.op = "bernoulli", .overload = "Tensor", .rate = 1, .pointwise = true, .random = true},
    {.op = "bernoulli", .overload = "default", .rate = 1, .pointwise = true, .random = true},
    random_fill("normal"),
    random_fill("uniform"),
    random_fill("exponential"),
    random_fill("random"),
    random_fill("rand"),
    random_fill("randn"),
    random_fill("randint"),
    random_fill("randperm"),
    random_fill("rand_like"),
    random_fill("randn_like"),
    random_fill("randint_like"),
    dropout("dropout"),
    dropout("native_dropout"),
    dropout("_fused_dropout"),
    pointwise("native_dropout_backward", 2),
    pointwise("_masked_scale", 2),
    {.op = "rrelu_with_noise", .rate = 2, .pointwise = true, .random = true},
    {.op = "multinomial", .rate = 2, .per_input = true, .random = true},
});

}  // namespace

std::span<const AtenRule> aten_pointwise_rules() { return kRules; }

}  // namespace hcb::internal
