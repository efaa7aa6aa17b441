// The optimizer of a training step: what it keeps of every parameter, and the nodes that update
// them. Internal to src/ingest.
//
//     gradient ──┐
//     parameter ─┼─> update/<parameter> ─> <parameter>.updated     in the storage of the parameter
//     exp_avg ───┘                      ─> <parameter>.exp_avg.updated     … and of the state
//
// Mixed precision: where the weights that the step reads are narrower than the float32 the optimizer
// works in, it also keeps a float32 copy of them (`master`), and its states are float32.
#pragma once

#include <string_view>
#include <vector>

#include "base/options.h"
#include "ingest/training_emission.h"

namespace hcb::internal {

// A tensor of the parameter's shape.
struct OptimizerState {
  std::string_view name;  // PyTorch's: "exp_avg"
  DType dtype = DType::f32;
};

// What `optimizer` keeps of a parameter of type `dtype`; `master`: it works on a float32 copy.
[[nodiscard]] std::vector<OptimizerState> optimizer_states(Optimizer optimizer, DType dtype,
                                                           bool master);

// Does the optimizer keep a float32 copy? `stored` is the type the file has the parameter in, where
// --activation-dtype changed it, else undefined.
[[nodiscard]] bool has_master(const Options& options, DType dtype, DType stored);

// What --optimizer adds to the residents, and what AdamW would add.
struct OptimizerBytes {
  Count counted;
  Count adamw;

  // One more parameter.
  void add(const Options& options, const OpTensor& parameter, DType stored);
};

// Error (usage): --master-weights without an optimizer.
[[nodiscard]] Result<void> check_optimizer(const Options& options);

// The states of all parameters as residents, then one update node per gradient, behind everything
// that reads the parameter. The updated tensors are outputs of the graph; the gradients are not.
[[nodiscard]] Result<void> emit_updates(Emission& out,
                                        const std::vector<ParameterGradient>& gradients);

}  // namespace hcb::internal
