#include "support/graphs.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "support/autodiff.h"
#include "support/prng.h"

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

// Draws a random forward graph into a TrainingBuilder, node by node.
class RandomForward {
 public:
  RandomForward(std::uint64_t seed, const RandomGraphOptions& options)
      : random_(seed), options_(options), training_(numbered("random", seed)) {
    inputs_.push_back(training_.resident("x", elements(), Role::input));
    inputs_.push_back(training_.resident("c", 1, Role::constant));
    parameters_.push_back(training_.resident("p", elements(), Role::parameter));
  }

  void add_nodes(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      name_ = numbered("n", i);
      values_.empty() || !random_.chance(options_.views) ? add_op() : add_view();
      if (i > 0 && random_.chance(options_.order_edges)) add_order_edge(i);
    }
  }

  // Values that no node reads, most of them, and the last one that is no stash.
  [[nodiscard]] std::vector<ValueId> draw_ends() {
    std::vector<ValueId> ends;
    for (ValueId v : values_) {
      if (v == values_.back() || (!is_read_[v] && random_.chance(80))) ends.push_back(v);
    }
    return ends;
  }

  [[nodiscard]] TrainingBuilder take() && { return std::move(training_); }

 private:
  [[nodiscard]] std::int64_t elements() { return random_.between(1, options_.max_elements); }
  [[nodiscard]] Nanos time() { return random_.chance(10) ? 0 : random_.between(1, 20); }

  [[nodiscard]] ValueId draw_input() {
    if (values_.empty() || random_.chance(5)) return inputs_[random_.below(inputs_.size())];
    const std::size_t near =
        random_.chance(options_.skips) ? values_.size() : std::min<std::size_t>(values_.size(), 4);
    return values_[values_.size() - 1 - random_.below(near)];
  }

  [[nodiscard]] ValueId draw_parameter() {
    if (training_.builder().node_count() == 0 || random_.chance(12))
      return parameters_[random_.below(parameters_.size())];
    parameters_.push_back(training_.resident(name_ + ".w", elements(), Role::parameter));
    return parameters_.back();
  }

  [[nodiscard]] std::vector<ValueId> draw_inputs() {
    std::vector<ValueId> inputs;
    for (std::int64_t k = random_.between(1, 3); k > 0; --k) inputs.push_back(draw_input());
    const bool first = training_.builder().node_count() == 0;
    if (first || random_.chance(options_.parameters)) inputs.push_back(draw_parameter());
    return inputs;
  }

  ValueId add_output(const std::string& name, std::int64_t count, Bytes storage,
                     Role role = Role::activation) {
    if (storage == 0 && random_.chance(options_.padding))
      storage = 4 * (count + random_.between(1, 4));
    const ValueId v = training_.value(name, count, storage, role);
    note(v);
    if (role == Role::activation) values_.push_back(v);
    return v;
  }

  void note(ValueId v) { is_read_.resize(std::max(is_read_.size(), index(v) + 1)); }
  void read(const std::vector<ValueId>& inputs) {
    for (ValueId x : inputs) note(x), is_read_[x] = 1;
  }

  // The value whose storage v is, through views.
  [[nodiscard]] ValueId base(ValueId v) {
    while (training_.builder().value(v).view_of != kNone<ValueId>)
      v = training_.builder().value(v).view_of;
    return v;
  }

  [[nodiscard]] Bytes storage(ValueId v) {
    const ValueSpec& spec = training_.builder().value(base(v));
    return spec.storage.value_or(4 * spec.shape[0]);
  }

  [[nodiscard]] bool may_donate(ValueId v) {
    return !is_resident(training_.builder().value(base(v)).role);
  }

  void draw_outputs(NodeSpec& node) {
    if (may_donate(node.inputs[0]) && random_.chance(options_.in_place)) {
      node.outputs.push_back(
          add_output(name_, training_.elements(node.inputs[0]), storage(node.inputs[0])));
      node.donates = {{.output = 0, .input = 0}};
      if (storage(node.outputs[0]) != storage(node.inputs[0])) node.donates.clear();
    } else {
      node.outputs.push_back(add_output(name_, elements(), 0));
    }
    for (std::size_t k = 1; k < 3 && random_.chance(options_.more_outputs); ++k) {
      node.outputs.push_back(add_output(name_ + numbered(":", k), elements(), 0));
    }
    if (random_.chance(options_.stash)) {
      node.outputs.push_back(add_output(name_ + ".stash", elements(), 0, Role::stash));
    }
  }

  [[nodiscard]] Saves draw_saves(const NodeSpec& node) {
    Saves saves;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (random_.chance(50)) saves.inputs.push_back(i);
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      const bool activation = training_.builder().value(node.outputs[i]).role == Role::activation;
      if (activation && random_.chance(35)) saves.outputs.push_back(i);
    }
    return saves;
  }

  void add_op() {
    NodeSpec node{.name = name_, .op = numbered("Op", random_.below(4)), .inputs = draw_inputs()};
    read(node.inputs);
    draw_outputs(node);
    node.cost.time = time();
    if (random_.chance(options_.workspace)) node.cost.workspace = 4 * elements();
    node.flags.random = random_.chance(options_.random);
    node.flags.effect = random_.chance(options_.effects);
    node.flags.never_replay = random_.chance(options_.never_replay);
    Saves saves = draw_saves(node);
    training_.forward(std::move(node), std::move(saves));
  }

  // Half of the views show the whole base, half the first part of it.
  void add_view() {
    const ValueId of = draw_input();
    const std::int64_t whole = training_.elements(of);
    const ValueId v =
        training_.view(name_, random_.chance(50) ? whole : random_.between(1, whole), of);
    read({of});
    note(v);
    values_.push_back(v);
    training_.forward(
        {.name = name_, .op = "View", .inputs = {of}, .outputs = {v}, .flags = {.view = true}}, {});
  }

  void add_order_edge(std::size_t to) {
    training_.builder().add_order_edge(id_at<NodeId>(random_.below(to)), id_at<NodeId>(to));
  }

  Prng random_;
  RandomGraphOptions options_;
  TrainingBuilder training_;
  std::string name_;  // of the node being drawn
  std::vector<ValueId> inputs_;
  std::vector<ValueId> parameters_;
  std::vector<ValueId> values_;  // made so far, no stash
  IdVector<ValueId, char> is_read_;
};

// The forward nodes of decoder layers on a stream of `tokens` tokens of width kWidth.
class Decoder {
 public:
  static constexpr std::int64_t kWidth = 256;
  static constexpr std::int64_t kHeads = 4;

  Decoder(TrainingBuilder& training, std::int64_t tokens) : training_(training), tokens_(tokens) {
    const ValueId ids = training.resident("tokens", tokens, Role::input);
    mask_ = op("mask", "CausalMask", {ids}, tokens_ * tokens_, {});
    stream_ = op("embed", "Gather", {parameter("embed.w", 1000 * kWidth), ids}, tokens_ * kWidth,
                 {{1}, {}});
  }

  void add_layer(std::size_t i) {
    module_ = numbered("h.", i);
    const std::int64_t size = tokens_ * kWidth;
    const ValueId norm1 = norm("ln_1");
    const ValueId q = view("attn.q.view", linear("attn.q", norm1, kWidth, kWidth));
    const ValueId k = view("attn.k.view", linear("attn.k", norm1, kWidth, kWidth));
    const ValueId v = view("attn.v.view", linear("attn.v", norm1, kWidth, kWidth));
    const std::int64_t square = kHeads * tokens_ * tokens_;
    const ValueId scores = op("attn.scores", "MatMul", {q, k}, square, {{0, 1}, {}});
    const ValueId weights = op("attn.softmax", "Softmax", {scores, mask_}, square, {{}, {0}});
    const ValueId context =
        view("attn.context.view", op("attn.context", "MatMul", {weights, v}, size, {{0, 1}, {}}));
    stream_ = op("add_1", "Add", {stream_, linear("attn.out", context, kWidth, kWidth)}, size, {});
    const ValueId wide = linear("mlp.up", norm("ln_2"), kWidth, 4 * kWidth);
    const ValueId active = op("mlp.gelu", "Gelu", {wide}, 4 * size, {{0}, {}});
    stream_ =
        op("add_2", "Add", {stream_, linear("mlp.down", active, 4 * kWidth, kWidth)}, size, {});
  }

  void add_pointwise(std::size_t i) {
    module_ = "head";
    stream_ = op(numbered("tanh", i), "Tanh", {stream_}, tokens_ * kWidth, {{}, {0}});
  }

  [[nodiscard]] ValueId stream() const { return stream_; }

 private:
  [[nodiscard]] std::string scoped(const std::string& name) const {
    return module_.empty() ? name : module_ + "." + name;
  }

  ValueId parameter(const std::string& name, std::int64_t elements) {
    return training_.resident(scoped(name), elements, Role::parameter);
  }

  // Time: one ns per 256 elements read and written, which keeps views and norms cheap beside the
  // linear maps.
  ValueId op(const std::string& name, const char* type, std::vector<ValueId> inputs,
             std::int64_t elements, Saves saves) {
    const ValueId y = training_.value(scoped(name), elements);
    std::int64_t moved = elements;
    for (ValueId x : inputs) moved += training_.elements(x);
    training_.forward({.name = scoped(name),
                       .op = type,
                       .inputs = std::move(inputs),
                       .outputs = {y},
                       .cost = {.bytes_moved = 4 * moved, .time = moved / 256},
                       .module = module_},
                      std::move(saves));
    return y;
  }

  ValueId linear(const std::string& name, ValueId x, std::int64_t from, std::int64_t to) {
    return op(name, "MatMul", {x, parameter(name + ".w", from * to)}, tokens_ * to, {{0, 1}, {}});
  }

  ValueId norm(const std::string& name) {
    const ValueId y = training_.value(scoped(name), tokens_ * kWidth);
    const ValueId rstd = training_.value(scoped(name) + ".stash", 2 * tokens_, 0, Role::stash);
    training_.forward({.name = scoped(name),
                       .op = "LayerNormalization",
                       .inputs = {stream_, parameter(name + ".w", kWidth)},
                       .outputs = {y, rstd},
                       .cost = {.time = 2 * tokens_ * kWidth / 256},
                       .module = module_},
                      {{0, 1}, {}});
    return y;
  }

  ValueId view(const std::string& name, ValueId base) {
    const ValueId y = training_.view(scoped(name), training_.elements(base), base);
    training_.forward({.name = scoped(name),
                       .op = "Reshape",
                       .inputs = {base},
                       .outputs = {y},
                       .flags = {.view = true},
                       .module = module_},
                      {});
    return y;
  }

  TrainingBuilder& training_;
  std::int64_t tokens_;
  std::string module_;
  ValueId mask_{};  // made in the graph, read by every layer
  ValueId stream_{};
};

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
  RandomForward forward(seed, options);
  forward.add_nodes(nodes);
  const std::vector<ValueId> ends = forward.draw_ends();
  TrainingBuilder training = std::move(forward).take();
  for (ValueId v : ends) training.builder().mark_output(v);
  return must_freeze(std::move(training.builder()));
}

Graph random_training_graph(std::uint64_t seed, std::size_t forward_nodes,
                            const RandomGraphOptions& options) {
  RandomForward forward(seed, options);
  forward.add_nodes(forward_nodes);
  const std::vector<ValueId> ends = forward.draw_ends();
  return std::move(forward).take().finish(ends, options.optimizer);
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
  return std::move(training).finish({join});
}

Graph transformer_graph(std::size_t layers, std::size_t tail, std::int64_t tokens) {
  TrainingBuilder training(numbered("transformer", layers));
  Decoder decoder(training, tokens);
  for (std::size_t i = 0; i < layers; ++i) decoder.add_layer(i);
  for (std::size_t i = 0; i < tail; ++i) decoder.add_pointwise(i);
  return std::move(training).finish({decoder.stream()});
}

Graph training_100k() { return transformer_graph(2499, 17); }

}  // namespace hcb
