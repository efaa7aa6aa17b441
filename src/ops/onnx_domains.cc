// Ops of the domains beside the main one through which no gradient flows: classical models, which
// stand before or behind a network, and optimizer steps, whose new states are outputs.
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

constexpr std::string_view kClassical = "ai.onnx.ml";
constexpr std::string_view kOptimizer = "ai.onnx.preview.training";

constexpr OpRule classical(std::string_view op, std::int64_t rate, std::int64_t since = 1) {
  return {
      .op = op, .domain = kClassical, .since = since, .grad_outputs = kNoPosition, .rate = rate};
}

// What it takes depends on the values.
constexpr OpRule by_values(std::string_view op, std::int64_t since = 1) {
  OpRule rule = classical(op, 0, since);
  rule.uncounted = true;
  return rule;
}

// One row of coefficients per output.
constexpr OpRule linear(std::string_view op, std::size_t scores) {
  OpRule rule = classical(op, 0);
  rule.flops =
      scores == 0
          ? [](const OpCall& call) { return 2 * call.output(0).elements() * call.input(0).dim(-1); }
          : [](const OpCall& call) {
              return 2 * call.output(1).elements() * call.input(0).dim(-1);
            };
  rule.formula = "2 · scores · features";
  return rule;
}

// Inputs: rate, step count, then as many parameters, gradients and states each; the outputs are the
// new parameters and states. `rate` operations per parameter.
template <std::int64_t kStates, std::int64_t kRate>
Count update_flops(const OpCall& call) {
  Count total = 0;
  for (const OpTensor& output : call.outputs) total += output.elements();
  return kRate * total / (1 + kStates);
}

constexpr OpRule optimizer(std::string_view op, Count (*flops)(const OpCall&),
                           std::string_view formula) {
  return {.op = op,
          .domain = kOptimizer,
          .grad_outputs = kNoPosition,
          .flops = flops,
          .formula = formula};
}

constexpr std::array kRules = std::to_array<OpRule>({
    classical("ArrayFeatureExtractor", 0),
    classical("Binarizer", 1),
    classical("FeatureVectorizer", 0),
    classical("Imputer", 1),
    classical("LabelEncoder", 0),
    classical("Normalizer", 3),
    classical("OneHotEncoder", 0),
    classical("Scaler", 2),
    linear("LinearClassifier", 1),
    linear("LinearRegressor", 0),
    by_values("SVMClassifier"),
    by_values("SVMRegressor"),
    by_values("TreeEnsemble", 5),
    by_values("TreeEnsembleClassifier"),
    by_values("TreeEnsembleRegressor"),
    // The derivative of a part of the graph, which names it.
    {.op = "Gradient", .domain = kOptimizer, .grad_outputs = kNoPosition, .uncounted = true},
    // g + λ·x, v = α·v + (1-α)·g, h = β·h + (1-β)·g², x - r·v/(√h + ε), and the decay behind it.
    optimizer("Adam", update_flops<2, 15>, "15 per parameter"),
    // g + λ·x, h + g², x - r·g/(√h + ε).
    optimizer("Adagrad", update_flops<1, 9>, "9 per parameter"),
    // g + λ·x, v = α·v + β·g, x - r·v.
    optimizer("Momentum", update_flops<1, 7>, "7 per parameter"),
});

}  // namespace

std::span<const OpRule> domain_rules() { return kRules; }

}  // namespace hcb::internal
