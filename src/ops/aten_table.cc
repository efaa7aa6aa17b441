// Row families sorted into one table once; a look-up strips prefix and underscore and searches it.
#include "ops/aten_table.h"

#include <algorithm>
#include <tuple>

#include "ops/aten_rules.h"

namespace hcb {
namespace {

constexpr std::string_view kPrefix = "aten::";
constexpr AtenRule kDefaultRule{};

auto key(const AtenRule& rule) { return std::tie(rule.op, rule.overload); }

std::vector<AtenRule> sorted_rules() {
  std::vector<AtenRule> all;
  for (const auto family : {internal::aten_pointwise_rules(), internal::aten_movement_rules(),
                            internal::aten_reduction_rules(), internal::aten_contraction_rules(),
                            internal::aten_linalg_rules()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  std::ranges::sort(all, {}, key);
  return all;
}

const AtenRule* find_row(std::string_view op, std::string_view overload) {
  const auto rules = aten_rules();
  const auto wanted = std::tie(op, overload);
  const auto at = std::ranges::lower_bound(rules, wanted, {}, key);
  return at != rules.end() && key(*at) == wanted ? &*at : nullptr;
}

// "relu_" is relu; "__and__" and "_softmax" are themselves.
std::string_view functional_name(std::string_view op) {
  if (op.starts_with(kPrefix)) op.remove_prefix(kPrefix.size());
  if (op.ends_with('_') && !op.ends_with("__")) op.remove_suffix(1);
  return op;
}

}  // namespace

std::span<const AtenRule> aten_rules() {
  static const std::vector<AtenRule> kRules = sorted_rules();
  return kRules;
}

const AtenRule* find_aten_op(std::string_view op, std::string_view overload) {
  const std::string_view name = functional_name(op);
  if (const AtenRule* row = find_row(name, overload)) return row;
  return find_row(name, {});
}

const AtenRule& aten_default_rule() { return kDefaultRule; }

Count aten_flops(const AtenRule& rule, const OpCall& call) {
  if (rule.flops != nullptr) return rule.flops(call);
  return rule.rate * (rule.per_input ? call.input(0) : call.output(0)).elements();
}

Count aten_bytes(const AtenRule& rule, const OpCall& call) {
  return rule.bytes != nullptr ? rule.bytes(call)
                               : total_bytes(call.inputs) + total_bytes(call.outputs);
}

namespace internal {

Count written_bytes(const OpCall& call) { return total_bytes(call.outputs); }

}  // namespace internal
}  // namespace hcb
