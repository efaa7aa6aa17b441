// The backward half of a training graph. Forward node f with outputs y and inputs x gets
//
//     f/backward   reads d y (those that exist), what the op table saves of x and y, and the stash;
//                  makes d x for the x that lead to a parameter
//
// Contributions to the gradient of one value are added by binary GradSum nodes as they arrive,
// which is the order in which autograd delivers them: reverse order of the consumers. A sum takes
// over the storage of what it adds to, as autograd accumulates in place when nothing else holds the
// tensor; where both sides are views of one buffer something else does.
#include <fmt/format.h>

#include "ingest/training_emission.h"

namespace hcb::internal {
namespace {

// The gradient of one value while contributions arrive.
struct Pending {
  std::size_t expected = 0;
  std::size_t announced = 0;  // contributions that have a value
  std::size_t delivered = 0;  // contributions in `sum`
  ValueId sum = kNone<ValueId>;
};

std::vector<std::int64_t> numbers(std::span<const std::size_t> positions) {
  return {positions.begin(), positions.end()};
}

class BackwardEmitter {
 public:
  explicit BackwardEmitter(Emission& out) : out_(out), pending_(out.model.values.size()) {}

  Result<std::vector<ParameterGradient>> run() {
    count_contributions();
    for (const std::int32_t v : out_.in.seeds) HCB_CHECK(add_seed(static_cast<std::size_t>(v)));
    for (std::size_t n = out_.model.nodes.size(); n-- > 0;) {
      if (out_.active(n)) HCB_CHECK(add_node(n));
    }
    std::vector<ParameterGradient> made;
    for (std::size_t v = 0; v < pending_.size(); ++v) {
      if (out_.in.role[v] == Role::parameter && pending_[v].sum != kNone<ValueId>)
        made.push_back({v, pending_[v].sum});
    }
    return made;
  }

 private:
  Pending& pending(std::int32_t v) { return pending_[static_cast<std::size_t>(v)]; }

  void count_contributions() {
    for (const std::int32_t v : out_.in.seeds) ++pending(v).expected;
    for (std::size_t n = 0; n < out_.model.nodes.size(); ++n) {
      const OpCall& call = out_.in.call[n];
      for (std::size_t i = 0; i < call.wanted.size(); ++i) {
        if (call.wants(i)) ++pending(out_.model.nodes[n].inputs[i]).expected;
      }
    }
  }

  // A gradient of model value v; its own buffer, or a view.
  ValueId add_gradient(std::size_t v, std::string suffix, ValueId view_of) {
    ValueSpec spec = out_.spec_of(v);
    spec.name = out_.unused_value(fmt::format("{}.grad{}", spec.name, suffix));
    spec.role = Role::gradient;
    spec.view_of = view_of;
    const ValueId v_grad = out_.builder.add_value(std::move(spec));
    base_.resize(index(v_grad) + 1, kNone<ValueId>);
    base_[v_grad] = view_of == kNone<ValueId> ? v_grad : base_[view_of];
    return v_grad;
  }

  // The next contribution to the gradient of v; the only one is the gradient itself.
  ValueId add_contribution(std::size_t v, ValueId view_of) {
    const std::size_t k = ++pending_[v].announced;
    return add_gradient(v, pending_[v].expected == 1 ? "" : fmt::format(".{}", k), view_of);
  }

  // One pass over values of the size of v.
  [[nodiscard]] Result<void> finish_pointwise(NodeSpec spec, std::size_t v) {
    const auto elements = element_count(out_.model.values[v].shape);
    const Count flops = elements ? Count(*elements) : Count::overflowed();
    HCB_TRY(spec.cost, out_.cost_of(spec, flops, moved(spec), 0, out_.model.values[v].dtype, true));
    out_.builder.add_node(std::move(spec));
    return {};
  }

  // The derivative of the loss by an output, computed from the output.
  Result<void> add_seed(std::size_t v) {
    const std::int32_t producer = out_.in.producer[v];
    const ValueId gradient = add_contribution(v, kNone<ValueId>);
    NodeSpec spec{.name = out_.unused_node("seed/" + out_.model.values[v].name),
                  .op = "GradSeed",
                  .phase = Phase::backward,
                  .inputs = {out_.value[v]},
                  .outputs = {gradient},
                  .flags = {},
                  .cost = {},
                  .module = {},
                  .attributes = {},
                  .donates = {}};
    if (producer >= 0) spec.forward = out_.node[static_cast<std::size_t>(producer)];
    const NodeId forward = spec.forward;
    HCB_CHECK(finish_pointwise(std::move(spec), v));
    return deliver(v, gradient, forward);
  }

  Result<void> add_node(std::size_t n) {
    const ForwardNode& node = out_.model.nodes[n];
    const OpRule& rule = *out_.in.rule[n];
    NodeSpec spec{.name = out_.unused_node(node.name + "/backward"),
                  .op = node.op + "Grad",
                  .phase = Phase::backward,
                  .inputs = {},
                  .outputs = {},
                  .flags = {.default_rule = rule.flags.default_rule},
                  .cost = {},
                  .module = node.module,
                  .forward = out_.node[n],
                  .attributes = {},
                  .donates = {}};
    const ValueId gradient = add_inputs(n, spec);
    const std::vector<std::size_t> targets = add_outputs(n, gradient, spec);
    const OpCall& call = out_.in.call[n];
    HCB_TRY(spec.cost,
            out_.cost_of(spec, backward_flops(rule, call), moved(spec),
                         backward_workspace(rule, call), leading_dtype(call), rule.pointwise));
    const std::vector<ValueId> made = spec.outputs;
    out_.builder.add_node(std::move(spec));
    for (std::size_t k = 0; k < targets.size(); ++k)
      HCB_CHECK(deliver(targets[k], made[k], out_.node[n]));
    return {};
  }

  // Gradients of outputs, saved inputs, saved outputs, stash; attributes say which is which.
  // Returns the gradient of output 0, kNone if there is none.
  ValueId add_inputs(std::size_t n, NodeSpec& spec) {
    const ForwardNode& node = out_.model.nodes[n];
    const OpCall& call = out_.in.call[n];
    const Saved saved = saved_by(*out_.in.rule[n], call);
    ValueId first = kNone<ValueId>;
    std::vector<std::size_t> delivered;
    for (std::size_t o = 0; o < call.delivered.size(); ++o) {
      if (call.delivered[o] == 0) continue;
      spec.inputs.push_back(pending(node.outputs[o]).sum);
      if (o == 0) first = spec.inputs.back();
      delivered.push_back(o);
    }
    for (const std::size_t i : saved.inputs) spec.inputs.push_back(out_.value_at(node.inputs[i]));
    std::vector<std::size_t> outputs;
    for (const std::size_t o : saved.outputs) {
      const ValueId output = out_.value_at(node.outputs[o]);
      if (output == kNone<ValueId>) continue;
      spec.inputs.push_back(output);
      outputs.push_back(o);
    }
    spec.inputs.insert(spec.inputs.end(), out_.stash[n].begin(), out_.stash[n].end());
    spec.attributes = {{"output_gradients", numbers(delivered)},
                       {"saved_inputs", numbers(saved.inputs)},
                       {"saved_outputs", numbers(outputs)}};
    return first;
  }

  // One gradient per wanted input. Returns the model values they belong to.
  std::vector<std::size_t> add_outputs(std::size_t n, ValueId gradient, NodeSpec& spec) {
    const OpCall& call = out_.in.call[n];
    std::vector<std::size_t> wanted;
    std::vector<std::size_t> targets;
    spec.flags.view = true;
    for (std::size_t i = 0; i < call.wanted.size(); ++i) {
      if (!call.wants(i)) continue;
      const bool view = gradient != kNone<ValueId> && gradient_is_view(*out_.in.rule[n], call, i);
      spec.flags.view = spec.flags.view && view;
      wanted.push_back(i);
      targets.push_back(static_cast<std::size_t>(out_.model.nodes[n].inputs[i]));
      spec.outputs.push_back(add_contribution(targets.back(), view ? gradient : kNone<ValueId>));
    }
    spec.attributes.push_back({"input_gradients", numbers(wanted)});
    return targets;
  }

  // Inputs read and outputs written; a view is not written.
  [[nodiscard]] Count moved(const NodeSpec& spec) const {
    Count total = out_.bytes_of(spec.inputs);
    for (const ValueId v : spec.outputs) {
      if (out_.builder.value(v).view_of == kNone<ValueId>) total += out_.bytes_of({{v}});
    }
    return total;
  }

  // Adds a contribution to the gradient of v; `forward` is the node whose backward made it.
  Result<void> deliver(std::size_t v, ValueId contribution, NodeId forward) {
    Pending& p = pending_[v];
    ++p.delivered;
    if (p.sum == kNone<ValueId>) {
      p.sum = contribution;
      return {};
    }
    const bool last = p.delivered == p.expected;
    const ValueId sum =
        add_gradient(v, last ? "" : fmt::format(".sum{}", p.delivered), kNone<ValueId>);
    NodeSpec spec{.name = out_.unused_node(
                      fmt::format("{}.grad/sum{}", out_.model.values[v].name, p.delivered)),
                  .op = "GradSum",
                  .phase = Phase::backward,
                  .inputs = {p.sum, contribution},
                  .outputs = {sum},
                  .flags = {},
                  .cost = {},
                  .module = {},
                  .forward = forward,
                  .attributes = {},
                  .donates = {}};
    if (base_[p.sum] != base_[contribution]) spec.donates = {{.output = 0, .input = 0}};
    p.sum = sum;
    return finish_pointwise(std::move(spec), v);
  }

  Emission& out_;
  std::vector<Pending> pending_;
  IdVector<ValueId, ValueId> base_;  // of a gradient: the one whose buffer it shares
};

}  // namespace

Result<std::vector<ParameterGradient>> emit_backward(Emission& out) {
  return BackwardEmitter(out).run();
}

}  // namespace hcb::internal
