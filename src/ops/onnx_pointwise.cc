// Ops that compute every element of the output from the elements at the same place (after
// broadcasting). g is the gradient of the output y.
//
// FLOP rates are operations per element as written in the formula, with a transcendental function
// counted as one.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

using SavesFn = Saved (*)(const OpCall&);

constexpr std::string_view kBroadcastWorkspace =
    "back: for each operand that was broadcast its gradient at full size";

// y = f(x), one gradient of the shape of x. saves: what f'(x) is computed from. A weight in front of
// f is what training changes: exp(log A).
constexpr OpRule unary(std::string_view op, SavesFn saves, std::int64_t rate,
                       std::int64_t grad_rate) {
  return {.op = op,
          .gradients = positions(0),
          .pointwise = true,
          .carried = positions(0),
          .rate = rate,
          .grad_rate = grad_rate,
          .saves = saves};
}

// The same from that opset on.
constexpr OpRule from(std::int64_t since, OpRule rule) {
  rule.since = since;
  return rule;
}

// Piecewise constant, logical or integer: no gradient.
constexpr OpRule step(std::string_view op, std::int64_t since = 1) {
  return {.op = op, .since = since, .grad_outputs = kNoPosition, .pointwise = true, .rate = 1};
}

// y = f(a, b) with broadcasting. A constant operand beside one that leads to a parameter is a
// weight itself: exporters write biases and scales that way.
constexpr OpRule binary(std::string_view op, SavesFn saves, std::int64_t grad_rate) {
  return {.op = op,
          .gradients = positions(0, 1),
          .pointwise = true,
          .rate = 1,
          .grad_rate = grad_rate,
          .saves = saves,
          .grad_workspace = broadcast_temporaries,
          .workspace_formula = kBroadcastWorkspace};
}

// The same, where exporters write biases and scales: a constant operand beside one that leads to a
// parameter is a weight itself.
constexpr OpRule affine(OpRule rule) {
  rule.joint_weights = positions(0, 1);
  return rule;
}

bool same_shape_view(const OpCall& call, std::size_t i) { return !call.broadcasts(i); }

bool same_dtype(const OpCall& call) { return call.input(0).dtype == call.output(0).dtype; }

// y = a + b + …: every gradient is g, summed down where it was broadcast.
constexpr OpRule sum(std::string_view op, Positions operands) {
  return {.op = op,
          .gradients = operands,
          .joint_weights = operands,
          .pointwise = true,
          .grad_rate = 1,
          .grad_view = same_shape_view,
          .flops =
              [](const OpCall& call) {
                return static_cast<std::int64_t>(call.inputs.size() - 1) *
                       call.output(0).elements();
              },
          .formula = "(operands - 1) · |Y|"};
}

// y = max(a, b, …), min: each gradient is g where its operand won, so all operands are compared.
constexpr OpRule extremum(std::string_view op) {
  return {.op = op,
          .gradients = kEveryPosition,
          .pointwise = true,
          .grad_rate = 1,
          .saves = save_inputs,
          .flops =
              [](const OpCall& call) {
                return static_cast<std::int64_t>(call.inputs.size() - 1) *
                       call.output(0).elements();
              },
          .grad_workspace = broadcast_temporaries,
          .formula = "(operands - 1) · |Y|",
          .workspace_formula = kBroadcastWorkspace};
}

// y = a - b: da = g, db = -g.
OpRule subtraction() {
  OpRule rule = affine(binary("Sub", nullptr, 1));
  rule.grad_view = [](const OpCall& call, std::size_t i) { return i == 0 && !call.broadcasts(0); };
  rule.grad_workspace = [](const OpCall& call) {
    return call.wants(1) && call.broadcasts(1) ? call.output(0).bytes() : Count(0);
  };
  return rule;
}

// y = a / b: da = g/b, db = -g·a/b².
Saved save_for_division(const OpCall& call) {
  if (call.wants(1)) return {.inputs = {0, 1}, .outputs = {}};
  return {.inputs = {1}, .outputs = {}};
}

// y = a^b: da = g·b·a^(b-1), db = g·y·ln a.
Saved save_for_power(const OpCall& call) {
  Saved saved{.inputs = {0}, .outputs = {}};
  if (call.wants(0)) saved.inputs.push_back(1);
  if (call.wants(1)) saved.outputs.push_back(0);
  return saved;
}

// y = fmod(a, b): da = g, db = -g·trunc(a/b).
OpRule remainder() {
  OpRule rule = binary("Mod", nullptr, 2);
  rule.since = 10;
  rule.saves = [](const OpCall& call) {
    return call.wants(1) ? Saved{.inputs = {0, 1}, .outputs = {}} : Saved{};
  };
  rule.grad_view = [](const OpCall& call, std::size_t i) { return i == 0 && !call.broadcasts(0); };
  rule.grad_workspace = [](const OpCall& call) {
    return call.wants(1) && call.broadcasts(1) ? call.output(0).bytes() : Count(0);
  };
  return rule;
}

// y = c ? a : b: da = c ? g : 0, db = c ? 0 : g.
constexpr OpRule kWhere{.op = "Where",
                        .since = 9,
                        .gradients = positions(1, 2),
                        .pointwise = true,
                        .rate = 1,
                        .grad_rate = 1,
                        .saves = save_input,
                        .grad_workspace = broadcast_temporaries,
                        .workspace_formula = kBroadcastWorkspace};

// y = x > 0 ? x : s·x: dx = x > 0 ? g : s·g, ds = x > 0 ? 0 : g·x, summed down.
OpRule parametric_relu() {
  OpRule rule = binary("PRelu", nullptr, 2);
  rule.weights = positions(1);
  rule.rate = 2;
  rule.saves = [](const OpCall& call) {
    return call.wants(0) ? Saved{.inputs = {0, 1}, .outputs = {}}
                         : Saved{.inputs = {0}, .outputs = {}};
  };
  return rule;
}

// y = (a + b + …)/n: every gradient is g/n.
OpRule average() {
  OpRule rule = sum("Mean", kEveryPosition);
  rule.joint_weights = kNoPosition;
  rule.grad_view = nullptr;
  rule.grad_workspace = broadcast_temporaries;
  rule.workspace_formula = kBroadcastWorkspace;
  rule.flops = [](const OpCall& call) {
    return static_cast<std::int64_t>(call.inputs.size()) * call.output(0).elements();
  };
  rule.formula = "operands · |Y|";
  return rule;
}

// The gradient of a cast is a cast back. To its own type it is the tensor itself.
constexpr OpRule cast(std::string_view op, std::int64_t since) {
  return {.op = op,
          .since = since,
          .gradients = positions(0),
          .pointwise = true,
          .carried = positions(0),
          .rate = 1,
          .grad_rate = 1,
          .view = same_dtype};
}

// y = x·mask/(1-p): dx = g·mask/(1-p), one byte of mask per element. Inference: y is x.
OpRule dropout() {
  return {.op = "Dropout",
          .gradients = positions(0),
          .droppable = positions(1),
          .pointwise = true,
          .has_training = true,
          .training_flags = {.random = true},
          .rate = 2,
          .grad_rate = 2,
          .stash =
              [](const OpCall& call) {
                const auto shape = call.output(0).shape;
                return std::vector{StashSpec{.name = "mask",
                                             .dtype = DType::boolean,
                                             .shape = {shape.begin(), shape.end()},
                                             .output = 1}};
              },
          .view = [](const OpCall& call) { return !call.training; }};
}

// (x1, x2) -> (x1·c - x2·s, x1·s + x2·c): dx is the inverse rotation of g by the same c and s.
constexpr OpRule kRotary{
    .op = "RotaryEmbedding",
    .since = 23,
    .gradients = positions(0),
    .pointwise = true,
    .rate = 3,
    .grad_rate = 3,
    .saves = [](const OpCall&) { return Saved{.inputs = {1, 2, 3}, .outputs = {}}; }};

// y = a·σ(α·a)·b: the sigmoid is computed again for both gradients.
constexpr OpRule kSwiGlu{.op = "SwiGLU",
                         .since = 28,
                         .gradients = positions(0, 1),
                         .pointwise = true,
                         .rate = 5,
                         .saves = save_inputs,
                         .grad_flops =
                             [](const OpCall& call) {
                               const std::int64_t rate =
                                   (call.wants(0) ? 7 : 0) + (call.wants(1) ? 5 : 0);
                               return rate * call.output(0).elements();
                             },
                         .grad_formula = "7 · |Y| for A, 5 · |Y| for B"};

constexpr SavesFn kNothing = nullptr;

const std::array kRules{
    // f' from the output.
    unary("Relu", save_output, 1, 1),        // g·[y > 0]
    unary("Sigmoid", save_output, 3, 3),     // g·y·(1-y)
    unary("Tanh", save_output, 1, 3),        // g·(1-y²)
    unary("Exp", save_output, 1, 1),         // g·y
    unary("Sqrt", save_output, 1, 2),        // g/(2y)
    unary("Reciprocal", save_output, 1, 3),  // -g·y²
    unary("Tan", save_output, 1, 3),         // g·(1+y²)
    // f' from the input.
    unary("Abs", save_input, 1, 2),             // g·sign x
    unary("Log", save_input, 1, 1),             // g/x
    unary("Sin", save_input, 1, 2),             // g·cos x
    unary("Cos", save_input, 1, 3),             // -g·sin x
    unary("Asin", save_input, 1, 4),            // g/√(1-x²)
    unary("Acos", save_input, 1, 5),            // -g/√(1-x²)
    unary("Atan", save_input, 1, 3),            // g/(1+x²)
    from(9, unary("Sinh", save_input, 1, 2)),   // g·cosh x
    from(9, unary("Cosh", save_input, 1, 2)),   // g·sinh x
    from(9, unary("Asinh", save_input, 1, 4)),  // g/√(x²+1)
    from(9, unary("Acosh", save_input, 1, 4)),  // g/√(x²-1)
    from(9, unary("Atanh", save_input, 1, 3)),  // g/(1-x²)
    from(9, unary("Erf", save_input, 1, 4)),    // g·2/√π·exp(-x²)
    from(20, unary("Gelu", save_input, 5, 9)),  // g·(Φ(x) + x·φ(x))
    unary("Softplus", save_input, 3, 4),        // g·σ(x)
    unary("Softsign", save_input, 3, 4),        // g/(1+|x|)²
    unary("Elu", save_input, 3, 3),             // g·(x > 0 ? 1 : α·eˣ)
    unary("Selu", save_input, 4, 3),            // the same, scaled
    from(12, unary("Celu", save_input, 4, 3)),  // g·(x > 0 ? 1 : e^(x/α))
    from(18, unary("Mish", save_input, 5, 9)),  // y = x·tanh(softplus x)
    unary("HardSigmoid", save_input, 4, 2),     // α·g inside the ramp
    from(14, unary("HardSwish", save_input, 5, 4)),
    from(24, unary("Swish", save_input, 4, 6)),  // g·(σ(αx) + αx·σ(αx)·(1-σ(αx)))
    unary("LeakyRelu", save_input, 2, 2),        // g·(x > 0 ? 1 : α)
    from(10, unary("ThresholdedRelu", save_input, 1, 1)),
    from(9, unary("Shrink", save_input, 2, 1)),  // g outside the dead zone
    unary("Clip", save_inputs, 2, 2),            // g·[min <= x <= max]
    // f' constant.
    unary("Neg", kNothing, 1, 1),
    cast("Cast", 1),
    cast("CastLike", 15),
    // Several operands.
    sum("Add", positions(0, 1)),
    sum("Sum", kEveryPosition),
    subtraction(),
    affine(binary("Mul", save_other_factor, 1)),  // da = g·b, db = g·a
    affine(binary("Div", save_for_division, 3)),
    binary("Pow", save_for_power, 4),
    remainder(),
    extremum("Max"),
    extremum("Min"),
    average(),
    kWhere,
    parametric_relu(),
    kRotary,
    kSwiGlu,
    dropout(),
    // No gradient.
    step("Ceil"),
    step("Floor"),
    step("Round", 11),
    step("Sign", 9),
    step("IsNaN", 9),
    step("IsInf", 10),
    step("Not"),
    step("And"),
    step("Or"),
    step("Xor"),
    step("Equal"),
    step("Greater"),
    step("GreaterOrEqual", 12),
    step("Less"),
    step("LessOrEqual", 12),
    step("BitShift", 11),
    step("BitwiseAnd", 18),
    step("BitwiseOr", 18),
    step("BitwiseXor", 18),
    step("BitwiseNot", 18),
};

}  // namespace

std::span<const OpRule> pointwise_rules() { return kRules; }

}  // namespace hcb::internal
