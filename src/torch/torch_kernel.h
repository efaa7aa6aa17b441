// What both dialects' kernels tell beside running. Internal to src/torch.
#pragma once

#include <span>

#include "runtime/kernel.h"

namespace hcb::internal {

class TorchKernel : public Kernel {
 public:
  // As TorchKernels::output_storage().
  [[nodiscard]] virtual std::span<const Bytes> output_storage() const = 0;
};

}  // namespace hcb::internal
