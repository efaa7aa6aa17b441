// Node by node: an input from the last few values or from anywhere, then every feature with its own
// chance. O(nodes).
#include "generate/random.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "generate/training_builder.h"

namespace hcb {
namespace {

std::string numbered(const char* stem, std::size_t i) { return stem + std::to_string(i); }

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

}  // namespace

Result<Graph> random_forward(std::uint64_t seed, std::size_t nodes,
                             const RandomGraphOptions& options) {
  RandomForward forward(seed, options);
  forward.add_nodes(nodes);
  const std::vector<ValueId> ends = forward.draw_ends();
  return std::move(forward).take().finish_forward(ends);
}

Result<Graph> random_training(std::uint64_t seed, std::size_t forward_nodes,
                              const RandomGraphOptions& options) {
  RandomForward forward(seed, options);
  forward.add_nodes(forward_nodes);
  const std::vector<ValueId> ends = forward.draw_ends();
  return std::move(forward).take().finish(ends, options.optimizer);
}

}  // namespace hcb
