// The arguments of one node as a stack of LibTorch's values, worked out once: everything but the
// tensors is there already. Internal to src/torch.
//
//     add.Tensor(x, y, alpha=2)     stack  [ –, –, 2 ]     tensors  {0: input 0, 1: input 1}
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>

#include "graph/calls.h"
#include "runtime/kernel.h"

namespace hcb::internal {

inline constexpr int kOmitted = -1;

// Devices among the arguments: those of type `from`, which the graph was exported for, become `to`.
struct DeviceMap {
  std::string from;
  c10::Device to{c10::DeviceType::CPU};
};

class PreparedCall {
 public:
  // Errors (bad_input): a parameter without argument or default, an argument without parameter, one
  // that does not fit its parameter's type.
  [[nodiscard]] static Result<PreparedCall> make(const c10::FunctionSchema& schema,
                                                 const NodeCall& call, const DeviceMap& device);

  // Puts the arguments on `stack`, which is empty.
  void push(std::span<const Handle* const> inputs, torch::jit::Stack& stack) const;

  // The node's input that is the tensor of parameter `p`; kOmitted: none, or no single tensor.
  [[nodiscard]] int input_of(std::size_t p) const;

 private:
  struct TensorAt {
    std::size_t parameter = 0;
    int input = kOmitted;
  };
  struct TensorsAt {
    std::size_t parameter = 0;
    bool optional = false;
    std::vector<int> inputs;
  };
  friend class CallMaker;

  std::vector<c10::IValue> constant_;
  std::vector<TensorAt> tensor_;
  std::vector<TensorsAt> tensors_;
};

}  // namespace hcb::internal
