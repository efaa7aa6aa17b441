// Primitives that compute every element of the output from the elements at the same place. jax
// broadcasts nothing here but scalars of select_n and clamp. g is the gradient of the output y.
//
// FLOP rates as in the ONNX table: operations as written in the formula, a transcendental function
// counted as one.
#include <array>

#include "ops/jax_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

using SavesFn = Saved (*)(const OpCall&);

// y = f(x). saves: what f'(x) is computed from.
constexpr OpRule unary(std::string_view op, SavesFn saves, std::int64_t rate = 1,
                       std::int64_t grad_rate = 2) {
  return {.op = op,
          .gradients = positions(0),
          .pointwise = true,
          .rate = rate,
          .grad_rate = grad_rate,
          .saves = saves};
}

// Piecewise constant, logical or integer: no gradient.
constexpr OpRule step(std::string_view op, std::int64_t rate = 1) {
  return {.op = op, .grad_outputs = kNoPosition, .pointwise = true, .rate = rate};
}

constexpr OpRule binary(std::string_view op, SavesFn saves, std::int64_t grad_rate) {
  return {.op = op,
          .gradients = positions(0, 1),
          .pointwise = true,
          .rate = 1,
          .grad_rate = grad_rate,
          .saves = saves};
}

// Every gradient is g itself.
constexpr OpRule sum(std::string_view op) {
  OpRule rule = binary(op, nullptr, 0);
  rule.grad_view = [](const OpCall&, std::size_t) { return true; };
  return rule;
}

// y is x, in a storage of its own.
constexpr OpRule copy(std::string_view op) {
  return {.op = op,
          .gradients = positions(0),
          .pointwise = true,
          .carried = positions(0),
          .grad_view = [](const OpCall&, std::size_t i) { return i == 0; }};
}

// y = a / b: da = g/b, db = -g·y/b. With a literal there is one input, and what it is divided by, or
// divides, is needed at most.
Saved save_for_division(const OpCall& call) {
  if (call.inputs.size() < 2) return {.inputs = {0}, .outputs = {}};
  if (!call.wants(1)) return {.inputs = {1}, .outputs = {}};
  return {.inputs = {1}, .outputs = {0}};
}

// y = select(p, a, b, …): each gradient is g where it was chosen. p may be broadcast.
constexpr OpRule kSelect{.op = "select_n",
                         .gradients = {.rest = 1},
                         .pointwise = true,
                         .rate = 1,
                         .grad_rate = 1,
                         .saves = save_input};

// y = min(max(x, low), high), operands in the order low, x, high.
constexpr OpRule kClamp{.op = "clamp",
                        .gradients = kEveryPosition,
                        .pointwise = true,
                        .rate = 2,
                        .grad_rate = 2,
                        .saves = save_inputs};

// The gradient of a cast is a cast back.
constexpr OpRule kCast{.op = "convert_element_type",
                       .gradients = positions(0),
                       .pointwise = true,
                       .carried = positions(0),
                       .rate = 1,
                       .grad_rate = 1};

const std::array kRules = std::to_array<OpRule>({
    // Linear.
    sum("add"),
    sum("add_any"),
    binary("sub", nullptr, 1),
    unary("neg", nullptr, 1, 1),
    kCast,
    unary("reduce_precision", nullptr, 1, 1),
    unary("real", nullptr, 0, 1),
    unary("imag", nullptr, 0, 1),
    unary("conj", nullptr, 1, 1),
    binary("complex", nullptr, 1),
    copy("copy"),
    copy("copy_p"),
    copy("stop_gradient"),
    copy("name"),
    copy("optimization_barrier"),
    copy("pvary"),
    copy("sharding_constraint"),
    copy("device_put"),
    copy("reshard"),
    copy("mesh_cast"),

    // Products and the like.
    binary("mul", save_other_factor, 1),
    binary("div", save_for_division, 2),
    binary("pow", save_input_and_output, 4),
    binary("max", save_inputs, 1),
    binary("min", save_inputs, 1),
    binary("atan2", save_inputs, 4),
    binary("rem", save_inputs, 2),
    kSelect,
    kClamp,

    // y' from y.
    unary("exp", save_output, 1, 1),
    unary("exp2", save_output),
    unary("expm1", save_output),
    unary("tanh", save_output, 1, 3),
    unary("logistic", save_output, 4, 3),
    unary("sqrt", save_output),
    unary("rsqrt", save_output, 2, 4),
    unary("cbrt", save_output, 1, 4),
    unary("tan", save_output, 1, 3),
    unary("erf_inv", save_output, 1, 4),

    // y' from x.
    unary("abs", save_input, 1, 2),
    unary("square", save_input),
    unary("integer_pow", save_input, 1, 3),
    unary("log", save_input, 1, 1),
    unary("log1p", save_input),
    unary("sin", save_input),
    unary("cos", save_input),
    unary("asin", save_input, 1, 4),
    unary("acos", save_input, 1, 4),
    unary("atan", save_input, 1, 3),
    unary("sinh", save_input),
    unary("cosh", save_input),
    unary("asinh", save_input, 1, 4),
    unary("acosh", save_input, 1, 4),
    unary("atanh", save_input, 1, 3),
    unary("erf", save_input, 1, 4),
    unary("erfc", save_input, 1, 4),
    unary("lgamma", save_input),
    unary("digamma", save_input),

    // No gradient.
    step("sign"),
    step("floor"),
    step("ceil"),
    step("round"),
    step("is_finite"),
    step("not"),
    step("and"),
    step("or"),
    step("xor"),
    step("eq"),
    step("ne"),
    step("lt"),
    step("le"),
    step("gt"),
    step("ge"),
    step("eq_to"),
    step("lt_to"),
    step("le_to"),
    step("nextafter"),
    step("shift_left"),
    step("shift_right_logical"),
    step("shift_right_arithmetic"),
    step("population_count", 12),
    step("clz", 20),
});

}  // namespace

std::span<const OpRule> jax_pointwise_rules() { return kRules; }

}  // namespace hcb::internal
