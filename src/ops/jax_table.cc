// Row families sorted into one table once.
#include "ops/jax_table.h"

#include <algorithm>

#include "ops/jax_rules.h"

namespace hcb {
namespace {

std::vector<OpRule> sorted_rules() {
  std::vector<OpRule> all;
  for (const auto family : {internal::jax_pointwise_rules(), internal::jax_movement_rules(),
                            internal::jax_reduction_rules(), internal::jax_contraction_rules(),
                            internal::jax_random_rules()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  std::ranges::sort(all, {}, &OpRule::op);
  return all;
}

}  // namespace

std::span<const OpRule> jax_table() {
  static const std::vector<OpRule> kRules = sorted_rules();
  return kRules;
}

const OpRule* find_jax_op(std::string_view op) {
  const auto rules = jax_table();
  const auto at = std::ranges::lower_bound(rules, op, {}, &OpRule::op);
  return at != rules.end() && at->op == op ? &*at : nullptr;
}

Count jax_flops(const OpRule& rule, const OpCall& call) {
  return rule.flops != nullptr ? rule.flops(call) : rule.rate * call.output(0).elements();
}

Count jax_bytes(const OpRule& rule, const OpCall& call) {
  return rule.bytes != nullptr ? rule.bytes(call)
                               : total_bytes(call.inputs) + total_bytes(call.outputs);
}

}  // namespace hcb
