// A device of LibTorch as the executor and hcb-run see it. No header of torch is needed to use it;
// the class is abstract so that tests can stand in for it.
//
//     HCB_TRY(const auto machine, open_torch({.device = "cpu", .threads = 1, .seed = 7}));
//     HCB_TRY(const auto kernels, machine->kernels(calls));
//     HCB_TRY(const Kernels bound, bind_kernels(graph, *kernels));    // lists every missing op
//     HCB_TRY(request.residents[v], machine->make(calls.values[v], bytes));
//     HCB_TRY(RunReport report, run_program(graph, program, bound, machine->machine(*kernels), …));
//
// On the CPU the meter counts every byte that tensors allocate, with granularity 1; on CUDA it
// reads the caching allocator (512). What this class allocates for its own purposes (copies to
// compare, random numbers to fill with) is not metered. One machine per process.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/calls.h"
#include "runtime/run.h"

namespace hcb {

struct TorchOptions {
  std::string device = "cpu";  // "cpu", "cuda", "cuda:1"
  int threads = 0;             // inside ops, on the CPU; 0: as many as LibTorch takes by itself
  std::uint64_t seed = 0;      // of the generator, as torch.manual_seed
  bool deterministic = true;   // CUDA: deterministic algorithms, no search for the fastest
  bool keep_heap = true;       // give no memory back to the system between steps (CPU)
};

// How a tensor is filled that nobody gives contents for.
struct Fill {
  enum class Kind { zeros, ones, normal, below };
  Kind kind = Kind::zeros;
  std::uint64_t seed = 0;  // normal, below: equal seeds give equal contents
  double deviation = 1;    // normal: N(0, deviation²); complex: both parts
  std::int64_t limit = 1;  // below: integers uniform in [0, limit)
};

// Where the elements of two tensors differ in their bits.
struct TensorDifference {
  std::int64_t elements = 0;  // that differ
  std::int64_t first = 0;     // the first of them, in row-major order
  double largest = 0;         // |a - b|; 0 for booleans; NaN where a NaN meets a number
  std::string shapes;         // not empty: dtypes or shapes differ, and nothing was compared
};

// Memory of the device as three counters tell it; on the CPU all three are the meter's.
struct DeviceMemory {
  Bytes allocated = 0;  // by tensors
  Bytes reserved = 0;   // by the caching allocator
  Bytes used = 0;       // of the device, by everybody, as its driver says
  Bytes total = 0;      // of the device; 0 on the CPU
};

// Kernels of one graph, and what they saw.
class TorchKernels : public KernelSet {
 public:
  // Storage bytes of every output of the node at its last execution, as the library allocated them
  // (of its base, for a view; 0 for an undefined output); empty: it has not run.
  [[nodiscard]] virtual std::span<const Bytes> output_storage(NodeId node) const = 0;
};

class TorchMachine {
 public:
  virtual ~TorchMachine() = default;

  [[nodiscard]] virtual std::string torch_version() const = 0;      // "2.15.0"
  [[nodiscard]] virtual std::string device_name() const = 0;        // "cpu", "cuda:0 (NVIDIA …)"
  [[nodiscard]] virtual std::string allocation_policy() const = 0;  // for reports, one line
  [[nodiscard]] virtual int threads() const = 0;
  [[nodiscard]] virtual Bytes granularity() const = 0;  // 1 on the CPU, 512 on CUDA

  // Kernels for the nodes of the graph that `calls` belongs to; it must outlive them. make() gives
  // nullptr for ops that the process does not have; error (bad_input, naming node and argument): a
  // parameter without argument, an argument that does not fit the op's schema.
  [[nodiscard]] virtual Result<std::unique_ptr<TorchKernels>> kernels(const Calls& calls) = 0;

  [[nodiscard]] virtual MemoryMeter& meter() = 0;
  [[nodiscard]] virtual RandomState& random() = 0;
  [[nodiscard]] virtual Clock clock() = 0;  // waits for the device before it reads the time
  [[nodiscard]] Machine machine(KernelSet& set) {
    return {.kernels = &set, .meter = &meter(), .random = &random(), .clock = clock()};
  }
  virtual void seed(std::uint64_t seed) = 0;  // the generator, as torch.manual_seed
  [[nodiscard]] virtual DeviceMemory memory() const = 0;

  // A tensor with a storage of its own, spec.storage bytes (metered), that holds these elements,
  // given in row-major order whatever the strides; bytes of the storage beside them are zero.
  // Errors: bad_input (sizes do not fit), limit.
  [[nodiscard]] virtual Result<Handle> make(const TensorSpec& spec,
                                            std::span<const std::byte> elements) = 0;
  [[nodiscard]] virtual Result<Handle> make(const TensorSpec& spec, const Fill& fill) = 0;
  // A tensor that shares the storage of `base` (a resident that is a view of another one).
  [[nodiscard]] virtual Result<Handle> make_view(const TensorSpec& spec, const Handle& base) = 0;
  // New contents for a tensor, elements in row-major order. Error (bad_input): another size.
  [[nodiscard]] virtual Result<void> write(const Handle& tensor,
                                           std::span<const std::byte> elements) = 0;

  [[nodiscard]] virtual TensorSpec spec(const Handle& tensor) const = 0;
  // Elements in row-major order, whatever the strides.
  [[nodiscard]] virtual Result<std::vector<std::byte>> read(const Handle& tensor) const = 0;
  // nullopt: same dtype, shape and bits (NaNs of equal bits are equal).
  [[nodiscard]] virtual Result<std::optional<TensorDifference>> compare(const Handle& a,
                                                                        const Handle& b) const = 0;
};

// Opens the device, sets threads, seed, determinism, allocator and allocation policy. To be called
// before any other use of LibTorch, once per process. Errors: bad_input (another LibTorch than
// compiled for; CUDA where there is none; an unknown device); usage (called twice).
[[nodiscard]] Result<std::unique_ptr<TorchMachine>> open_torch(const TorchOptions& options);

// Version of LibTorch that this program was compiled for.
[[nodiscard]] std::string compiled_torch_version();

}  // namespace hcb
