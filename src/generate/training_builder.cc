#include "generate/training_builder.h"

#include <algorithm>
#include <span>
#include <utility>

namespace hcb {
namespace {

// Outputs of these roles have gradients.
bool differentiable(const ValueSpec& value) { return value.role == Role::activation; }

// Is node v a view of its whole base, so that its gradient is a view too?
bool is_whole_view(const GraphBuilder& builder, NodeId v) {
  const NodeSpec& node = builder.node(v);
  return node.flags.view &&
         builder.value(node.outputs[0]).shape == builder.value(node.inputs[0]).shape;
}

// Those of `values` that are marked, without repetitions, in their order.
std::vector<ValueId> once_each(std::span<const ValueId> values,
                               const IdVector<ValueId, char>& marked) {
  std::vector<std::pair<ValueId, std::size_t>> places;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (marked[values[i]]) places.emplace_back(values[i], i);
  }
  std::ranges::sort(places);
  const auto rest = std::ranges::unique(places, {}, &std::pair<ValueId, std::size_t>::first);
  places.erase(rest.begin(), rest.end());
  std::ranges::sort(places, {}, &std::pair<ValueId, std::size_t>::second);
  std::vector<ValueId> once;
  for (const auto& [value, place] : places) once.push_back(value);
  return once;
}

}  // namespace

ValueId TrainingBuilder::add(ValueSpec spec, bool resident) {
  const bool parameter = spec.role == Role::parameter;
  const ValueId v =
      resident ? builder_.add_resident(std::move(spec)) : builder_.add_value(std::move(spec));
  requires_grad_.resize(index(v) + 1);
  gradient_.resize(index(v) + 1);
  requires_grad_[v] = parameter;
  if (parameter) parameters_.push_back(v);
  return v;
}

ValueId TrainingBuilder::resident(std::string name, std::int64_t elements, Role role) {
  return add({.name = std::move(name), .shape = {elements}, .role = role}, true);
}

ValueId TrainingBuilder::value(std::string name, std::int64_t elements, Bytes storage, Role role) {
  ValueSpec spec{.name = std::move(name), .shape = {elements}, .role = role};
  if (storage > 4 * elements) spec.storage = storage;
  return add(std::move(spec), false);
}

ValueId TrainingBuilder::view(std::string name, std::int64_t elements, ValueId base) {
  return add({.name = std::move(name), .shape = {elements}, .view_of = base}, false);
}

NodeId TrainingBuilder::forward(NodeSpec spec, Saves saves) {
  const bool any =
      std::ranges::any_of(spec.inputs, [&](ValueId x) { return requires_grad_[x] != 0; });
  for (ValueId y : spec.outputs) requires_grad_[y] = any && differentiable(builder_.value(y));
  const NodeId v = builder_.add_node(std::move(spec));
  saves_.resize(index(v) + 1);
  saves_[v] = std::move(saves);
  forward_.push_back(v);
  return v;
}

void TrainingBuilder::add_loss(const std::vector<ValueId>& ends) {
  const ValueId loss = value("loss", 1);
  Saves saves;
  for (std::size_t i = 0; i < ends.size(); ++i) saves.inputs.push_back(i);
  const NodeId node = forward(
      {.name = "loss", .op = "Loss", .inputs = ends, .outputs = {loss}, .cost = {.time = 1}},
      std::move(saves));
  builder_.mark_output(loss);
  const ValueId seed = value("loss.grad", 1, 0, Role::gradient);
  builder_.add_node({.name = "seed",
                     .op = "Seed",
                     .phase = Phase::backward,
                     .inputs = {loss},
                     .outputs = {seed},
                     .cost = {.time = 1},
                     .forward = node});
  gradient_[loss] = {.value = seed, .contributions = 1};
}

std::vector<ValueId> TrainingBuilder::what_backward_reads(NodeId v) const {
  const NodeSpec& node = builder_.node(v);
  std::vector<ValueId> reads;
  for (ValueId y : node.outputs) {
    if (differentiable(builder_.value(y))) reads.push_back(gradient_[y].value);
  }
  for (std::size_t i : saves_[v].inputs) reads.push_back(node.inputs[i]);
  for (std::size_t i : saves_[v].outputs) reads.push_back(node.outputs[i]);
  for (ValueId y : node.outputs) {
    if (builder_.value(y).role == Role::stash) reads.push_back(y);
  }
  return reads;
}

ValueId TrainingBuilder::add_gradient_of(ValueId x, NodeId v) {
  const ValueSpec& of = builder_.value(x);
  ValueSpec spec{.name = of.name + ".grad#" + std::to_string(gradient_[x].contributions + 1),
                 .shape = of.shape,
                 .role = Role::gradient};
  if (is_whole_view(builder_, v)) spec.view_of = gradient_[builder_.node(v).outputs[0]].value;
  return add(std::move(spec), false);
}

void TrainingBuilder::deliver(ValueId x, ValueId contribution, NodeId v) {
  const std::size_t count = ++gradient_[x].contributions;
  if (count == 1) {
    gradient_[x].value = contribution;
    return;
  }
  const std::string name = builder_.value(x).name + ".grad=" + std::to_string(count);
  const ValueId sum =
      add({.name = name, .shape = builder_.value(x).shape, .role = Role::gradient}, false);
  builder_.add_node({.name = name,
                     .op = "GradSum",
                     .phase = Phase::backward,
                     .inputs = {gradient_[x].value, contribution},
                     .outputs = {sum},
                     .cost = {.time = 1},
                     .module = builder_.node(v).module,
                     .forward = v,
                     .donates = {{.output = 0, .input = 0}}});
  gradient_[x].value = sum;
}

void TrainingBuilder::add_backward_of(NodeId v) {
  const NodeSpec node = builder_.node(v);
  const auto has_gradient = [&](ValueId y) { return gradient_[y].value != kNone<ValueId>; };
  if (std::ranges::none_of(node.outputs, has_gradient)) return;
  const std::vector<ValueId> wanted = once_each(node.inputs, requires_grad_);
  if (wanted.empty()) return;
  std::vector<ValueId> gradients;
  for (ValueId x : wanted) gradients.push_back(add_gradient_of(x, v));
  builder_.add_node({.name = node.name + ".grad",
                     .op = node.op + "Grad",
                     .phase = Phase::backward,
                     .inputs = what_backward_reads(v),
                     .outputs = gradients,
                     .flags = {.view = is_whole_view(builder_, v)},
                     .cost = {.workspace = node.cost.workspace, .time = 2 * node.cost.time},
                     .module = node.module,
                     .forward = v});
  for (std::size_t i = 0; i < wanted.size(); ++i) deliver(wanted[i], gradients[i], v);
}

void TrainingBuilder::add_update(ValueId parameter, const std::vector<NodeId>& readers) {
  if (gradient_[parameter].value == kNone<ValueId>) return;
  const std::string name = builder_.value(parameter).name + ".update";
  const ValueId updated = add({.name = name, .shape = builder_.value(parameter).shape}, false);
  const NodeId update = builder_.add_node({.name = name,
                                           .op = "SgdUpdate",
                                           .phase = Phase::optimizer,
                                           .inputs = {parameter, gradient_[parameter].value},
                                           .outputs = {updated},
                                           .flags = {.effect = true, .never_replay = true},
                                           .cost = {.time = 1},
                                           .donates = {{.output = 0, .input = 0}}});
  builder_.mark_output(updated);
  for (const NodeId n : readers) builder_.add_order_edge(n, update);
}

// Behind all readers of the parameter: those of before the updates, in their order.
void TrainingBuilder::add_updates() {
  IdVector<ValueId, std::vector<NodeId>> readers(builder_.value_count());
  for (const NodeId n : ids<NodeId>(builder_.node_count())) {
    for (const ValueId x : builder_.node(n).inputs) {
      if (x == kNone<ValueId>) continue;
      if (readers[x].empty() || readers[x].back() != n) readers[x].push_back(n);
    }
  }
  for (const ValueId p : parameters_) add_update(p, readers[p]);
}

Result<Graph> TrainingBuilder::finish(const std::vector<ValueId>& ends, bool optimizer) && {
  add_loss(ends);
  for (std::size_t i = forward_.size(); i-- > 0;) add_backward_of(forward_[i]);
  if (optimizer) {
    add_updates();
  } else {
    for (const ValueId p : parameters_) {
      if (gradient_[p].value != kNone<ValueId>) builder_.mark_output(gradient_[p].value);
    }
  }
  return std::move(builder_).freeze();
}

Result<Graph> TrainingBuilder::finish_forward(const std::vector<ValueId>& ends) && {
  for (const ValueId v : ends) builder_.mark_output(v);
  return std::move(builder_).freeze();
}

}  // namespace hcb
