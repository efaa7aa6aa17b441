#include "support/graphs.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "generate/transformer.h"
#include "support/autodiff.h"

namespace hcb {
namespace {

// One byte per element, so that shape × dtype of a scalar is a unit.
constexpr DType kUnit = DType::f8e4m3fn;

std::string numbered(const char* stem, std::size_t i) { return stem + std::to_string(i); }

// Values y0 … y{length-1} behind the resident x, made by f0 ….
std::vector<ValueId> add_unit_forward(GraphBuilder& builder, ValueId x, std::size_t length) {
  std::vector<ValueId> y;
  for (std::size_t i = 0; i < length; ++i) {
    y.push_back(builder.add_value({.name = numbered("y", i), .dtype = kUnit, .shape = {1}}));
    builder.add_node({.name = numbered("f", i),
                      .op = "Unit",
                      .inputs = {i == 0 ? x : y[i - 1]},
                      .outputs = {y[i]},
                      .cost = {.time = 1}});
  }
  return y;
}

ValueId add_unit_resident(GraphBuilder& builder) {
  return builder.add_resident({.name = "x", .dtype = kUnit, .shape = {1}, .role = Role::input});
}

}  // namespace

Graph forward_chain(std::size_t length) {
  GraphBuilder builder(Dialect::onnx, numbered("chain", length));
  const ValueId x = add_unit_resident(builder);
  const std::vector<ValueId> y = add_unit_forward(builder, x, length);
  if (length > 0) builder.mark_output(y.back());
  return must_freeze(std::move(builder));
}

Graph unit_chain(std::size_t length) {
  GraphBuilder builder(Dialect::onnx, numbered("unit_chain", length));
  const ValueId x = add_unit_resident(builder);
  const std::vector<ValueId> y = add_unit_forward(builder, x, length);
  const auto gradient = [&](std::string name) {
    return builder.add_value(
        {.name = std::move(name), .dtype = kUnit, .shape = {1}, .role = Role::gradient});
  };
  ValueId dy = gradient(numbered("dy", length - 1));
  builder.add_node({.name = "seed",
                    .op = "Seed",
                    .phase = Phase::backward,
                    .inputs = {y.back()},
                    .outputs = {dy},
                    .cost = {.time = 1},
                    .forward = id_at<NodeId>(length - 1)});
  for (std::size_t i = length; i-- > 0;) {
    const ValueId before = gradient(i == 0 ? "dx" : numbered("dy", i - 1));
    builder.add_node({.name = numbered("g", i),
                      .op = "UnitGrad",
                      .phase = Phase::backward,
                      .inputs = {dy, i == 0 ? x : y[i - 1], y[i]},
                      .outputs = {before},
                      .cost = {.time = 1},
                      .forward = id_at<NodeId>(i)});
    dy = before;
  }
  builder.mark_output(dy);
  return must_freeze(std::move(builder));
}

Graph random_dag(std::uint64_t seed, std::size_t nodes, const RandomGraphOptions& options) {
  return must(random_forward(seed, nodes, options));
}

Graph random_training_graph(std::uint64_t seed, std::size_t forward_nodes,
                            const RandomGraphOptions& options) {
  return must(random_training(seed, forward_nodes, options));
}

Graph layered_graph(std::uint64_t seed, std::size_t layers, std::size_t width) {
  Prng random(seed);
  GraphBuilder builder(Dialect::onnx, numbered("layered", seed));
  std::vector<ValueId> above{
      builder.add_resident({.name = "x", .shape = {1}, .role = Role::input})};
  for (std::size_t layer = 0; layer < layers; ++layer) {
    std::vector<ValueId> made;
    for (std::size_t i = 0; i < width; ++i) {
      const std::string name = numbered("l", layer) + numbered("n", i);
      std::vector<ValueId> inputs;
      for (std::int64_t k = random.between(1, 3); k > 0; --k)
        inputs.push_back(above[random.below(above.size())]);
      made.push_back(builder.add_value({.name = name, .shape = {random.between(1, 16)}}));
      builder.add_node({.name = name,
                        .op = "Op",
                        .inputs = std::move(inputs),
                        .outputs = {made.back()},
                        .cost = {.time = random.between(1, 20)}});
    }
    above = std::move(made);
  }
  for (ValueId v : above) builder.mark_output(v);
  return must_freeze(std::move(builder));
}

Graph wide_graph(std::size_t branches) {
  TrainingBuilder training(numbered("wide", branches));
  const ValueId x = training.resident("x", 4, Role::input);
  const ValueId p = training.resident("p", 4, Role::parameter);
  const ValueId source = training.value("source", 4);
  training.forward(
      {.name = "source", .op = "Mul", .inputs = {x, p}, .outputs = {source}, .cost = {.time = 1}},
      {{0, 1}, {}});
  std::vector<ValueId> ends;
  for (std::size_t i = 0; i < branches; ++i) {
    const std::string name = numbered("branch", i);
    const ValueId w = training.resident(name + ".w", 4, Role::parameter);
    ends.push_back(training.value(name, 4));
    training.forward({.name = name,
                      .op = "Mul",
                      .inputs = {source, w},
                      .outputs = {ends.back()},
                      .cost = {.time = 1}},
                     {{0, 1}, {}});
  }
  const ValueId join = training.value("join", 4);
  training.forward(
      {.name = "join", .op = "Sum", .inputs = ends, .outputs = {join}, .cost = {.time = 1}}, {});
  return must(std::move(training).finish({join}));
}

Graph transformer_graph(std::size_t layers, std::size_t tail, std::int64_t tokens) {
  return must(transformer(layers, {.tail = tail, .tokens = tokens}));
}

Graph training_100k() { return transformer_graph(2499, 17); }

}  // namespace hcb
