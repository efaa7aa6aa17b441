// Which constants are parameters.
//
// A file says nothing about it: weights, masks and scale factors are all constants. The op table
// knows the slots where weights go. A floating constant is a parameter if it enters such a slot,
// directly or through ops that rearrange it or map it element by element (a transposed weight is
// still that weight, and so is the A of exp(A)):
//
//     w ──> Transpose ──> MatMul.1       slot `weights`: always
//     b ──────────────────> Add.1        slot `joint_weights`: beside an operand that leads to a
//                                        parameter, and only with more than one element
//
// The second kind separates the bias of a layer from the frequencies that multiply token positions:
// nothing trainable stands beside those. As each parameter found can make another operand lead to
// one, passes over the nodes repeat until none is found; two are usual. O(passes · uses).
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "ingest/training_model.h"

namespace hcb::internal {
namespace {

constexpr std::size_t kMaskDims = 2;
constexpr std::size_t kMaskHops = 8;

std::size_t wide_dims(std::span<const std::int64_t> shape) {
  return static_cast<std::size_t>(std::ranges::count_if(shape, [](auto dim) { return dim > 1; }));
}

class ParameterFinder {
 public:
  ParameterFinder(TrainingModel& out, const Options& options)
      : out_(out), model_(*out.model), options_(options), frozen_(model_.values.size(), 0) {}

  Result<void> run() {
    HCB_CHECK(name_given(options_.freeze, "freeze", [this](std::size_t v) { frozen_[v] = 1; }));
    HCB_CHECK(name_given(options_.train, "train", [this](std::size_t v) {
      if (!frozen_[v]) make_parameter(v);
    }));
    do {
      found_ = false;
      for (std::size_t n = 0; n < model_.nodes.size(); ++n) visit(n);
    } while (found_);
    return {};
  }

 private:
  [[nodiscard]] const ForwardValue& value(std::size_t v) const { return model_.values[v]; }

  // Readers of output 0.
  [[nodiscard]] std::span<const std::int32_t> readers_of_result(std::size_t n) const {
    const auto& outputs = model_.nodes[n].outputs;
    if (outputs.empty() || outputs[0] == ForwardNode::kOmitted) return {};
    return out_.consumers[static_cast<std::size_t>(outputs[0])];
  }

  // Empty for "no node" (-1).
  [[nodiscard]] std::string_view op_of(std::int32_t n) const {
    return n < 0 ? std::string_view{} : model_.nodes[static_cast<std::size_t>(n)].op;
  }

  [[nodiscard]] bool is_float_constant(std::size_t v) const {
    return value(v).role == Role::constant && is_floating(value(v).dtype);
  }

  template <class Action>
  Result<void> name_given(std::span<const std::string> patterns, std::string_view option,
                          Action action) {
    for (const std::string& pattern : patterns) {
      std::vector<std::string> names;
      bool matched = false;
      for (std::size_t v = 0; v < model_.values.size(); ++v) {
        if (!is_float_constant(v)) continue;
        names.push_back(value(v).name);
        if (!glob_match(pattern, value(v).name)) continue;
        matched = true;
        action(v);
      }
      if (!matched) {
        return fail(
            ErrorKind::usage,
            fmt::format("--{} '{}': {} has no floating-point constant of that name{}", option,
                        pattern, printable(model_.name), did_you_mean(pattern, names)));
      }
    }
    return {};
  }

  void make_parameter(std::size_t v) {
    if (out_.role[v] == Role::parameter) return;
    out_.role[v] = Role::parameter;
    out_.trainable[v] = 1;
    found_ = true;
  }

  void visit(std::size_t n) {
    const OpRule& rule = *out_.rule[n];
    const ForwardNode& node = model_.nodes[n];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == ForwardNode::kOmitted) continue;
      const auto v = static_cast<std::size_t>(node.inputs[i]);
      if (rule.buffers.contains(i) && out_.role[v] == Role::constant) out_.role[v] = Role::buffer;
      if (is_slot(n, i)) make_parameters(n, i);
    }
    mark_outputs(n);
  }

  // May the constant that enters input i of n be a weight?
  [[nodiscard]] bool is_slot(std::size_t n, std::size_t i) const {
    const OpRule& rule = *out_.rule[n];
    const bool joint = rule.joint_weights.contains(i);
    if (inside_a_body(n, i)) return true;
    if (!joint && !rule.weights.contains(i)) return false;
    if (rule.weight != nullptr && !rule.weight(out_.call[n], i)) return false;
    if (joint && (!beside_trainable(n, i) || is_attention_mask(n, i))) return false;
    return !is_group_norm_filler(n);
  }

  [[nodiscard]] bool inside_a_body(std::size_t n, std::size_t i) const {
    const ForwardNode& node = model_.nodes[n];
    return std::ranges::find(node.body_weights, node.inputs[i]) != node.body_weights.end();
  }

  [[nodiscard]] bool beside_trainable(std::size_t n, std::size_t i) const {
    const ForwardNode& node = model_.nodes[n];
    for (std::size_t other = 0; other < node.inputs.size(); ++other) {
      if (other == i || node.inputs[other] == ForwardNode::kOmitted) continue;
      if (out_.trainable[static_cast<std::size_t>(node.inputs[other])]) return true;
    }
    return false;
  }

  // A constant with two wide dims on the way into a Softmax masks or biases attention scores. (The
  // bias of a classifier in that place has one.)
  [[nodiscard]] bool is_attention_mask(std::size_t n, std::size_t i) const {
    return wide_dims(out_.call[n].input(i).shape) >= kMaskDims && leads_to_softmax(n);
  }

  // Follows results that have one reader through pointwise ops of several operands.
  [[nodiscard]] bool leads_to_softmax(std::size_t n) const {
    for (std::size_t hop = 0; hop < kMaskHops; ++hop) {
      const auto readers = readers_of_result(n);
      const auto is_softmax = [this](auto m) { return op_of(m) == "Softmax"; };
      if (std::ranges::any_of(readers, is_softmax)) return true;
      if (readers.size() != 1) return false;
      n = static_cast<std::size_t>(readers[0]);
      const OpRule& rule = *out_.rule[n];
      if (!rule.pointwise || model_.nodes[n].inputs.size() < 2) return false;
    }
    return false;
  }

  // Exporters write group normalisation as Reshape, InstanceNormalization with a scale of ones and
  // a bias of zeros, Reshape back; the real scale and bias follow.
  [[nodiscard]] bool is_group_norm_filler(std::size_t n) const {
    const ForwardNode& node = model_.nodes[n];
    if (node.op != "InstanceNormalization") return false;
    const auto is_reshape = [this](std::int32_t m) { return op_of(m) == "Reshape"; };
    const auto readers = readers_of_result(n);
    const std::int32_t x = node.inputs[0];
    return x != ForwardNode::kOmitted && is_reshape(out_.producer[static_cast<std::size_t>(x)]) &&
           !readers.empty() && std::ranges::all_of(readers, is_reshape);
  }

  // The constants that input i of n is made of become parameters, if it has no other source.
  void make_parameters(std::size_t n, std::size_t i) {
    std::vector<std::size_t> sources;
    if (!trace(static_cast<std::size_t>(model_.nodes[n].inputs[i]), sources)) return;
    const bool joint = out_.rule[n]->joint_weights.contains(i);
    for (const std::size_t v : sources) {
      if (frozen_[v] || value(v).shape.empty()) continue;
      if (joint && wide_dims(value(v).shape) == 0) continue;
      make_parameter(v);
    }
  }

  // Follows what carries weights from v back to floating constants; false if anything else is there.
  [[nodiscard]] bool trace(std::size_t v, std::vector<std::size_t>& sources) const {
    std::vector<std::size_t> open{v};
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      if (out_.producer[at] < 0) {
        if (!is_float_constant(at)) return false;
        sources.push_back(at);
      } else if (!push_operands(static_cast<std::size_t>(out_.producer[at]), open)) {
        return false;
      }
    }
    return true;
  }

  // False if n carries none: what it makes is no weight.
  bool push_operands(std::size_t n, std::vector<std::size_t>& open) const {
    const std::size_t before = open.size();
    const ForwardNode& node = model_.nodes[n];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (out_.rule[n]->carried.contains(i) && node.inputs[i] != ForwardNode::kOmitted)
        open.push_back(static_cast<std::size_t>(node.inputs[i]));
    }
    return open.size() > before;
  }

  void mark_outputs(std::size_t n) {
    const ForwardNode& node = model_.nodes[n];
    bool leads = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      leads |= node.inputs[i] != ForwardNode::kOmitted && out_.rule[n]->gradients.contains(i) &&
               out_.trainable[static_cast<std::size_t>(node.inputs[i])] != 0;
    }
    for (std::size_t o = 0; leads && o < node.outputs.size(); ++o) {
      if (node.outputs[o] == ForwardNode::kOmitted || !out_.rule[n]->grad_outputs.contains(o))
        continue;
      const auto v = static_cast<std::size_t>(node.outputs[o]);
      if (is_floating(value(v).dtype)) out_.trainable[v] = 1;
    }
  }

  TrainingModel& out_;
  const ForwardModel& model_;
  const Options& options_;
  std::vector<char> frozen_;
  bool found_ = false;
};

}  // namespace

Result<void> find_parameters(TrainingModel& model, const Options& options) {
  return ParameterFinder(model, options).run();
}

}  // namespace hcb::internal
