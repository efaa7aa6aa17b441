// One execution: arguments onto the stack, copies in the place of what may not be overwritten,
// callBoxed, results off the stack. The first execution also verifies that outputs lie where the
// graph says, because freeing by the graph would otherwise free too little, or what is still read.
#include "torch/aten_kernel.h"

#include <algorithm>

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include "base/text.h"
#include "torch/counting_allocator.h"
#include "torch/dtypes.h"
#include "torch/verify_outputs.h"

namespace hcb::internal {
namespace {

std::string quoted(std::string_view name) { return "'" + printable(name) + "'"; }

const void* storage_of(const at::Tensor& tensor) {
  return tensor.defined() && tensor.has_storage() ? tensor.storage().unsafeGetStorageImpl()
                                                  : nullptr;
}

at::Tensor in_storage(const c10::Storage& storage, const at::Tensor& like) {
  at::Tensor tensor =
      at::detail::make_tensor<c10::TensorImpl>(c10::Storage(storage), like.key_set(), like.dtype());
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides(),
                                                      like.storage_offset());
  return tensor;
}

// The same tensor in a copy of its whole storage.
at::Tensor copy_with_storage(const at::Tensor& tensor) {
  const c10::Storage& from = tensor.storage();
  c10::Allocator* const allocator =
      from.allocator() ? from.allocator() : c10::GetAllocator(tensor.device().type());
  const c10::Storage to(c10::Storage::use_byte_size_t(), from.nbytes(),
                        allocator->allocate(from.nbytes()), allocator, true);
  allocator->copy_data(to.mutable_data(), from.data(), from.nbytes());
  return in_storage(to, tensor);
}

// Parameters that the op writes to, by position, each with the return that is what was written.
int return_of(const c10::FunctionSchema& schema, const c10::Argument& parameter) {
  for (std::size_t r = 0; r < schema.returns().size(); ++r) {
    const c10::AliasInfo* const alias = schema.returns()[r].alias_info();
    if (alias != nullptr && alias->isWrite() &&
        alias->beforeSets() == parameter.alias_info()->beforeSets())
      return static_cast<int>(r);
  }
  return -1;
}

void append(const c10::IValue& value, std::vector<at::Tensor>& tensors) {
  if (value.isTensor()) {
    tensors.push_back(value.toTensor());
  } else if (value.isTensorList()) {
    for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(tensor);
  } else if (value.isNone()) {
    tensors.emplace_back();
  }
}

}  // namespace

AtenKernel::AtenKernel(const Graph& graph, NodeId node, const Calls& calls, c10::OperatorHandle op,
                       PreparedCall call)
    : graph_(graph), node_(node), calls_(calls), op_(std::move(op)), call_(std::move(call)) {}

Result<std::unique_ptr<AtenKernel>> AtenKernel::make(const Graph& graph, NodeId node,
                                                     const Calls& calls, const DeviceMap& device) {
  const NodeCall& given = calls.nodes[node];
  const std::string overload = given.overload == "default" ? "" : given.overload;
  auto op = c10::Dispatcher::singleton().findSchema({std::string(graph.op(node)), overload});
  if (!op) return nullptr;
  auto call = PreparedCall::make(op->schema(), given, device);
  if (!call) {
    Error error = std::move(call).error();
    error.message = "node " + quoted(graph.name(node)) + " (" + std::string(graph.op(node)) +
                    "): " + error.message;
    return std::unexpected(std::move(error));
  }
  std::unique_ptr<AtenKernel> kernel(
      new AtenKernel(graph, node, calls, std::move(*op), std::move(*call)));
  HCB_CHECK(kernel->find_writes());
  return kernel;
}

Error AtenKernel::at_node(Error error) const {
  error.message = std::string(graph_.op(node_)) + ": " + error.message;
  return error;
}

Result<void> AtenKernel::find_writes() {
  const c10::FunctionSchema& schema = op_.schema();
  for (std::size_t p = 0; p < schema.arguments().size(); ++p) {
    const c10::Argument& parameter = schema.arguments()[p];
    if (parameter.alias_info() == nullptr || !parameter.alias_info()->isWrite()) continue;
    const int input = call_.input_of(p);
    if (input == kOmitted) continue;
    Write write{.parameter = p,
                .input = static_cast<std::size_t>(input),
                .output = return_of(schema, parameter)};
    if (write.output != kHidden) {
      const ValueId in = graph_.inputs(node_)[write.input];
      const ValueId out = graph_.outputs(node_)[static_cast<std::size_t>(write.output)];
      write.shares_buffer = graph_.buffer(in) == graph_.buffer(out);
    }
    writes_.push_back(write);
  }
  for (std::size_t k = 0; k < graph_.outputs(node_).size(); ++k) {
    const BufferId b = graph_.buffer(graph_.outputs(node_)[k]);
    const bool takes =
        graph_.base_value(b) == graph_.outputs(node_)[k] && graph_.donor(b) != kNone<BufferId>;
    if (!takes || std::ranges::find(writes_, static_cast<int>(k), &Write::output) != writes_.end())
      continue;
    return fail(ErrorKind::bad_input,
                "node " + quoted(graph_.name(node_)) + " (" + std::string(graph_.op(node_)) +
                    "): output " + std::to_string(k) +
                    " takes over a storage, but the op does not write in place");
  }
  return {};
}

bool AtenKernel::in_place(const Write& write, const KernelCall& call) const {
  if (write.output == kHidden) return call.first;
  if (write.shares_buffer) return true;
  const int taken = call.takes_over[static_cast<std::size_t>(write.output)];
  return taken != kFreshStorage &&
         graph_.buffer(graph_.inputs(node_)[static_cast<std::size_t>(taken)]) ==
             graph_.buffer(graph_.inputs(node_)[write.input]);
}

void AtenKernel::protect_inputs(const KernelCall& call) {
  for (const Write& write : writes_) {
    const at::Tensor& given = tensor_of(*call.inputs[write.input]);
    if (!given.defined() || in_place(write, call)) continue;
    std::optional<Unmetered> unmetered;  // nobody keeps what a replay would write
    if (write.output == kHidden) unmetered.emplace();
    stack_[write.parameter] = copy_with_storage(given);
  }
}

Result<void> AtenKernel::run(const KernelCall& call, std::span<Handle> outputs) {
  const c10::InferenceMode inference;
  const c10::AutoGradMode gradients(true);  // else some ops leave out what their backward needs
  try {
    call_.push(call.inputs, stack_);
    protect_inputs(call);
    op_.callBoxed(stack_);
    auto taken = take_results(call, outputs);
    stack_.clear();
    return taken;
  } catch (const std::exception& exception) {
    stack_.clear();
    return std::unexpected(at_node(error_of(exception)));
  }
}

Result<void> AtenKernel::take_results(const KernelCall& call, std::span<Handle> outputs) {
  if (stack_.size() == outputs.size() &&
      std::ranges::all_of(stack_, [](const c10::IValue& value) { return value.isTensor(); })) {
    for (std::size_t k = 0; k < outputs.size(); ++k)
      outputs[k] = handle_of(std::move(stack_[k]).toTensor());
  } else {
    std::vector<at::Tensor> tensors;
    for (const c10::IValue& value : stack_) append(value, tensors);
    if (tensors.size() != outputs.size())
      return std::unexpected(
          at_node({ErrorKind::bad_input,
                   "returned " + std::to_string(tensors.size()) + " tensors, the graph says " +
                       std::to_string(outputs.size()),
                   {}}));
    for (std::size_t k = 0; k < outputs.size(); ++k) outputs[k] = handle_of(std::move(tensors[k]));
  }
  if (!layout_.empty()) return {};
  auto verified = verify_outputs(graph_, node_, calls_, call, outputs);
  if (!verified) return std::unexpected(at_node(std::move(verified).error()));
  note(outputs);
  return {};
}

void AtenKernel::note(std::span<const Handle> outputs) {
  for (const Handle& handle : outputs) {
    const at::Tensor& tensor = tensor_of(handle);
    Layout layout;
    if (tensor.defined()) {
      layout = {tensor.key_set(), tensor.dtype(), {}, {}, tensor.storage_offset()};
      layout.sizes.assign(tensor.sizes().begin(), tensor.sizes().end());
      layout.strides.assign(tensor.strides().begin(), tensor.strides().end());
    }
    layout_.push_back(std::move(layout));
    storage_.push_back(storage_of(tensor) ? static_cast<Bytes>(tensor.storage().nbytes()) : 0);
  }
}

Result<Handle> AtenKernel::view(std::size_t output, const Handle& base) {
  if (output >= layout_.size())
    return std::unexpected(at_node({ErrorKind::internal, "a view before its first execution", {}}));
  const c10::InferenceMode inference;
  const Layout& layout = layout_[output];
  at::Tensor tensor = at::detail::make_tensor<c10::TensorImpl>(
      c10::Storage(tensor_of(base).storage()), layout.keys, layout.dtype);
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(layout.sizes, layout.strides, layout.offset);
  return handle_of(std::move(tensor));
}

}  // namespace hcb::internal
