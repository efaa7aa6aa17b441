// The training graph while it is written: what the forward and the backward half share. Internal to
// src/ingest.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "graph/builder.h"
#include "ingest/training_model.h"
#include "ops/device.h"

namespace hcb::internal {

class Emission {
 public:
  Emission(const TrainingModel& described, const Device& device, const Options& given);

  const TrainingModel& in;
  const ForwardModel& model;
  const Options& options;
  GraphBuilder builder;
  std::vector<ValueId> value;               // by model value; kNone: not in the graph
  std::vector<NodeId> node;                 // by model node
  std::vector<std::vector<ValueId>> stash;  // by model node, in the order of the op table

  // The same name, or with underscores behind it where a model already uses it.
  [[nodiscard]] std::string unused_node(std::string name);
  [[nodiscard]] std::string unused_value(std::string name);

  // Model value v as the model declares it, with its role.
  [[nodiscard]] ValueSpec spec_of(std::size_t v) const;
  // The graph's value for model value v, kNone for an omitted argument.
  [[nodiscard]] ValueId value_at(std::int32_t v) const;
  // Does node n make gradients?
  [[nodiscard]] bool active(std::size_t n) const;

  // Sum over values that are no views of a value of this node; kNone counts nothing.
  [[nodiscard]] Count bytes_of(std::span<const ValueId> values) const;

  // Cost by the device's roofline; `dtype` decides the peak. Error (bad_input): it exceeds 63 bits,
  // naming the node.
  [[nodiscard]] Result<Cost> cost_of(const NodeSpec& spec, Count flops, Count bytes_moved,
                                     Count workspace, DType dtype, bool fusible) const;

 private:
  const Device& device_;
  std::unordered_set<std::string> node_names_;
  std::unordered_set<std::string> value_names_;
};

// Residents, then forward nodes in their order.
[[nodiscard]] Result<void> emit_forward(Emission& out);

// The whole gradient of a parameter.
struct ParameterGradient {
  std::size_t value = 0;  // the parameter, by model value
  ValueId gradient = kNone<ValueId>;
};

// Seeds, then backward nodes in reverse order of the forward nodes, each followed by the sums its
// gradients complete. Returns the gradients made, in order of the parameters.
[[nodiscard]] Result<std::vector<ParameterGradient>> emit_backward(Emission& out);

// The element type whose peak an op runs at: its first floating output, else input, else output 0.
[[nodiscard]] DType leading_dtype(const OpCall& call);

}  // namespace hcb::internal
