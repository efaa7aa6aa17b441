#include "generate/net.h"

#include <utility>

namespace hcb {
namespace {

constexpr std::int64_t kElementsPerNs = 256;

}  // namespace

ValueId Net::resident(const std::string& name, std::int64_t elements, Role role) {
  return training_.resident(scoped(name), elements, role);
}

ValueId Net::op(const std::string& name, const char* type, std::vector<ValueId> inputs,
                std::int64_t elements, Saves saves) {
  const ValueId y = training_.value(scoped(name), elements);
  std::int64_t moved = elements;
  for (const ValueId x : inputs) moved += training_.elements(x);
  training_.forward({.name = scoped(name),
                     .op = type,
                     .inputs = std::move(inputs),
                     .outputs = {y},
                     .cost = {.bytes_moved = 4 * moved, .time = moved / kElementsPerNs},
                     .module = module_},
                    std::move(saves));
  return y;
}

ValueId Net::linear(const std::string& name, ValueId x, std::int64_t from, std::int64_t to) {
  const ValueId w = resident(name + ".w", from * to, Role::parameter);
  return op(name, "MatMul", {x, w}, elements(x) / from * to, {{0, 1}, {}});
}

ValueId Net::add(const std::string& name, ValueId a, ValueId b) {
  return op(name, "Add", {a, b}, elements(a), {});
}

ValueId Net::mul(const std::string& name, ValueId a, ValueId b) {
  return op(name, "Mul", {a, b}, elements(a), {{0, 1}, {}});
}

ValueId Net::reshape(const std::string& name, ValueId base) {
  const ValueId y = training_.view(scoped(name), elements(base), base);
  training_.forward({.name = scoped(name),
                     .op = "Reshape",
                     .inputs = {base},
                     .outputs = {y},
                     .flags = {.view = true},
                     .module = module_},
                    {});
  return y;
}

ValueId Net::norm(const std::string& name, ValueId x, std::int64_t width, std::int64_t stash) {
  const ValueId w = resident(name + ".w", width, Role::parameter);
  if (stash == 0) return op(name, "LayerNormalization", {x, w}, elements(x), {{0, 1}, {}});
  const ValueId y = training_.value(scoped(name), elements(x));
  const ValueId kept = training_.value(scoped(name) + ".stash", stash, 0, Role::stash);
  training_.forward({.name = scoped(name),
                     .op = "LayerNormalization",
                     .inputs = {x, w},
                     .outputs = {y, kept},
                     .cost = {.time = 2 * elements(x) / kElementsPerNs},
                     .module = module_},
                    {{0, 1}, {}});
  return y;
}

Result<Graph> Net::finish(ValueId end, bool training) && {
  return training ? std::move(training_).finish({end}) : std::move(training_).finish_forward({end});
}

}  // namespace hcb
