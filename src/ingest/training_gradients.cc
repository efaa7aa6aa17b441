// Which gradients are made: those of values between a seed and a parameter. `trainable` holds what
// a parameter leads to; one pass over the nodes in reverse finds what leads to a seed.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "ingest/training_model.h"

namespace hcb::internal {
namespace {

class GradientFinder {
 public:
  GradientFinder(TrainingModel& out, const Options& options)
      : out_(out), model_(*out.model), options_(options) {}

  Result<void> run() {
    HCB_CHECK(find_held());
    if (options_.inference) return {};
    if (std::ranges::find(out_.role, Role::parameter) == out_.role.end()) return no_parameter();
    HCB_CHECK(find_seeds());
    for (std::size_t n = model_.nodes.size(); n-- > 0;) visit(n);
    return {};
  }

 private:
  [[nodiscard]] const ForwardValue& value(std::int32_t v) const {
    return model_.values[static_cast<std::size_t>(v)];
  }

  [[nodiscard]] std::unexpected<Error> error(std::string_view what, std::string help) const {
    return fail(ErrorKind::bad_input, fmt::format("{}: {}", printable(model_.name), what),
                std::move(help));
  }

  [[nodiscard]] Result<void> no_parameter() const {
    return error(
        "no parameter found: no floating-point constant enters a weight slot (Conv, Gemm, MatMul, "
        "normalisation, Gather table, …)",
        "--train GLOB names constants to train; --inference plans the forward alone");
  }

  Result<void> find_held() {
    std::vector<std::string> names;
    for (std::size_t v = 0; v < model_.values.size(); ++v) {
      if (!model_.values[v].is_output) continue;
      names.push_back(model_.values[v].name);
      const bool asked =
          options_.outputs.empty() ||
          std::ranges::find(options_.outputs, names.back()) != options_.outputs.end();
      if (asked) out_.held.push_back(static_cast<std::int32_t>(v));
    }
    for (const std::string& name : options_.outputs) {
      if (std::ranges::find(names, name) != names.end()) continue;
      return error(fmt::format("--output '{}': the model has no such output{}", printable(name),
                               did_you_mean(name, names)),
                   fmt::format("its outputs: {}", fmt::join(names, ", ")));
    }
    return {};
  }

  Result<void> find_seeds() {
    bool floating = false;
    for (const std::int32_t v : out_.held) {
      floating |= is_floating(value(v).dtype);
      if (out_.trainable[static_cast<std::size_t>(v)]) {
        out_.seeds.push_back(v);
      } else if (!options_.outputs.empty()) {
        return error(fmt::format("--output '{}': it has no gradient ({}, {})",
                                 printable(value(v).name), name(value(v).dtype),
                                 is_floating(value(v).dtype) ? "no parameter leads to it"
                                                             : "not a floating-point tensor"),
                     "name an output that depends on a parameter");
      }
    }
    for (const std::int32_t v : out_.seeds) out_.receives[static_cast<std::size_t>(v)] = 1;
    if (!out_.seeds.empty()) return {};
    return error(
        floating ? "no parameter leads to an output" : "no output is a floating-point tensor",
        "the backward has nothing to start at; --inference plans the forward alone");
  }

  void visit(std::size_t n) {
    const ForwardNode& node = model_.nodes[n];
    OpCall& call = out_.call[n];
    call.delivered.assign(node.outputs.size(), 0);
    bool any = false;
    for (std::size_t o = 0; o < node.outputs.size(); ++o) {
      if (node.outputs[o] == ForwardNode::kOmitted || !out_.rule[n]->grad_outputs.contains(o))
        continue;
      call.delivered[o] = out_.receives[static_cast<std::size_t>(node.outputs[o])];
      any |= call.delivered[o] != 0;
    }
    if (any) want_inputs(n);
  }

  void want_inputs(std::size_t n) {
    const ForwardNode& node = model_.nodes[n];
    OpCall& call = out_.call[n];
    call.wanted.assign(node.inputs.size(), 0);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] == ForwardNode::kOmitted || !out_.rule[n]->gradients.contains(i)) continue;
      const auto v = static_cast<std::size_t>(node.inputs[i]);
      call.wanted[i] = out_.trainable[v];
      if (out_.trainable[v] != 0) out_.receives[v] = 1;
    }
  }

  TrainingModel& out_;
  const ForwardModel& model_;
  const Options& options_;
};

}  // namespace

Result<void> find_gradients(TrainingModel& model, const Options& options) {
  return GradientFinder(model, options).run();
}

}  // namespace hcb::internal
