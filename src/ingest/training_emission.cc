#include "ingest/training_emission.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "ops/cost.h"

namespace hcb::internal {
namespace {

std::string unused(std::unordered_set<std::string>& names, std::string name) {
  while (!names.insert(name).second) name += '_';
  return name;
}

}  // namespace

Emission::Emission(const TrainingModel& described, const Device& device, const Options& given)
    : in(described),
      model(*described.model),
      options(given),
      builder(model.dialect, model.name),
      value(model.values.size(), kNone<ValueId>),
      node(model.nodes.size(), kNone<NodeId>),
      stash(model.nodes.size()),
      device_(device) {
  for (const ForwardNode& forward : model.nodes) node_names_.insert(forward.name);
  for (const ForwardValue& declared : model.values) value_names_.insert(declared.name);
}

std::string Emission::unused_node(std::string name) { return unused(node_names_, std::move(name)); }

std::string Emission::unused_value(std::string name) {
  return unused(value_names_, std::move(name));
}

ValueSpec Emission::spec_of(std::size_t v) const {
  const ForwardValue& declared = model.values[v];
  return {.name = declared.name,
          .dtype = declared.dtype,
          .shape = declared.shape,
          .role = in.role[v],
          .storage = {}};
}

ValueId Emission::value_at(std::int32_t v) const {
  return v == ForwardNode::kOmitted ? kNone<ValueId> : value[static_cast<std::size_t>(v)];
}

bool Emission::active(std::size_t n) const {
  return std::ranges::any_of(in.call[n].wanted, [](char wanted) { return wanted != 0; });
}

Count Emission::bytes_of(std::span<const ValueId> values) const {
  Count total = 0;
  for (const ValueId v : values) {
    if (v == kNone<ValueId>) continue;
    const auto bytes = tensor_bytes(builder.value(v).dtype, builder.value(v).shape);
    total += bytes ? Count(*bytes) : Count::overflowed();
  }
  return total;
}

Result<Cost> Emission::cost_of(const NodeSpec& spec, Count flops, Count bytes_moved,
                               Count workspace, DType dtype, bool fusible) const {
  const Work work{.flops = flops,
                  .bytes_moved = bytes_moved,
                  .workspace = workspace,
                  .dtype = dtype,
                  .view = spec.flags.view,
                  .fusible = fusible};
  const auto cost = estimate(work, device_, options.cost_model);
  if (cost) return *cost;
  return fail(ErrorKind::bad_input,
              fmt::format("{}: node '{}': its FLOPs, bytes or time exceed 63 bits",
                          printable(model.name), printable(spec.name)),
              "check the bound dimensions");
}

DType leading_dtype(const OpCall& call) {
  for (const auto* tensors : {&call.outputs, &call.inputs}) {
    for (const OpTensor& tensor : *tensors) {
      if (tensor.present && is_floating(tensor.dtype)) return tensor.dtype;
    }
  }
  return call.output(0).dtype;
}

}  // namespace hcb::internal
