// A node of a jax graph as an adapter onto ATen. Internal to src/torch.
//
//     output is a view in the graph    made over its base by the adapter's `view`
//     output takes over a storage      results are written, or copied, there
//     any other                        exactly the graph's bytes and strides, shared with nobody
#pragma once

#include <memory>

#include "torch/jax_call.h"
#include "torch/jax_scan.h"
#include "torch/torch_kernel.h"

namespace hcb::internal {

// nullptr: no such primitive.
[[nodiscard]] const JaxAdapter* find_jax_adapter(std::string_view op);

class JaxKernel final : public TorchKernel {
 public:
  // nullptr: there is no adapter for the primitive, or for one inside its loop. Errors (bad_input, naming the node): element
  // types that LibTorch does not compute with; parameters that the adapter does not support.
  [[nodiscard]] static Result<std::unique_ptr<TorchKernel>> make(const Graph& graph, NodeId node,
                                                                 const Calls& calls,
                                                                 c10::Device device);

  [[nodiscard]] Result<void> run(const KernelCall& call, std::span<Handle> outputs) override;
  [[nodiscard]] Result<Handle> view(std::size_t output, const Handle& base) override;
  [[nodiscard]] std::span<const Bytes> output_storage() const override { return storage_; }

 private:
  // An operand: an input of the node, or a number that does not change.
  struct Operand {
    int input = -1;
    at::Tensor number;
  };

  JaxKernel(const Graph& graph, NodeId node, const Calls& calls, const JaxAdapter* adapter,
            c10::Device device);

  Result<void> read_operands();
  [[nodiscard]] Result<void> check() const;
  void gather(const KernelCall& call);
  Result<void> compute(JaxCall& call);
  Result<void> finish(std::size_t k);
  [[nodiscard]] bool lies_as_said(std::size_t k) const;
  [[nodiscard]] JaxCall prepared();
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& what) const;

  const Graph& graph_;
  const NodeId node_;
  const NodeCall& given_;
  const JaxAdapter* const adapter_;  // nullptr: a loop
  const JaxParams params_;
  const c10::Device device_;
  std::vector<const TensorSpec*> specs_;  // by output
  std::vector<char> views_;               // by output
  std::vector<Operand> operands_;
  std::unique_ptr<Loop> loop_;
  std::vector<at::Tensor> tensors_;  // of the call at hand, by operand
  std::vector<at::Tensor> taken_;    // by output
  std::vector<at::Tensor> results_;
  std::vector<Bytes> storage_;
};

}  // namespace hcb::internal
