#include "runtime/executor.h"

#include "plan/fingerprint.h"
#include "runtime/block_backward.h"

namespace hcb {
namespace {

std::unexpected<Error> not_configured() {
  return fail(ErrorKind::usage, "the executor is not configured", "call configure() first");
}

}  // namespace

Result<void> Executor::configure(const Graph& graph, std::size_t block_size) {
  if (block_size == 0) return fail(ErrorKind::usage, "block size 0", "give 1 or more");
  Kernels kernels;
  if (parts_.machine.kernels != nullptr) {
    HCB_TRY(kernels, bind_kernels(graph, *parts_.machine.kernels));
  }
  graph_ = &graph;
  block_size_ = block_size;
  kernels_ = std::move(kernels);
  return {};
}

Result<BackwardProfile> Executor::backward(
    const Handle& loss, const std::function<Result<void>(const Handle& loss)>& autograd_backward,
    const std::optional<BackwardCallbacks>& callbacks) {
  if (!callbacks) {
    HCB_CHECK(autograd_backward(loss));
    return BackwardProfile{};
  }
  if (graph_ == nullptr) return not_configured();
  if (!callbacks->run_forward || !callbacks->run_backward)
    return fail(ErrorKind::usage, "run_forward and run_backward must both be given");
  return BlockBackward(*graph_, block_size_, *callbacks, checkpoints(), activations_,
                       parts_.machine.clock)
      .run(loss);
}

Result<RunReport> Executor::execute(const Plan& plan, const RunRequest& request) {
  if (graph_ == nullptr) return not_configured();
  if (parts_.machine.kernels == nullptr)
    return fail(ErrorKind::usage, "a plan cannot be executed without kernels");
  if (const auto difference = first_difference(plan.graph, graph_record(*graph_)))
    return fail(ErrorKind::bad_input, "the plan is for another graph: " + *difference);
  HCB_TRY(const auto size, rounded_sizes(*graph_, plan.options.alignment));
  HCB_TRY(const Program program, make_program(*graph_, size, plan.steps));
  return run_program(*graph_, program, kernels_, parts_.machine, request);
}

}  // namespace hcb
