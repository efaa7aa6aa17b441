// Order matters here: allocation policy and allocator come before any tensor, determinism before any
// op, the seed last.
#include "torch/torch_machine.h"

#include <chrono>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/InferenceMode.h>
#include <torch/headeronly/version.h>

#include "torch/allocation_policy.h"
#include "torch/aten_kernel.h"
#include "torch/counting_allocator.h"
#include "torch/cuda.h"
#include "torch/generator.h"
#include "torch/jax_kernel.h"
#include "torch/tensors.h"

namespace hcb {
namespace {

using internal::AtenKernel;
using internal::JaxKernel;
using internal::tensor_of;
using internal::TorchKernel;

class DialectKernels final : public TorchKernels {
 public:
  DialectKernels(const Calls& calls, c10::Device device)
      : calls_(calls),
        device_{calls.device.empty() ? device.str() : calls.device, device},
        made_(calls.nodes.size(), nullptr) {}

  [[nodiscard]] Result<std::unique_ptr<Kernel>> make(const Graph& graph, NodeId node) override {
    if (graph.dialect() == Dialect::onnx || index(node) >= calls_.nodes.size())
      return fail(ErrorKind::bad_input, "the arguments belong to another graph");
    try {
      HCB_TRY(std::unique_ptr<TorchKernel> kernel, of_dialect(graph, node));
      made_[node] = kernel.get();
      return kernel;
    } catch (const std::exception& exception) {
      return std::unexpected(internal::error_of(exception));
    }
  }

  [[nodiscard]] std::string missing_name(const Graph& graph, NodeId node) const override {
    std::string inside;
    for (const std::string& op : internal::missing_inside(calls_.nodes[node]))
      inside += (inside.empty() ? "" : ", ") + op;
    return std::string(graph.op(node)) + (inside.empty() ? "" : " over " + inside);
  }

  [[nodiscard]] Result<void> copy(const Handle& from, const Handle& to) override {
    try {
      const c10::InferenceMode inference;
      tensor_of(to).copy_(tensor_of(from));
      return {};
    } catch (const std::exception& exception) {
      return std::unexpected(internal::error_of(exception));
    }
  }

  [[nodiscard]] std::span<const Bytes> output_storage(NodeId node) const override {
    return made_[node] == nullptr ? std::span<const Bytes>() : made_[node]->output_storage();
  }

 private:
  [[nodiscard]] Result<std::unique_ptr<TorchKernel>> of_dialect(const Graph& graph, NodeId node) {
    if (graph.dialect() == Dialect::jax) return JaxKernel::make(graph, node, calls_, device_.to);
    HCB_TRY(std::unique_ptr<TorchKernel> kernel, AtenKernel::make(graph, node, calls_, device_));
    return kernel;
  }

  const Calls& calls_;
  const internal::DeviceMap device_;
  IdVector<NodeId, const TorchKernel*> made_;
};

// "… TORCH_VERSION=2.15.0, …" in what the library says of itself.
std::string library_version() {
  const std::string config = at::show_config();
  const std::string key = "TORCH_VERSION=";
  const std::size_t at = config.find(key);
  if (at == std::string::npos) return "unknown";
  const std::size_t begin = at + key.size();
  return config.substr(begin, config.find_first_of(", \n", begin) - begin);
}

class OpenMachine final : public TorchMachine {
 public:
  OpenMachine(c10::Device device, std::string policy, ByteCounter& counter)
      : device_(device),
        policy_(std::move(policy)),
        counter_(counter),
        cuda_meter_(device),
        random_(on_cuda() ? internal::cuda_random_state(device) : cpu_random_state()) {}

  [[nodiscard]] std::string torch_version() const override { return library_version(); }
  [[nodiscard]] std::string device_name() const override { return device_.str(); }
  [[nodiscard]] std::string allocation_policy() const override { return policy_; }
  [[nodiscard]] int threads() const override { return at::get_num_threads(); }
  [[nodiscard]] Bytes granularity() const override { return on_cuda() ? 512 : 1; }

  [[nodiscard]] Result<std::unique_ptr<TorchKernels>> kernels(const Calls& calls) override {
    return std::make_unique<DialectKernels>(calls, device_);
  }

  [[nodiscard]] MemoryMeter& meter() override {
    return on_cuda() ? static_cast<MemoryMeter&>(cuda_meter_) : counter_;
  }
  [[nodiscard]] RandomState& random() override { return *random_; }
  [[nodiscard]] Clock clock() override {
    return [device = device_, wait = on_cuda()] {
      if (wait) internal::wait_for(device);
      return Nanos{std::chrono::steady_clock::now().time_since_epoch() /
                   std::chrono::nanoseconds(1)};
    };
  }
  void seed(std::uint64_t seed) override { at::manual_seed(seed); }
  [[nodiscard]] DeviceMemory memory() const override {
    if (on_cuda()) return internal::cuda_memory(device_);
    const Bytes live = counter_.live();
    return {.allocated = live, .reserved = live, .used = live, .total = 0};
  }

  [[nodiscard]] Result<Handle> make(const TensorSpec& spec,
                                    std::span<const std::byte> elements) override {
    return internal::make_tensor(spec, elements, device_);
  }
  [[nodiscard]] Result<Handle> make(const TensorSpec& spec, const Fill& fill) override {
    return internal::make_tensor(spec, fill, device_);
  }
  [[nodiscard]] Result<Handle> make_view(const TensorSpec& spec, const Handle& base) override {
    return internal::make_view(spec, base);
  }
  [[nodiscard]] Result<void> write(const Handle& tensor,
                                   std::span<const std::byte> elements) override {
    return internal::write_tensor(tensor, elements);
  }
  [[nodiscard]] TensorSpec spec(const Handle& tensor) const override {
    return internal::spec_of(tensor_of(tensor));
  }
  [[nodiscard]] Result<std::vector<std::byte>> read(const Handle& tensor) const override {
    return internal::read_tensor(tensor_of(tensor));
  }
  [[nodiscard]] Result<std::optional<TensorDifference>> compare(const Handle& a,
                                                                const Handle& b) const override {
    return internal::compare_tensors(tensor_of(a), tensor_of(b));
  }

 private:
  [[nodiscard]] bool on_cuda() const { return device_.is_cuda(); }

  const c10::Device device_;
  const std::string policy_;
  ByteCounter& counter_;
  internal::CudaMeter cuda_meter_;
  const std::unique_ptr<RandomState> random_;
};

Result<void> check_version() {
  const std::string found = library_version();
  if (found == TORCH_VERSION) return {};
  return fail(
      ErrorKind::bad_input,
      "LibTorch " + found + " is loaded, but this program was compiled for " TORCH_VERSION,
      "build it again with -DHCB_TORCH=PATH of that torch, or install torch " TORCH_VERSION);
}

Result<c10::Device> device_named(const std::string& name) {
  const auto unknown = [&] {
    return fail(ErrorKind::bad_input, "no device '" + name + "'", "cpu, cuda or cuda:INDEX");
  };
  if (name == "cpu") return c10::Device(c10::kCPU);
  if (name == "cuda") return c10::Device(c10::kCUDA, 0);
  if (!name.starts_with("cuda:") || name.size() > 7 ||
      name.find_first_not_of("0123456789", 5) != std::string::npos || name.size() == 5)
    return unknown();
  return c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(std::stoi(name.substr(5))));
}

}  // namespace

std::string compiled_torch_version() { return TORCH_VERSION; }

Result<std::unique_ptr<TorchMachine>> open_torch(const TorchOptions& options) {
  static bool open = false;
  if (open) return fail(ErrorKind::usage, "LibTorch is opened once per process");
  HCB_CHECK(check_version());
  HCB_TRY(const c10::Device device, device_named(options.device));
  std::string policy = apply_allocation_policy(options.keep_heap);
  ByteCounter& counter = install_counting_allocator();
  if (device.is_cuda()) HCB_CHECK(internal::load_cuda(device));
  if (device.is_cuda() && options.deterministic) internal::make_deterministic();
  if (device.is_cuda()) policy = "caching allocator, 512-byte blocks";
  if (options.threads > 0) at::set_num_threads(options.threads);
  auto machine = std::make_unique<OpenMachine>(device, std::move(policy), counter);
  machine->seed(options.seed);
  open = true;
  return machine;
}

}  // namespace hcb
