// Products summed over shared indices, and loops: every gradient of a product is such a product
// again, of g with the other factor, with as many FLOPs as the forward.
#include <array>

#include "ops/jax_rules.h"
#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

std::int64_t factors_wanted(const OpCall& call) {
  return (call.wants(0) ? 1 : 0) + (call.wants(1) ? 1 : 0);
}

// 2·|out|·K, K the product of the contracted dims.
Count dot_flops(const OpCall& call) {
  Count contracted = 1;
  for (const std::int64_t axis : call.integers("dimension_numbers.0.0"))
    contracted *= call.input(0).dim(axis);
  return 2 * call.output(0).elements() * contracted;
}

// 2 operations per element of the output and weight of its filter; holes that lhs_dilation puts
// between the elements cost nothing. The filter's output features are its dim rhs_spec[0].
Count convolution_flops(const OpCall& call) {
  const auto spec = call.integers("dimension_numbers.rhs_spec");
  const std::int64_t features = spec.empty() ? 1 : call.input(1).dim(spec[0]);
  Count flops = 2 * call.output(0).elements() * (call.input(1).elements() / features);
  for (const std::int64_t holes : call.integers("lhs_dilation")) flops = flops / holes;
  return flops;
}

const OpRule kDot{
    .op = "dot_general",
    .gradients = positions(0, 1),
    .weights = positions(0, 1),
    .saves = save_other_factor,
    .flops = dot_flops,
    .grad_flops = [](const OpCall& call) { return factors_wanted(call) * dot_flops(call); }};

const OpRule kConvolution{.op = "conv_general_dilated",
                          .gradients = positions(0, 1),
                          .weights = positions(1),
                          .saves = save_other_factor,
                          .flops = convolution_flops,
                          .grad_flops = [](const OpCall& call) {
                            return factors_wanted(call) * convolution_flops(call);
                          }};

// What its bodies compute, as often as they run. The backward reads everything there is: which
// values of the iterations it needs is not known before it is derived.
OpRule loop(std::string_view op) {
  OpRule rule = default_rule();
  rule.op = op;
  rule.flags = {};
  return rule;
}

const std::array kRules = std::to_array<OpRule>({
    kDot,
    kConvolution,
    loop("scan"),
    loop("while"),
    loop("cond"),
});

}  // namespace

std::span<const OpRule> jax_contraction_rules() { return kRules; }

}  // namespace hcb::internal
