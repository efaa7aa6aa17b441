// The forward half of a training graph: residents, and every forward node with the stash its
// backward will read.
#include <algorithm>

#include <fmt/format.h>

#include "ingest/training_emission.h"

namespace hcb::internal {
namespace {

class ForwardEmitter {
 public:
  explicit ForwardEmitter(Emission& out) : out_(out) {}

  Result<void> run() {
    add_residents();
    for (std::size_t n = 0; n < out_.model.nodes.size(); ++n) HCB_CHECK(add_node(n));
    return {};
  }

 private:
  // Inputs are the caller's and always there; constants nobody reads are not.
  void add_residents() {
    for (std::size_t v = 0; v < out_.model.values.size(); ++v) {
      const Role role = out_.in.role[v];
      const bool there =
          role == Role::input || !out_.in.consumers[v].empty() || out_.model.values[v].is_output;
      if (is_resident(role) && there) out_.value[v] = out_.builder.add_resident(out_.spec_of(v));
    }
  }

  Result<void> add_node(std::size_t n) {
    const ForwardNode& node = out_.model.nodes[n];
    const OpRule& rule = *out_.in.rule[n];
    const OpCall& call = out_.in.call[n];
    NodeSpec spec{.name = node.name,
                  .op = node.op,
                  .phase = Phase::forward,
                  .inputs = {},
                  .outputs = {},
                  .flags = flags_of(rule, call),
                  .cost = {},
                  .module = node.module,
                  .attributes = node.attributes,
                  .donates = {}};
    if (rule.has_training)
      spec.attributes.push_back({"training_form", std::int64_t{call.training ? 1 : 0}});
    for (const std::int32_t v : node.inputs) spec.inputs.push_back(out_.value_at(v));
    const auto stash = out_.active(n) ? stash_of(rule, call) : std::vector<StashSpec>{};
    add_outputs(n, stash, spec);
    const Count extra = add_stash(n, stash, spec);
    HCB_TRY(spec.cost,
            out_.cost_of(spec, forward_flops(rule, call), forward_bytes(rule, call) + extra,
                         forward_workspace(rule, call), leading_dtype(call), rule.pointwise));
    out_.node[n] = out_.builder.add_node(std::move(spec));
    return {};
  }

  // Outputs that are made. Where some are not, an attribute says which ones are.
  void add_outputs(std::size_t n, std::span<const StashSpec> stash, NodeSpec& spec) {
    const ForwardNode& node = out_.model.nodes[n];
    const bool view = spec.flags.view;
    std::vector<std::int64_t> made;
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
      if (node.outputs[o] == ForwardNode::kOmitted || is_dropped(n, o, stash)) continue;
      const auto v = static_cast<std::size_t>(node.outputs[o]);
      ValueSpec value = out_.spec_of(v);
      value.role = Role::activation;
      if (view && o == 0) value.view_of = spec.inputs[0];
      out_.value[v] = out_.builder.add_value(std::move(value));
      spec.outputs.push_back(out_.value[v]);
      made.push_back(static_cast<std::int64_t>(o));
    }
    const bool gaps = !made.empty() && made.back() + 1 != std::ssize(made);
    if (gaps) spec.attributes.push_back({"output_positions", std::move(made)});
  }

  // An optional output nobody reads is not made, unless it serves as stash.
  [[nodiscard]] bool is_dropped(std::size_t n, std::size_t o,
                                std::span<const StashSpec> stash) const {
    const auto v = static_cast<std::size_t>(out_.model.nodes[n].outputs[o]);
    return out_.in.rule[n]->droppable.contains(o) && out_.in.consumers[v].empty() &&
           !out_.model.values[v].is_output && std::ranges::none_of(stash, [&](const StashSpec& s) {
             return s.output == o && serves(n, s);
           });
  }

  // Does the model declare the output that is this stash, with its element type?
  [[nodiscard]] bool serves(std::size_t n, const StashSpec& stash) const {
    const OpTensor& output = out_.in.call[n].output(stash.output);
    return stash.output != StashSpec::kNoOutput && output.present && output.dtype == stash.dtype;
  }

  // Returns the bytes of the values added.
  Count add_stash(std::size_t n, std::span<const StashSpec> stash, NodeSpec& spec) {
    const ForwardNode& node = out_.model.nodes[n];
    std::vector<ValueId> added;
    for (const StashSpec& s : stash) {
      if (serves(n, s)) {
        out_.stash[n].push_back(out_.value_at(node.outputs[s.output]));
        continue;
      }
      added.push_back(out_.builder.add_value(
          {.name = out_.unused_value(fmt::format("{}/{}", node.name, s.name)),
           .dtype = s.dtype,
           .shape = s.shape,
           .role = Role::stash,
           .storage = {}}));
      out_.stash[n].push_back(added.back());
      spec.outputs.push_back(added.back());
    }
    return out_.bytes_of(added);
  }

  Emission& out_;
};

}  // namespace

Result<void> emit_forward(Emission& out) { return ForwardEmitter(out).run(); }

}  // namespace hcb::internal
