// A scan as a loop over its body: residents are what the loop passes in, every iteration one run of
// the body's steps, each tensor freed behind its last use. Internal to src/torch.
//
//     operands   consts   carries        xs
//     body in    consts   carries        xs[i]       i from the end, if reversed
//     body out            next carries   ys[i]
#pragma once

#include <memory>

#include "runtime/kernel.h"
#include "runtime/program.h"
#include "runtime/run.h"
#include "torch/jax_call.h"

namespace hcb::internal {

class Loop {
 public:
  // Errors: those of binding the body's nodes (all missing primitives), of another number of inputs
  // and outputs than the loop's.
  [[nodiscard]] static Result<std::unique_ptr<Loop>> make(const LoopBody& body, c10::Device device);

  // Results: carries as they come out last, ys in storages of their own.
  [[nodiscard]] Result<void> run(JaxCall& call);

 private:
  Loop(const LoopBody& body, c10::Device device) : body_(body), device_(device) {}

  Result<void> prepare();
  Result<void> constants();
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] Result<void> iterate(JaxCall& call, std::int64_t i,
                                     std::vector<at::Tensor>& carries,
                                     const std::vector<at::Tensor>& ys);
  void place(std::size_t input, const at::Tensor& tensor);

  const LoopBody& body_;
  const c10::Device device_;
  std::unique_ptr<KernelSet> set_;
  Kernels kernels_;
  Program program_;
  std::vector<std::size_t> output_;  // of the body: its position among the graph's outputs
  RunRequest request_;               // its residents are those of the iteration at hand
};

// Primitives inside the loops of a node that nothing here executes, each once.
[[nodiscard]] std::vector<std::string> missing_inside(const NodeCall& call);

}  // namespace hcb::internal
