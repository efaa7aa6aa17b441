// Element types, devices and tensors of LibTorch by our names. Internal to src/torch.
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "graph/calls.h"
#include "runtime/kernel.h"

namespace hcb::internal {

// nullopt: LibTorch has no such type (or tensors of it cannot be computed with).
[[nodiscard]] std::optional<c10::ScalarType> scalar_type(DType dtype);
[[nodiscard]] DType dtype_of(c10::ScalarType type);

// A handle is a tensor, possibly undefined.
[[nodiscard]] inline const at::Tensor& tensor_of(const Handle& handle) {
  return *static_cast<const at::Tensor*>(handle.get());
}
[[nodiscard]] inline Handle handle_of(at::Tensor tensor) {
  return std::make_shared<at::Tensor>(std::move(tensor));
}

// What LibTorch said, without its stack trace, on one line.
[[nodiscard]] Error error_of(const std::exception& exception);

}  // namespace hcb::internal
