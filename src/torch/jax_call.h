// One execution of a jax primitive as its adapter sees it, and the adapters. Internal to src/torch.
//
// Tensors lie as the graph says, whatever an op would choose by itself:
//
//     out(k)      a new tensor with exactly the graph's bytes and strides (or the storage that is
//                 taken over), to be written by an op's `out` form
//     put(k, t)   any tensor; copied if it lies elsewhere than the graph says
#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "torch/jax_params.h"

namespace hcb::internal {

class JaxCall {
 public:
  JaxCall(const JaxParams& given, std::span<const at::Tensor> operands,
          std::span<const TensorSpec* const> specs, std::span<at::Tensor> taken,
          std::span<at::Tensor> results, c10::Device on)
      : params(given),
        device(on),
        operands_(operands),
        specs_(specs),
        taken_(taken),
        results_(results) {}

  // Beyond the operands, or the outputs below, throws std::invalid_argument: a file may say anything.
  [[nodiscard]] const at::Tensor& operator[](std::size_t i) const {
    return operands_[inside(i, operands_.size(), "operand")];
  }
  [[nodiscard]] std::span<const at::Tensor> operands() const { return operands_; }
  [[nodiscard]] std::size_t outputs() const { return specs_.size(); }
  [[nodiscard]] const TensorSpec& spec(std::size_t k = 0) const {
    return *specs_[inside(k, specs_.size(), "output")];
  }
  [[nodiscard]] c10::ScalarType dtype(std::size_t k = 0) const;
  [[nodiscard]] c10::IntArrayRef shape(std::size_t k = 0) const { return spec(k).shape; }
  [[nodiscard]] at::TensorOptions options(c10::ScalarType type) const {
    return at::TensorOptions().dtype(type).device(device);
  }

  [[nodiscard]] at::Tensor out(std::size_t k = 0);
  void put(at::Tensor tensor) { put(0, std::move(tensor)); }
  void put(std::size_t k, at::Tensor tensor) {
    results_[inside(k, results_.size(), "output")] = std::move(tensor);
  }

  const JaxParams& params;
  const c10::Device device;

 private:
  static std::size_t inside(std::size_t i, std::size_t count, const char* what) {
    if (i < count) return i;
    throw std::invalid_argument(std::string(what) + " " + std::to_string(i) + ": not given");
  }

  std::span<const at::Tensor> operands_;
  std::span<const TensorSpec* const> specs_;
  std::span<at::Tensor> taken_;  // by output: what it takes over, or undefined
  std::span<at::Tensor> results_;
};

// A new tensor with exactly the bytes and strides of `spec`. Strides of 0: no op may write it.
[[nodiscard]] at::Tensor fresh(const TensorSpec& spec, c10::Device device);

struct JaxAdapter {
  std::string_view op;
  // Computes every output. nullptr: the outputs are what `view` gives, or copies of it.
  void (*run)(JaxCall& call) = nullptr;
  // Output k over the storage of operand 0 (operand k, if `each`), where the graph says so.
  at::Tensor (*view)(const JaxCall& call, const at::Tensor& base, std::size_t k) = nullptr;
  bool each = false;
  // What of its parameters cannot be executed; empty: nothing.
  std::string (*unsupported)(const JaxParams& params) = nullptr;
};

[[nodiscard]] std::span<const JaxAdapter> jax_pointwise_adapters();    // jax_pointwise.cc
[[nodiscard]] std::span<const JaxAdapter> jax_movement_adapters();     // jax_movement.cc
[[nodiscard]] std::span<const JaxAdapter> jax_indexing_adapters();     // jax_indexing.cc
[[nodiscard]] std::span<const JaxAdapter> jax_reduction_adapters();    // jax_reduction.cc
[[nodiscard]] std::span<const JaxAdapter> jax_window_adapters();       // jax_window.cc
[[nodiscard]] std::span<const JaxAdapter> jax_contraction_adapters();  // jax_contraction.cc
[[nodiscard]] std::span<const JaxAdapter> jax_random_adapters();       // jax_random.cc

// By dim of the operand its place in `order`: the permutation that undoes it. Dims beyond its size
// throw std::out_of_range.
[[nodiscard]] Ints inverse(const Ints& order);
// The same bits as signed integers, for which every op has a kernel; other types as they are.
[[nodiscard]] at::Tensor as_signed(const at::Tensor& tensor);
// The least and the greatest value of a type; infinities for floating point.
[[nodiscard]] c10::Scalar lowest(c10::ScalarType type);
[[nodiscard]] c10::Scalar highest(c10::ScalarType type);

}  // namespace hcb::internal
