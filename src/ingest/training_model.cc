#include "ingest/training_model.h"

#include "ops/onnx_table.h"

namespace hcb::internal {
namespace {

OpTensor tensor_of(const ForwardModel& model, std::int32_t v, const std::vector<char>& constant) {
  if (v == ForwardNode::kOmitted) return {};
  const ForwardValue& value = model.values[static_cast<std::size_t>(v)];
  return {.present = true,
          .dtype = value.dtype,
          .shape = value.shape,
          .constant = constant[static_cast<std::size_t>(v)] != 0,
          .integers = value.integers ? &*value.integers : nullptr};
}

// Was the node exported in the form that trains?
bool exported_in_training_form(const OpCall& call) {
  const auto* mode = call.input(2).integers;  // Dropout
  return call.integer("training_mode", 0) != 0 ||
         (mode != nullptr && *mode == std::vector<std::int64_t>{1});
}

bool in_training_form(const OpRule& rule, const OpCall& call, const Options& options) {
  if (!rule.has_training || options.inference || call.real("ratio", 1.0) == 0.0) return false;
  return !options.eval_ops_keep || exported_in_training_form(call);
}

class Describer {
 public:
  Describer(const ForwardModel& model, const Options& options)
      : model_(model), options_(options), constant_(model.values.size(), 0) {
    out_.model = &model;
    out_.producer.assign(model.values.size(), -1);
    out_.consumers.resize(model.values.size());
    out_.trainable.assign(model.values.size(), 0);
    out_.receives.assign(model.values.size(), 0);
  }

  TrainingModel run() && {
    for (std::size_t v = 0; v < model_.values.size(); ++v) {
      out_.role.push_back(model_.values[v].role);
      constant_[v] = model_.values[v].role == Role::constant ? 1 : 0;
    }
    for (std::size_t n = 0; n < model_.nodes.size(); ++n) node(static_cast<std::int32_t>(n));
    return std::move(out_);
  }

 private:
  void node(std::int32_t n) {
    const ForwardNode& node = model_.nodes[static_cast<std::size_t>(n)];
    const OpRule* rule = find_onnx_op(node.domain, node.op, node.opset);
    if (rule == nullptr) rule = &default_rule();
    OpCall call{.opset = node.opset, .attributes = node.attributes, .body = node.body};
    for (const std::int32_t v : node.inputs) {
      call.inputs.push_back(tensor_of(model_, v, constant_));
      if (v != ForwardNode::kOmitted) out_.consumers[static_cast<std::size_t>(v)].push_back(n);
    }
    for (const std::int32_t v : node.outputs) {
      call.outputs.push_back(tensor_of(model_, v, constant_));
      if (v != ForwardNode::kOmitted) out_.producer[static_cast<std::size_t>(v)] = n;
    }
    call.training = in_training_form(*rule, call, options_);
    if (is_view(*rule, call) && call.inputs[0].constant && call.output(0).present)
      constant_[static_cast<std::size_t>(node.outputs[0])] = 1;
    out_.rule.push_back(rule);
    out_.call.push_back(std::move(call));
  }

  const ForwardModel& model_;
  const Options& options_;
  std::vector<char> constant_;  // by value: a constant or a view of one
  TrainingModel out_;
};

}  // namespace

TrainingModel describe(const ForwardModel& model, const Options& options) {
  return Describer(model, options).run();
}

}  // namespace hcb::internal
