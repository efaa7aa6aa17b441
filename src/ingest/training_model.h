// A forward model with what the op table says about it: the first step of backward synthesis.
// Internal to src/ingest.
#pragma once

#include <vector>

#include "base/options.h"
#include "ingest/forward_model.h"
#include "ops/op.h"

namespace hcb::internal {

// Parallel arrays by index of ForwardModel::nodes and ForwardModel::values.
struct TrainingModel {
  const ForwardModel* model = nullptr;

  // By node.
  std::vector<const OpRule*> rule;  // never null
  std::vector<OpCall> call;

  // By value.
  std::vector<std::int32_t> producer;                // node, or -1
  std::vector<std::vector<std::int32_t>> consumers;  // nodes in order, one entry per use
  std::vector<Role> role;
  std::vector<char> trainable;  // has a gradient as far as the forward goes: leads to a parameter
  std::vector<char> receives;   // and a gradient arrives from a seed

  std::vector<std::int32_t> seeds;  // outputs the backward starts at
  std::vector<std::int32_t> held;   // outputs that live to the end of the step
};

// Looks every op up, describes every call, and links producers and consumers. `role` is that of the
// model, nothing is trainable. O(nodes + uses).
[[nodiscard]] TrainingModel describe(const ForwardModel& model, const Options& options);

// Decides which constants are parameters and buffers, and what leads to a parameter. Errors
// (usage): a --train or --freeze pattern that matches no floating-point constant.
[[nodiscard]] Result<void> find_parameters(TrainingModel& model, const Options& options);

// Decides where the backward starts, which values receive a gradient, and which gradients each call
// must make. Errors (bad_input): no parameter; --output of no such output (nearest match) or one
// without a gradient; no floating-point output; none that leads to a parameter.
[[nodiscard]] Result<void> find_gradients(TrainingModel& model, const Options& options);

}  // namespace hcb::internal
