// One execution: operands gathered, the adapter called, every result brought to where the graph says
// it lies.
#include "torch/jax_kernel.h"

#include <algorithm>
#include <complex>
#include <vector>

#include <ATen/ops/empty_strided.h>
#include <ATen/ops/scalar_tensor.h>
#include <c10/core/InferenceMode.h>

#include "base/text.h"
#include "torch/counting_allocator.h"
#include "torch/dtypes.h"
#include "torch/tensors.h"

namespace hcb::internal {
namespace {

std::vector<JaxAdapter> sorted_adapters() {
  std::vector<JaxAdapter> all;
  for (const auto family :
       {jax_pointwise_adapters(), jax_movement_adapters(), jax_indexing_adapters(),
        jax_reduction_adapters(), jax_window_adapters(), jax_contraction_adapters(),
        jax_random_adapters()})
    all.insert(all.end(), family.begin(), family.end());
  std::ranges::sort(all, {}, &JaxAdapter::op);
  return all;
}

const void* storage_of(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.storage().unsafeGetStorageImpl() : nullptr;
}

at::Tensor number_tensor(const WrappedNumber& given, c10::Device device) {
  const Unmetered unmetered;
  const auto type = scalar_type(given.dtype).value_or(c10::ScalarType::Float);
  const auto options = at::TensorOptions().device(device);
  if (const auto* i = std::get_if<std::int64_t>(&given.number)) {
    const at::Tensor whole = at::scalar_tensor(*i, options.dtype(at::kLong));
    return type == c10::ScalarType::UInt64 ? whole.view(type) : whole.to(type);
  }
  if (const auto* b = std::get_if<bool>(&given.number))
    return at::scalar_tensor(*b, options.dtype(type));
  if (const auto* d = std::get_if<double>(&given.number))
    return at::scalar_tensor(*d, options.dtype(type));
  const auto c = std::get<std::complex<double>>(given.number);
  return at::scalar_tensor(c10::complex<double>(c.real(), c.imag()), options.dtype(type));
}

}  // namespace

const JaxAdapter* find_jax_adapter(std::string_view op) {
  static const std::vector<JaxAdapter> kAdapters = sorted_adapters();
  const auto at = std::ranges::lower_bound(kAdapters, op, {}, &JaxAdapter::op);
  return at != kAdapters.end() && at->op == op ? &*at : nullptr;
}

c10::ScalarType JaxCall::dtype(std::size_t k) const { return *scalar_type(spec(k).dtype); }

at::Tensor JaxCall::out(std::size_t k) {
  const TensorSpec& said = spec(k);
  results_[k] = taken_[k].defined() ? taken_[k] : fresh(said, device);
  return results_[k];
}

at::Tensor fresh(const TensorSpec& spec, c10::Device device) {
  const auto options = at::TensorOptions().dtype(*scalar_type(spec.dtype)).device(device);
  return at::empty_strided(spec.shape, spec.strides, options);
}

Ints inverse(const Ints& order) {
  Ints out(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    out.at(static_cast<std::size_t>(order[i])) = static_cast<std::int64_t>(i);
  return out;
}

JaxKernel::JaxKernel(const Graph& graph, NodeId node, const Calls& calls, const JaxAdapter* adapter,
                     c10::Device device)
    : graph_(graph),
      node_(node),
      given_(calls.nodes[node]),
      adapter_(adapter),
      params_(given_),
      device_(device),
      taken_(graph.outputs(node).size()),
      results_(graph.outputs(node).size()) {
  for (const ValueId v : graph.outputs(node)) {
    specs_.push_back(&calls.values[v]);
    views_.push_back(graph.base_value(graph.buffer(v)) != v);
  }
}

std::unexpected<Error> JaxKernel::wrong(const std::string& what) const {
  return fail(ErrorKind::bad_input, "node '" + printable(graph_.name(node_)) + "' (" +
                                        printable(graph_.op(node_)) + "): " + what);
}

Result<std::unique_ptr<TorchKernel>> JaxKernel::make(const Graph& graph, NodeId node,
                                                     const Calls& calls, c10::Device device) {
  const bool loop = graph.op(node) == "scan";
  const JaxAdapter* const adapter = find_jax_adapter(graph.op(node));
  if (loop ? !missing_inside(calls.nodes[node]).empty() : adapter == nullptr) return nullptr;
  std::unique_ptr<JaxKernel> kernel(new JaxKernel(graph, node, calls, adapter, device));
  if (loop) {
    if (calls.nodes[node].bodies.size() != 1) return kernel->wrong("not one body");
    HCB_TRY(kernel->loop_, Loop::make(*calls.nodes[node].bodies[0], device));
  }
  HCB_CHECK(kernel->check());
  HCB_CHECK(kernel->read_operands());
  return kernel;
}

Result<void> JaxKernel::check() const {
  for (const TensorSpec* spec : specs_) {
    if (spec->dtype != DType::undefined && !scalar_type(spec->dtype))
      return wrong("LibTorch does not compute with " + std::string(name(spec->dtype)));
  }
  if (adapter_ == nullptr || adapter_->unsupported == nullptr) return {};
  const std::string what = adapter_->unsupported(params_);
  return what.empty() ? Result<void>{} : wrong(what);
}

Result<void> JaxKernel::read_operands() {
  for (const NamedArgument& given : given_.arguments) {
    if (!given.name.empty()) continue;
    if (const auto* at = std::get_if<InputPosition>(&given.argument.kind)) {
      operands_.push_back({static_cast<int>(at->input), {}});
    } else if (const auto* number = std::get_if<WrappedNumber>(&given.argument.kind)) {
      operands_.push_back({-1, number_tensor(*number, device_)});
    } else {
      return wrong("an operand that is neither a tensor nor a number");
    }
  }
  tensors_.resize(operands_.size());
  return {};
}

void JaxKernel::gather(const KernelCall& call) {
  for (std::size_t i = 0; i < operands_.size(); ++i) {
    const int input = operands_[i].input;
    tensors_[i] =
        input < 0 ? operands_[i].number : tensor_of(*call.inputs[static_cast<std::size_t>(input)]);
  }
  for (std::size_t k = 0; k < specs_.size(); ++k) {
    if (call.takes_over[k] == kFreshStorage) continue;
    const at::Tensor& given = tensor_of(*call.inputs[static_cast<std::size_t>(call.takes_over[k])]);
    taken_[k] = given.as_strided(specs_[k]->shape, specs_[k]->strides, specs_[k]->offset);
  }
}

JaxCall JaxKernel::prepared() { return {params_, tensors_, specs_, taken_, results_, device_}; }

Result<void> JaxKernel::compute(JaxCall& call) {
  if (loop_ != nullptr) return loop_->run(call);
  bool computed = false;
  for (std::size_t k = 0; k < specs_.size(); ++k) {
    if (specs_[k]->dtype == DType::undefined) continue;
    const bool viewed = adapter_->view != nullptr && (views_[k] != 0 || adapter_->run == nullptr);
    if (viewed) {
      call.put(k, adapter_->view(call, call[adapter_->each ? k : 0], k));
    } else if (!computed) {
      adapter_->run(call);
      computed = true;
    }
  }
  return {};
}

// Own storage, of the bytes that were said, with the strides that were said.
bool JaxKernel::lies_as_said(std::size_t k) const {
  const at::Tensor& result = results_[k];
  const void* const storage = storage_of(result);
  const auto shares = [&](const at::Tensor& other) { return storage_of(other) == storage; };
  return static_cast<Bytes>(result.storage().nbytes()) == specs_[k]->storage &&
         result.storage_offset() == specs_[k]->offset && same_strides(result, *specs_[k]) &&
         std::ranges::none_of(tensors_, shares) &&
         std::none_of(results_.begin(), results_.begin() + static_cast<std::ptrdiff_t>(k), shares);
}

Result<void> JaxKernel::finish(std::size_t k) {
  at::Tensor& result = results_[k];
  const TensorSpec& spec = *specs_[k];
  if (spec.dtype == DType::undefined) return {};
  const std::string place = "output " + std::to_string(k) + " ";
  if (!result.defined()) return wrong(place + "was not computed");
  if (result.scalar_type() != *scalar_type(spec.dtype))
    return wrong(place + "is " + std::string(name(dtype_of(result.scalar_type()))) +
                 ", but the graph says " + std::string(name(spec.dtype)));
  if (!std::ranges::equal(result.sizes(), spec.shape))
    return wrong(place + "has another shape than the graph says, " + shape_text(spec.shape));
  if (views_[k] != 0) {
    if (same_strides(result, spec)) return {};
    return wrong(place + "is a view with other strides than the graph says");
  }
  if (taken_[k].defined()) {
    if (storage_of(result) != storage_of(taken_[k])) taken_[k].copy_(result);
    result = taken_[k];
    return {};
  }
  if (lies_as_said(k)) return {};
  at::Tensor own = fresh(spec, device_);
  own.copy_(result);
  result = std::move(own);
  return {};
}

Result<void> JaxKernel::run(const KernelCall& call, std::span<Handle> outputs) {
  const c10::InferenceMode inference;
  const auto clear = [&] {
    for (auto* tensors : {&tensors_, &taken_, &results_}) std::ranges::fill(*tensors, at::Tensor());
  };
  try {
    gather(call);
    JaxCall prepared = this->prepared();
    Result<void> done = compute(prepared);
    for (std::size_t k = 0; k < results_.size() && done; ++k) done = finish(k);
    if (storage_.empty() && done) {
      for (const at::Tensor& result : results_)
        storage_.push_back(result.defined() ? static_cast<Bytes>(result.storage().nbytes()) : 0);
    }
    for (std::size_t k = 0; k < results_.size(); ++k) outputs[k] = handle_of(results_[k]);
    clear();
    return done;
  } catch (const std::exception& exception) {
    clear();
    Error error = error_of(exception);
    error.message = std::string(graph_.op(node_)) + ": " + error.message;
    return std::unexpected(std::move(error));
  }
}

Result<Handle> JaxKernel::view(std::size_t output, const Handle& base) {
  const c10::InferenceMode inference;
  try {
    if (adapter_ == nullptr || adapter_->view == nullptr) return wrong("makes no views");
    const JaxCall call = prepared();
    return handle_of(adapter_->view(call, tensor_of(base), output));
  } catch (const std::exception& exception) {
    return wrong(error_of(exception).message);
  }
}

}  // namespace hcb::internal
