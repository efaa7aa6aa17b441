#include "torch/cuda.h"

#include <cstdlib>
#include <cstring>

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>

#include "torch/counting_allocator.h"
#include "torch/dtypes.h"

namespace hcb::internal {
namespace {

constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);

c10::CachingDeviceAllocator::DeviceStats stats(c10::Device device) {
  return c10::getDeviceAllocator(c10::kCUDA)->getDeviceStats(device.index());
}

std::unexpected<Error> no_cuda(const std::string& why) {
  return fail(ErrorKind::bad_input, "--device cuda: " + why, "use --device cpu");
}

class CudaRandomState final : public RandomState {
 public:
  explicit CudaRandomState(c10::Device device)
      : generator_(at::globalContext().defaultGenerator(device)) {}

  [[nodiscard]] std::vector<std::byte> save() override {
    const std::scoped_lock lock(generator_.mutex());
    const std::uint64_t state[2] = {generator_.current_seed(), generator_.get_offset()};
    std::vector<std::byte> bytes(sizeof(state));
    std::memcpy(bytes.data(), state, sizeof(state));
    return bytes;
  }

  void restore(std::span<const std::byte> bytes) override {
    std::uint64_t state[2];
    std::memcpy(state, bytes.data(), sizeof(state));
    const std::scoped_lock lock(generator_.mutex());
    generator_.set_current_seed(state[0]);  // sets the offset to zero
    generator_.set_offset(state[1]);
  }

 private:
  at::Generator generator_;
};

}  // namespace

Result<void> load_cuda(c10::Device device) {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr)
    return no_cuda(std::string("libtorch_cuda cannot be loaded: ") + dlerror());
  try {
    if (!at::globalContext().hasCUDA()) return no_cuda("no CUDA device or no driver here");
    at::globalContext().lazyInitDevice(c10::kCUDA);
    if (device.index() >= at::accelerator::deviceCount())
      return no_cuda("no device " + std::to_string(device.index()) + "; there are " +
                     std::to_string(at::accelerator::deviceCount()));
    at::accelerator::setDeviceIndex(device.index());
  } catch (const std::exception& exception) {
    return no_cuda(error_of(exception).message);
  }
  return {};
}

void make_deterministic() {
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", 0);
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(true, true);  // ops that have none: a warning
  context.setDeterministicFillUninitializedMemory(false);
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
}

Bytes CudaMeter::live() const { return stats(device_).allocated_bytes[kAll].current; }

Bytes CudaMeter::peak() const { return stats(device_).allocated_bytes[kAll].peak; }

void CudaMeter::mark() { c10::getDeviceAllocator(c10::kCUDA)->resetPeakStats(device_.index()); }

void CudaMeter::set_limit(std::optional<Bytes> limit) { limit_ = limit; }

std::optional<Refusal> CudaMeter::refusal() const {
  const auto now = stats(device_).allocated_bytes[kAll];
  if (!limit_ || now.peak <= *limit_) return std::nullopt;
  return Refusal{.asked = now.peak - now.current, .live = now.current};
}

std::unique_ptr<RandomState> cuda_random_state(c10::Device device) {
  return std::make_unique<CudaRandomState>(device);
}

DeviceMemory cuda_memory(c10::Device device) {
  const auto counted = stats(device);
  const auto [free, total] = c10::getDeviceAllocator(c10::kCUDA)->getMemoryInfo(device.index());
  return {.allocated = counted.allocated_bytes[kAll].current,
          .reserved = counted.reserved_bytes[kAll].current,
          .used = static_cast<Bytes>(total - free),
          .total = static_cast<Bytes>(total)};
}

void wait_for(c10::Device device) { at::accelerator::synchronizeDevice(device.index()); }

}  // namespace hcb::internal
