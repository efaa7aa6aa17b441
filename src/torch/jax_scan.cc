#include "torch/jax_scan.h"

#include <algorithm>
#include <set>

#include <ATen/core/Tensor.h>

#include "plan/plan.h"
#include "torch/counting_allocator.h"
#include "torch/dtypes.h"
#include "torch/jax_kernel.h"
#include "torch/tensors.h"

namespace hcb::internal {
namespace {

class BodyKernels final : public KernelSet {
 public:
  BodyKernels(const Calls& calls, c10::Device device) : calls_(calls), device_(device) {}

  [[nodiscard]] Result<std::unique_ptr<Kernel>> make(const Graph& graph, NodeId node) override {
    HCB_TRY(std::unique_ptr<Kernel> kernel, JaxKernel::make(graph, node, calls_, device_));
    return kernel;
  }
  [[nodiscard]] Result<void> copy(const Handle&, const Handle&) override {
    return fail(ErrorKind::internal, "a loop body writes nothing back");
  }

 private:
  const Calls& calls_;
  const c10::Device device_;
};

void add_missing(const LoopBody& body, std::set<std::string>& missing) {
  for (const NodeId n : body.graph.nodes()) {
    const NodeCall& call = body.calls.nodes[n];
    if (body.graph.op(n) != "scan" && find_jax_adapter(body.graph.op(n)) == nullptr)
      missing.insert(std::string(body.graph.op(n)));
    if (body.graph.op(n) != "scan") continue;
    for (const auto& inner : call.bodies) add_missing(*inner, missing);
  }
}

}  // namespace

std::vector<std::string> missing_inside(const NodeCall& call) {
  std::set<std::string> missing;
  for (const auto& body : call.bodies) add_missing(*body, missing);
  return {missing.begin(), missing.end()};
}

Result<std::unique_ptr<Loop>> Loop::make(const LoopBody& body, c10::Device device) {
  std::unique_ptr<Loop> loop(new Loop(body, device));
  HCB_CHECK(loop->check());
  HCB_CHECK(loop->prepare());
  HCB_CHECK(loop->constants());
  return loop;
}

Result<void> Loop::check() const {
  const std::size_t in = body_.consts + body_.carries + body_.xs;
  if (body_.inputs.size() == in && body_.outputs.size() >= body_.carries) return {};
  return fail(ErrorKind::bad_input, "a loop body of " + std::to_string(body_.inputs.size()) +
                                        " inputs and " + std::to_string(body_.outputs.size()) +
                                        " outputs for " + std::to_string(in) + " inputs and " +
                                        std::to_string(body_.carries) + " carries");
}

Result<void> Loop::prepare() {
  const Graph& graph = body_.graph;
  set_ = std::make_unique<BodyKernels>(body_.calls, device_);
  HCB_TRY(kernels_, bind_kernels(graph, *set_));
  HCB_TRY(const auto size, rounded_sizes(graph, 1));
  std::vector<NodeId> once;
  for (const NodeId n : graph.nodes()) once.push_back(n);
  HCB_TRY(program_, make_program(graph, size, with_frees(graph, once)));
  for (const ValueId v : body_.outputs) {
    const auto at = std::ranges::find(graph.outputs(), v);
    output_.push_back(static_cast<std::size_t>(at - graph.outputs().begin()));
  }
  request_.residents.resize(graph.value_count());
  return {};
}

Result<void> Loop::constants() {
  const Unmetered unmetered;
  for (const ConstantData& constant : body_.calls.constants) {
    const auto elements = std::as_bytes(std::span(constant.elements));
    HCB_TRY(request_.residents[constant.value],
            make_tensor(body_.calls.values[constant.value], elements, device_));
  }
  return {};
}

// Views inside the body count on how its inputs lie.
void Loop::place(std::size_t input, const at::Tensor& tensor) {
  const ValueId v = body_.inputs[input];
  const TensorSpec& spec = body_.calls.values[v];
  if (same_strides(tensor, spec)) {
    request_.residents[v] = handle_of(tensor);
    return;
  }
  at::Tensor own = fresh(spec, device_);
  own.copy_(tensor);
  request_.residents[v] = handle_of(std::move(own));
}

Result<void> Loop::iterate(JaxCall& call, std::int64_t i, std::vector<at::Tensor>& carries,
                           const std::vector<at::Tensor>& ys) {
  for (std::size_t k = 0; k < carries.size(); ++k) place(body_.consts + k, carries[k]);
  const std::size_t xs = body_.consts + body_.carries;
  for (std::size_t k = 0; k < body_.xs; ++k) place(xs + k, call[xs + k].select(0, i));
  Machine machine;
  machine.kernels = set_.get();
  HCB_TRY(const RunReport report, run_program(body_.graph, program_, kernels_, machine, request_));
  const auto out = [&](std::size_t k) { return tensor_of(report.outputs[output_[k]].second); };
  for (std::size_t k = 0; k < carries.size(); ++k) carries[k] = out(k);
  for (std::size_t k = 0; k < ys.size(); ++k) ys[k].select(0, i).copy_(out(body_.carries + k));
  return {};
}

Result<void> Loop::run(JaxCall& call) {
  if (call.operands().size() != body_.inputs.size() || call.outputs() != body_.outputs.size())
    return fail(ErrorKind::bad_input, "a loop of " + std::to_string(call.operands().size()) +
                                          " operands and " + std::to_string(call.outputs()) +
                                          " outputs over a body of " +
                                          std::to_string(body_.inputs.size()) + " and " +
                                          std::to_string(body_.outputs.size()));
  for (std::size_t k = 0; k < body_.consts; ++k) place(k, call[k]);
  std::vector<at::Tensor> carries;
  for (std::size_t k = 0; k < body_.carries; ++k) carries.push_back(call[body_.consts + k]);
  std::vector<at::Tensor> ys;
  for (std::size_t k = body_.carries; k < call.outputs(); ++k) ys.push_back(call.out(k));
  Result<void> done;
  for (std::int64_t step = 0; step < body_.length && done; ++step)
    done = iterate(call, body_.reverse ? body_.length - 1 - step : step, carries, ys);
  for (const ValueId v : body_.inputs) request_.residents[v].reset();
  for (std::size_t k = 0; k < carries.size(); ++k) call.put(k, std::move(carries[k]));
  return done;
}

}  // namespace hcb::internal
