// Fake tensors, which the graph was exported with, do not always say what kernels do: see
// docs/decisions/0090-running-steps.md.
#include "torch/verify_outputs.h"

#include <algorithm>

#include "base/text.h"
#include "torch/dtypes.h"
#include "torch/tensors.h"

namespace hcb::internal {
namespace {

const void* storage_of(const Handle* handle) {
  if (handle == nullptr) return nullptr;
  const at::Tensor& tensor = tensor_of(*handle);
  return tensor.defined() && tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl()
                                                  : nullptr;
}

class Verifier {
 public:
  Verifier(const Graph& graph, NodeId node, const Calls& calls, const KernelCall& call,
           std::span<const Handle> outputs)
      : graph_(graph),
        calls_(calls),
        call_(call),
        outputs_(outputs),
        values_(graph.outputs(node)) {}

  Result<void> run() {
    for (k_ = 0; k_ < outputs_.size(); ++k_) {
      if (!tensor_of(outputs_[k_]).defined()) continue;
      HCB_CHECK(sharing());
      HCB_CHECK(geometry());
    }
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& what) const {
    return fail(
        ErrorKind::bad_input,
        "output " + std::to_string(k_) + " ('" + printable(graph_.name(values_[k_])) + "') " + what,
        "export the graph with the torch that runs it");
  }

  [[nodiscard]] bool shared_with_input(const void* storage) const {
    return std::ranges::any_of(call_.inputs,
                               [&](const Handle* input) { return storage_of(input) == storage; });
  }

  [[nodiscard]] bool shared_with_result(const void* storage) const {
    for (std::size_t other = 0; other < k_; ++other) {
      if (storage_of(&outputs_[other]) == storage &&
          graph_.buffer(values_[other]) != graph_.buffer(values_[k_]))
        return true;
    }
    return false;
  }

  [[nodiscard]] Result<void> sharing() const {
    const void* const storage = storage_of(&outputs_[k_]);
    if (shared_with_result(storage))
      return wrong("shares the storage of another output, but the graph gives each its own");
    const bool view = graph_.base_value(graph_.buffer(values_[k_])) != values_[k_];
    const bool shared = shared_with_input(storage);
    if (view == shared || call_.takes_over[k_] != kFreshStorage) return {};
    return wrong(shared ? "shares the storage of an input, but the graph says it has its own"
                        : "has storage of its own, but the graph says it is a view");
  }

  [[nodiscard]] bool addressed_by_strides() const {
    const auto addresses = [&](NodeId n) {
      return graph_.op(n).starts_with("aten::as_strided") || graph_.op(n) == "aten::set_";
    };
    return std::ranges::any_of(graph_.readers(graph_.buffer(values_[k_])), addresses);
  }

  [[nodiscard]] Result<void> geometry() const {
    const at::Tensor& tensor = tensor_of(outputs_[k_]);
    const TensorSpec& said = calls_.values[values_[k_]];
    // An empty fake stands for a workspace that only the kernel knows (mkldnn_rnn_layer).
    if (said.dtype == DType::undefined || element_count(said.shape) == 0) return {};
    if (dtype_of(tensor.scalar_type()) != said.dtype)
      return wrong("is " + std::string(name(dtype_of(tensor.scalar_type()))) +
                   ", but the graph says " + std::string(name(said.dtype)));
    if (!std::ranges::equal(tensor.sizes(), said.shape))
      return wrong("has another shape than the graph says, " + shape_text(said.shape));
    if (same_strides(tensor, said) || !addressed_by_strides()) return {};
    return wrong("has other strides than the graph says, and a later node addresses its storage");
  }

  const Graph& graph_;
  const Calls& calls_;
  const KernelCall& call_;
  const std::span<const Handle> outputs_;
  const std::span<const ValueId> values_;
  std::size_t k_ = 0;
};

}  // namespace

Result<void> verify_outputs(const Graph& graph, NodeId node, const Calls& calls,
                            const KernelCall& call, std::span<const Handle> outputs) {
  return Verifier(graph, node, calls, call, outputs).run();
}

}  // namespace hcb::internal
