// A node of an aten graph as a call through LibTorch's dispatcher. Internal to src/torch.
//
// What the op writes (arguments its schema marks) is settled per execution:
//
//     the output shares the input's buffer, or takes it over    written where it is
//     the input is still needed                                 a copy is written, the output
//     nothing returns it (running statistics)                   first time: written where it is
//                                                               again: a copy that is thrown away
#pragma once

#include <memory>

#include "torch/prepared_call.h"
#include "torch/torch_kernel.h"
#include "torch/torch_machine.h"

namespace hcb::internal {

class AtenKernel final : public TorchKernel {
 public:
  // nullptr: the process has no such op. Errors: those of PreparedCall::make(), and (bad_input) an
  // output that takes over a storage without the op writing there; the node is named.
  [[nodiscard]] static Result<std::unique_ptr<AtenKernel>> make(const Graph& graph, NodeId node,
                                                                const Calls& calls,
                                                                const DeviceMap& device);

  [[nodiscard]] Result<void> run(const KernelCall& call, std::span<Handle> outputs) override;
  [[nodiscard]] Result<Handle> view(std::size_t output, const Handle& base) override;

  [[nodiscard]] std::span<const Bytes> output_storage() const override { return storage_; }

 private:
  static constexpr int kHidden = -1;

  // A parameter that the op writes to.
  struct Write {
    std::size_t parameter = 0;
    std::size_t input = 0;       // of the node
    int output = kHidden;        // of the node, which is what was written
    bool shares_buffer = false;  // the output is a view of the input
  };

  // How the tensors of an output lie in their storage: what a view is made from again.
  struct Layout {
    c10::DispatchKeySet keys;
    caffe2::TypeMeta dtype;
    c10::SmallVector<std::int64_t, 5> sizes;
    c10::SmallVector<std::int64_t, 5> strides;
    std::int64_t offset = 0;
  };

  AtenKernel(const Graph& graph, NodeId node, const Calls& calls, c10::OperatorHandle op,
             PreparedCall call);

  Result<void> find_writes();
  void protect_inputs(const KernelCall& call);
  Result<void> take_results(const KernelCall& call, std::span<Handle> outputs);
  void note(std::span<const Handle> outputs);
  [[nodiscard]] bool in_place(const Write& write, const KernelCall& call) const;
  [[nodiscard]] Error at_node(Error error) const;

  const Graph& graph_;
  const NodeId node_;
  const Calls& calls_;
  c10::OperatorHandle op_;
  PreparedCall call_;
  std::vector<Write> writes_;
  torch::jit::Stack stack_;
  std::vector<Layout> layout_;  // by output; empty before the first execution
  std::vector<Bytes> storage_;  // likewise
};

}  // namespace hcb::internal
