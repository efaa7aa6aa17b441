// Tensors from bytes and back. Elements travel in row-major order, whatever the strides; what is
// needed on the way is not metered. Internal to src/torch.
#pragma once

#include "torch/dtypes.h"
#include "torch/torch_machine.h"

namespace hcb::internal {

// Errors (bad_input): no such element type, sizes that do not fit each other; (limit).
[[nodiscard]] Result<Handle> make_tensor(const TensorSpec& spec,
                                         std::span<const std::byte> elements, c10::Device device);
[[nodiscard]] Result<Handle> make_tensor(const TensorSpec& spec, const Fill& fill,
                                         c10::Device device);
[[nodiscard]] Result<Handle> make_view(const TensorSpec& spec, const Handle& base);
[[nodiscard]] Result<void> write_tensor(const Handle& tensor, std::span<const std::byte> elements);

// Does the tensor, of the spec's shape, lie as the spec says? Strides of dims of one element mean
// nothing; nor do any of a tensor without elements.
[[nodiscard]] bool same_strides(const at::Tensor& tensor, const TensorSpec& spec);

[[nodiscard]] TensorSpec spec_of(const at::Tensor& tensor);
[[nodiscard]] Result<std::vector<std::byte>> read_tensor(const at::Tensor& tensor);
[[nodiscard]] Result<std::optional<TensorDifference>> compare_tensors(const at::Tensor& a,
                                                                      const at::Tensor& b);

}  // namespace hcb::internal
