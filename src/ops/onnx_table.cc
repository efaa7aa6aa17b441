// The families of rows, joined and sorted once, so that a lookup is a binary search for the last
// row of that name whose first opset is not newer.
#include "ops/onnx_table.h"

#include <algorithm>
#include <tuple>

#include "ops/onnx_rules.h"

namespace hcb {
namespace {

auto key(const OpRule& rule) { return std::tuple(rule.domain, rule.op, rule.since); }

std::vector<OpRule> sorted_rules() {
  std::vector<OpRule> rules;
  for (const auto family :
       {internal::pointwise_rules(), internal::movement_rules(), internal::reduction_rules(),
        internal::contraction_rules(), internal::attention_rules(), internal::signal_rules(),
        internal::window_rules(), internal::norm_rules(), internal::rnn_rules(),
        internal::blind_rules(), internal::domain_rules()}) {
    rules.insert(rules.end(), family.begin(), family.end());
  }
  std::ranges::sort(rules, {}, key);
  return rules;
}

}  // namespace

std::span<const OpRule> onnx_table() {
  static const std::vector<OpRule> kRules = sorted_rules();
  return kRules;
}

const OpRule* find_onnx_op(std::string_view domain, std::string_view op, std::int64_t opset) {
  if (domain == "ai.onnx") domain = "";
  const auto rules = onnx_table();
  auto at = std::ranges::upper_bound(rules, std::tuple(domain, op, opset), {}, key);
  if (at == rules.begin()) return nullptr;
  --at;
  const bool found = at->domain == domain && at->op == op && opset < at->until;
  return found ? &*at : nullptr;
}

}  // namespace hcb
