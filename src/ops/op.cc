#include "ops/op.h"

#include <algorithm>
#include <numeric>

namespace hcb {
namespace {

const OpTensor kAbsent{};

const AttributeValue* find_attribute(std::span<const Attribute> attributes, std::string_view name) {
  const auto at = std::ranges::find(attributes, name, &Attribute::name);
  return at == attributes.end() ? nullptr : &at->value;
}

template <class T>
const T* attribute_as(std::span<const Attribute> attributes, std::string_view name) {
  const AttributeValue* value = find_attribute(attributes, name);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

Saved save_everything(const OpCall& call) {
  Saved saved;
  saved.inputs.resize(call.inputs.size());
  saved.outputs.resize(call.outputs.size());
  std::iota(saved.inputs.begin(), saved.inputs.end(), std::size_t{0});
  std::iota(saved.outputs.begin(), saved.outputs.end(), std::size_t{0});
  return saved;
}

Count moved_with_body(const OpCall& call) {
  return total_bytes(call.inputs) + total_bytes(call.outputs) + call.body.bytes;
}

// The bodies of an If, Loop or Scan are run again by the backward, which then keeps what they make,
// and makes as much in gradients.
constexpr OpRule kDefaultRule{
    .gradients = kEveryPosition,
    .grad_outputs = kEveryPosition,
    .uncounted = true,
    .flags = {.default_rule = true},
    .saves = save_everything,
    .flops = [](const OpCall& call) { return call.body.flops; },
    .grad_flops = [](const OpCall& call) { return 3 * call.body.flops; },
    .bytes = moved_with_body,
    .workspace = [](const OpCall& call) { return call.body.workspace; },
    .grad_workspace = [](const OpCall& call) { return 2 * call.body.kept; },
    .formula = "those of its bodies",
    .grad_formula = "3 · those of its bodies",
    .workspace_formula = "what its bodies hold; backward: 2 · what they make and carry"};

// Arguments that are present, each once.
std::vector<std::size_t> present(std::vector<std::size_t> at,
                                 const std::vector<OpTensor>& tensors) {
  std::ranges::sort(at);
  const auto rest = std::ranges::unique(at);
  at.erase(rest.begin(), rest.end());
  std::erase_if(at, [&](std::size_t i) { return i >= tensors.size() || !tensors[i].present; });
  return at;
}

}  // namespace

Count OpTensor::elements() const {
  const auto count = element_count(shape);
  return count ? Count(*count) : Count::overflowed();
}

Count OpTensor::bytes() const {
  const auto size = tensor_bytes(dtype, shape);
  return size ? Count(*size) : Count::overflowed();
}

Count total_bytes(std::span<const OpTensor> tensors) {
  Count total = 0;
  for (const OpTensor& tensor : tensors) {
    if (tensor.present) total += tensor.bytes();
  }
  return total;
}

std::int64_t OpTensor::dim(std::int64_t axis) const {
  const auto rank = static_cast<std::int64_t>(shape.size());
  if (axis < 0) axis += rank;
  return axis >= 0 && axis < rank ? shape[static_cast<std::size_t>(axis)] : 1;
}

const OpTensor& OpCall::input(std::size_t i) const {
  return i < inputs.size() ? inputs[i] : kAbsent;
}

const OpTensor& OpCall::output(std::size_t i) const {
  return i < outputs.size() ? outputs[i] : kAbsent;
}

bool OpCall::broadcasts(std::size_t i) const {
  return !std::ranges::equal(input(i).shape, output(0).shape);
}

std::int64_t OpCall::integer(std::string_view name, std::int64_t otherwise) const {
  const auto* value = attribute_as<std::int64_t>(attributes, name);
  return value == nullptr ? otherwise : *value;
}

double OpCall::real(std::string_view name, double otherwise) const {
  const auto* value = attribute_as<double>(attributes, name);
  return value == nullptr ? otherwise : *value;
}

std::string_view OpCall::text(std::string_view name, std::string_view otherwise) const {
  const auto* value = attribute_as<std::string>(attributes, name);
  return value == nullptr ? otherwise : std::string_view(*value);
}

std::span<const std::int64_t> OpCall::integers(std::string_view name) const {
  const auto* value = attribute_as<std::vector<std::int64_t>>(attributes, name);
  return value == nullptr ? std::span<const std::int64_t>{} : std::span(*value);
}

const OpRule& default_rule() { return kDefaultRule; }

Saved saved_by(const OpRule& rule, const OpCall& call) {
  if (rule.saves == nullptr) return {};
  Saved saved = rule.saves(call);
  return {.inputs = present(std::move(saved.inputs), call.inputs),
          .outputs = present(std::move(saved.outputs), call.outputs)};
}

std::vector<StashSpec> stash_of(const OpRule& rule, const OpCall& call) {
  if (rule.stash == nullptr || is_view(rule, call)) return {};
  return rule.stash(call);
}

bool is_view(const OpRule& rule, const OpCall& call) {
  return rule.view != nullptr && call.input(0).present && rule.view(call);
}

bool gradient_is_view(const OpRule& rule, const OpCall& call, std::size_t input) {
  if (rule.grad_view != nullptr) return rule.grad_view(call, input);
  return input == 0 && is_view(rule, call);
}

NodeFlags flags_of(const OpRule& rule, const OpCall& call) {
  NodeFlags flags = rule.flags;
  flags.view = is_view(rule, call);
  if (call.training) {
    flags.random |= rule.training_flags.random;
    flags.effect |= rule.training_flags.effect;
  }
  return flags;
}

Count forward_flops(const OpRule& rule, const OpCall& call) {
  if (is_view(rule, call)) return 0;
  return rule.flops != nullptr ? rule.flops(call) : rule.rate * call.output(0).elements();
}

Count backward_flops(const OpRule& rule, const OpCall& call) {
  if (rule.grad_flops != nullptr) return rule.grad_flops(call);
  Count total = 0;
  for (std::size_t i = 0; i < call.wanted.size(); ++i) {
    if (call.wants(i) && !gradient_is_view(rule, call, i))
      total += rule.grad_rate * call.output(0).elements();
  }
  return total;
}

Count forward_bytes(const OpRule& rule, const OpCall& call) {
  if (is_view(rule, call)) return 0;
  return rule.bytes != nullptr ? rule.bytes(call)
                               : total_bytes(call.inputs) + total_bytes(call.outputs);
}

Count forward_workspace(const OpRule& rule, const OpCall& call) {
  return rule.workspace == nullptr || is_view(rule, call) ? Count(0) : rule.workspace(call);
}

Count backward_workspace(const OpRule& rule, const OpCall& call) {
  return rule.grad_workspace == nullptr ? Count(0) : rule.grad_workspace(call);
}

}  // namespace hcb
