#include "runtime/slots.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {

Slots::Slots(const Graph& graph, const Kernels& kernels)
    : graph_(graph), kernels_(kernels), handle_(graph.value_count()) {
  std::vector<std::pair<BufferId, ValueId>> pairs;
  for (const ValueId v : graph.values()) pairs.emplace_back(graph.buffer(v), v);
  values_ = Csr<BufferId, ValueId>::from_pairs(graph.buffer_count(), pairs);
}

void Slots::clear(BufferId b) {
  for (const ValueId v : values_[b]) handle_[v].reset();
}

void Slots::clear_all() {
  for (Handle& handle : handle_) handle.reset();
}

Slots::ViewOf Slots::view_of(ValueId v) const {
  const NodeId producer = graph_.producer(v);
  if (producer == kNone<NodeId> || graph_.base_value(graph_.buffer(v)) == v) return {};
  const auto inputs = graph_.inputs(producer);
  const auto outputs = graph_.outputs(producer);
  const auto base = std::ranges::find_if(inputs, [&](ValueId x) {
    return x != kNone<ValueId> && graph_.buffer(x) == graph_.buffer(v);
  });
  if (base == inputs.end()) return {};
  return {*base, static_cast<std::size_t>(std::ranges::find(outputs, v) - outputs.begin())};
}

Result<const Handle*> Slots::get(ValueId v) {
  if (handle_[v] != nullptr) return &handle_[v];
  chain_.clear();
  for (ValueId x = v; handle_[x] == nullptr; x = view_of(x).base) {
    chain_.push_back(x);
    if (view_of(x).base == kNone<ValueId>) {
      return fail(ErrorKind::internal,
                  fmt::format("nothing holds '{}', which '{}' is made of",
                              printable(graph_.name(x)), printable(graph_.name(v))));
    }
  }
  for (std::size_t i = chain_.size(); i-- > 0;) {
    const auto [base, output] = view_of(chain_[i]);
    HCB_TRY(handle_[chain_[i]], kernels_[graph_.producer(chain_[i])]->view(output, handle_[base]));
  }
  return &handle_[v];
}

std::size_t Slots::held() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(handle_, [](const Handle& handle) { return handle != nullptr; }));
}

}  // namespace hcb
