#include "generate/sketch.h"

#include <algorithm>
#include <utility>

namespace hcb {
namespace {

constexpr std::int64_t kKiB = 256;  // elements
constexpr Nanos kMicrosecond = 1000;

}  // namespace

Sketch::Sketch(std::string_view family, const GenerateRequest& request)
    : random_(request.seed.value_or(0)),
      training_(std::string(family)),
      with_backward_(request.training),
      left_(request.nodes),
      input_(training_.resident("x", 16 * kKiB, Role::input)) {}

Weight Sketch::draw_weight() {
  const std::int64_t elements = kKiB * random_.between(1, 64);
  return {.elements = elements, .time = kMicrosecond * random_.between(1, 1000)};
}

bool Sketch::needs_parameter(const std::vector<ValueId>& inputs) {
  const bool drawn = random_.chance(50);
  return drawn ||
         std::ranges::none_of(inputs, [&](ValueId x) { return training_.requires_grad(x); });
}

Saves Sketch::draw_saves(std::size_t inputs) {
  Saves saves;
  switch (random_.below(3)) {
    case 0:
      for (std::size_t i = 0; i < inputs; ++i) saves.inputs.push_back(i);
      break;
    case 1:
      saves.outputs = {0};
      break;
    default:
      break;
  }
  return saves;
}

ValueId Sketch::node(std::vector<ValueId> inputs) { return node(std::move(inputs), draw_weight()); }

ValueId Sketch::node(std::vector<ValueId> inputs, const Weight& weight) {
  const std::string name = "n" + std::to_string(made_.size());
  if (needs_parameter(inputs))
    inputs.push_back(training_.resident(name + ".w", 4 * kKiB, Role::parameter));
  const ValueId y = training_.value(name, weight.elements);
  is_read_.resize(index(y) + 1);
  for (const ValueId x : inputs) is_read_[x] = 1;
  Saves saves = draw_saves(inputs.size());
  training_.forward({.name = name,
                     .op = "Op",
                     .inputs = std::move(inputs),
                     .outputs = {y},
                     .cost = {.time = weight.time}},
                    std::move(saves));
  made_.push_back(y);
  --left_;
  return y;
}

Result<Graph> Sketch::finish() && {
  std::vector<ValueId> ends;
  for (const ValueId v : made_) {
    if (!is_read_[v]) ends.push_back(v);
  }
  return with_backward_ ? std::move(training_).finish(ends)
                        : std::move(training_).finish_forward(ends);
}

}  // namespace hcb
