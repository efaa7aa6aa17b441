// CUDA through the interfaces that LibTorch has for any accelerator, so that no CUDA header and no
// CUDA toolkit is needed; libtorch_cuda is loaded when it is asked for. Internal to src/torch.
#pragma once

#include <memory>

#include <c10/core/Device.h>

#include "torch/torch_machine.h"

namespace hcb::internal {

// Loads libtorch_cuda and looks for the device. Errors (bad_input): LibTorch is the CPU build; no
// driver or no device, with what LibTorch says; an index beyond the devices that are there.
[[nodiscard]] Result<void> load_cuda(c10::Device device);

// Deterministic algorithms, no search for fast ones, no reduced precision beyond LibTorch's
// defaults. Before the first use of a matrix product: it sets CUBLAS_WORKSPACE_CONFIG.
void make_deterministic();

// Bytes as the caching allocator counts them: rounded to its blocks. It cannot refuse while an op
// runs: a limit that was exceeded shows in refusal() afterwards.
class CudaMeter final : public MemoryMeter {
 public:
  explicit CudaMeter(c10::Device device) : device_(device) {}
  [[nodiscard]] Bytes live() const override;
  [[nodiscard]] Bytes peak() const override;
  void mark() override;
  void set_limit(std::optional<Bytes> limit) override;
  [[nodiscard]] std::optional<Refusal> refusal() const override;

 private:
  c10::Device device_;
  std::optional<Bytes> limit_;
};

// Seed and offset of the device's generator, 16 bytes.
[[nodiscard]] std::unique_ptr<RandomState> cuda_random_state(c10::Device device);

[[nodiscard]] DeviceMemory cuda_memory(c10::Device device);
void wait_for(c10::Device device);

}  // namespace hcb::internal
