#include "graph/verify.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb::internal {
namespace {

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

std::string quoted(std::string_view name) { return fmt::format("'{}'", printable(name)); }

// Sorted by hash first, so that names are compared only where hashes are equal, and no table of a
// million entries is chased through memory. The duplicate named is the first in the order of items.
template <class Items>
Result<void> unique_names(const Items& items, std::string_view kind) {
  struct Named {
    std::size_t hash;
    std::size_t position;
  };
  const auto name = [&](const Named& named) -> const std::string& {
    return items.begin()[static_cast<std::ptrdiff_t>(named.position)].name;
  };
  const auto before = [&](const Named& a, const Named& b) {
    if (a.hash != b.hash) return a.hash < b.hash;
    return std::tie(name(a), a.position) < std::tie(name(b), b.position);
  };
  std::vector<Named> all;
  all.reserve(items.size());
  for (const auto& item : items) {
    if (item.name.empty()) return invalid(fmt::format("a {} without a name", kind));
    all.push_back({std::hash<std::string_view>{}(item.name), all.size()});
  }
  std::ranges::sort(all, before);
  const Named* twice = nullptr;
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].hash != all[i - 1].hash || name(all[i]) != name(all[i - 1])) continue;
    if (twice == nullptr || all[i].position < twice->position) twice = &all[i];
  }
  if (twice == nullptr) return {};
  return invalid(fmt::format("two {}s are named {}", kind, quoted(name(*twice))));
}

class Verifier {
 public:
  explicit Verifier(const Parts& parts)
      : parts_(parts), producer_(parts.values.size(), kNone<NodeId>) {}

  Result<IdVector<ValueId, NodeId>> run() && {
    HCB_CHECK(unique_names(parts_.nodes, "node"));
    HCB_CHECK(unique_names(parts_.values, "value"));
    for (const NodeId n : ids<NodeId>(parts_.nodes.size())) HCB_CHECK(node(n));
    for (const ValueId v : ids<ValueId>(parts_.values.size())) HCB_CHECK(value(v));
    for (const NodeId n : ids<NodeId>(parts_.nodes.size())) HCB_CHECK(donations(parts_.nodes[n]));
    for (const ValueId v : parts_.outputs) {
      if (!declared(v)) return invalid(fmt::format("output {} is not a declared value", index(v)));
    }
    for (const auto& [before, after] : parts_.order_edges) HCB_CHECK(order_edge(before, after));
    return std::move(producer_);
  }

 private:
  [[nodiscard]] bool declared(ValueId v) const { return index(v) < parts_.values.size(); }

  Result<void> node(NodeId n) {
    const NodeSpec& node = parts_.nodes[n];
    for (const ValueId v : node.inputs) {
      if (v != kNone<ValueId> && !declared(v)) {
        return invalid(
            fmt::format("node {}: input {} is not a declared value", quoted(node.name), index(v)));
      }
    }
    if (node.forward != kNone<NodeId> && index(node.forward) >= parts_.nodes.size()) {
      return invalid(fmt::format("node {}: forward node {} does not exist", quoted(node.name),
                                 index(node.forward)));
    }
    const Cost& cost = node.cost;
    if (std::min({cost.flops, cost.bytes_moved, cost.workspace, cost.time}) < 0) {
      return invalid(fmt::format("node {}: a negative cost", quoted(node.name)));
    }
    for (const ValueId v : node.outputs) HCB_CHECK(produce(n, v));
    return {};
  }

  Result<void> produce(NodeId n, ValueId v) {
    const NodeSpec& node = parts_.nodes[n];
    if (!declared(v)) {
      return invalid(
          fmt::format("node {}: output {} is not a declared value", quoted(node.name), index(v)));
    }
    const ValueSpec& value = parts_.values[v];
    if (producer_[v] != kNone<NodeId>) {
      return invalid(fmt::format("value {} is made by node {} and by node {}", quoted(value.name),
                                 quoted(parts_.nodes[producer_[v]].name), quoted(node.name)));
    }
    if (is_resident(value.role)) {
      return invalid(fmt::format("value {} is {} and cannot be made by node {}", quoted(value.name),
                                 name(value.role), quoted(node.name)));
    }
    producer_[v] = n;
    return {};
  }

  Result<void> value(ValueId v) {
    const ValueSpec& value = parts_.values[v];
    if (!is_resident(value.role) && producer_[v] == kNone<NodeId>) {
      return invalid(
          fmt::format("value {} is made by no node and is not resident", quoted(value.name)));
    }
    if (value.view_of == kNone<ValueId>) {
      const auto storage = storage_bytes(value);
      return storage ? Result<void>{} : std::unexpected(storage.error());
    }
    return view(v);
  }

  Result<void> view(ValueId v) {
    const ValueSpec& value = parts_.values[v];
    if (index(value.view_of) >= index(v)) {
      return invalid(
          fmt::format("value {} is a view of a value declared after it", quoted(value.name)));
    }
    const ValueSpec& base = parts_.values[value.view_of];
    if (is_resident(value.role)) {
      return is_resident(base.role)
                 ? Result<void>{}
                 : invalid(fmt::format("resident value {} is a view of {}, which is not resident",
                                       quoted(value.name), quoted(base.name)));
    }
    const NodeSpec& node = parts_.nodes[producer_[v]];
    if (std::ranges::find(node.inputs, value.view_of) == node.inputs.end()) {
      return invalid(fmt::format("value {} is a view of {}, which is no input of its node {}",
                                 quoted(value.name), quoted(base.name), quoted(node.name)));
    }
    return {};
  }

  Result<void> donations(const NodeSpec& node) {
    for (std::size_t i = 0; i < node.donates.size(); ++i) {
      HCB_CHECK(donation(node, node.donates[i]));
      for (std::size_t j = 0; j < i; ++j) HCB_CHECK(apart(node, node.donates[j], node.donates[i]));
    }
    return {};
  }

  Result<void> donation(const NodeSpec& node, const Donation& d) {
    if (d.output >= node.outputs.size() || d.input >= node.inputs.size() ||
        node.inputs[d.input] == kNone<ValueId>) {
      return invalid(fmt::format("node {}: donation of input {} to output {} is out of range",
                                 quoted(node.name), d.input, d.output));
    }
    const ValueSpec& out = parts_.values[node.outputs[d.output]];
    const ValueSpec& in = parts_.values[node.inputs[d.input]];
    if (out.view_of != kNone<ValueId> ||
        tensor_bytes(out.dtype, out.shape) != tensor_bytes(in.dtype, in.shape)) {
      return invalid(
          fmt::format("node {}: output {} cannot take the storage of {}: a view, or another size",
                      quoted(node.name), quoted(out.name), quoted(in.name)));
    }
    return {};
  }

  // The storage is there once: no two outputs take the same input, no output takes two.
  Result<void> apart(const NodeSpec& node, const Donation& a, const Donation& b) {
    if (a.output == b.output) {
      return invalid(fmt::format("node {}: output {} takes the storage of two inputs",
                                 quoted(node.name), b.output));
    }
    if (storage_of(node.inputs[a.input]) == storage_of(node.inputs[b.input])) {
      return invalid(fmt::format("node {}: outputs {} and {} take the same storage",
                                 quoted(node.name), a.output, b.output));
    }
    return {};
  }

  // The value v is a view of, through views of views.
  [[nodiscard]] ValueId storage_of(ValueId v) const {
    while (parts_.values[v].view_of != kNone<ValueId>) v = parts_.values[v].view_of;
    return v;
  }

  Result<void> order_edge(NodeId before, NodeId after) {
    const std::size_t count = parts_.nodes.size();
    if (index(before) < count && index(after) < count) return {};
    return invalid(fmt::format("order edge {} -> {} names a node that does not exist",
                               index(before), index(after)));
  }

  const Parts& parts_;
  IdVector<ValueId, NodeId> producer_;
};

// Edges by source, over data and order.
Csr<NodeId, NodeId> successor_rows(const Parts& parts, const IdVector<ValueId, NodeId>& producer) {
  std::vector<std::pair<NodeId, NodeId>> edges = parts.order_edges;
  for (const NodeId n : ids<NodeId>(parts.nodes.size())) {
    for (const ValueId v : parts.nodes[n].inputs) {
      if (v != kNone<ValueId> && producer[v] != kNone<NodeId>) edges.emplace_back(producer[v], n);
    }
  }
  return Csr<NodeId, NodeId>::from_pairs(parts.nodes.size(), edges);
}

bool ascending(const Csr<NodeId, NodeId>& successors) {
  for (const NodeId n : ids<NodeId>(successors.rows())) {
    for (const NodeId s : successors[n]) {
      if (s <= n) return false;
    }
  }
  return true;
}

// Follows successors inside `waiting` (each of which has a predecessor there) backwards until a
// node repeats.
std::vector<NodeId> find_cycle(const Csr<NodeId, NodeId>& successors,
                               const IdVector<NodeId, std::uint32_t>& waiting) {
  IdVector<NodeId, NodeId> before(successors.rows(), kNone<NodeId>);
  NodeId at = kNone<NodeId>;
  for (const NodeId n : ids<NodeId>(successors.rows())) {
    if (waiting[n] == 0) continue;
    at = n;
    for (const NodeId s : successors[n]) before[s] = n;
  }
  IdVector<NodeId, char> seen(successors.rows(), 0);
  while (!seen[at]) seen[at] = 1, at = before[at];
  std::vector<NodeId> cycle{at};
  for (NodeId n = before[at]; n != at; n = before[n]) cycle.push_back(n);
  std::ranges::reverse(cycle);
  std::ranges::rotate(cycle, std::ranges::min_element(cycle));
  return cycle;
}

std::unexpected<Error> cycle_error(const Parts& parts, std::span<const NodeId> cycle) {
  constexpr std::size_t kShown = 20;
  std::string path;
  for (std::size_t i = 0; i < cycle.size() && i < kShown; ++i) {
    path += printable(parts.nodes[cycle[i]].name) + " -> ";
  }
  if (cycle.size() > kShown) path += fmt::format("… ({} more) -> ", cycle.size() - kShown);
  return invalid(
      fmt::format("dependency cycle: {}{}", path, printable(parts.nodes[cycle[0]].name)));
}

}  // namespace

Result<Bytes> storage_bytes(const ValueSpec& value) {
  const auto dense = tensor_bytes(value.dtype, value.shape);
  if (!dense && !value.storage) {
    return invalid(fmt::format("value {}: {} of shape {} has no size in 63 bits",
                               quoted(value.name), name(value.dtype), shape_text(value.shape)));
  }
  if (value.storage && (*value.storage < 0 || (dense && *value.storage < *dense))) {
    return invalid(fmt::format("value {}: storage of {} bytes is smaller than {} {} ({} bytes)",
                               quoted(value.name), *value.storage, name(value.dtype),
                               shape_text(value.shape), dense.value_or(0)));
  }
  return value.storage.value_or(dense.value_or(0));
}

Result<IdVector<ValueId, NodeId>> verify_parts(const Parts& parts) { return Verifier(parts).run(); }

Result<std::vector<NodeId>> given_order(const Parts& parts,
                                        const IdVector<ValueId, NodeId>& producer) {
  const Csr<NodeId, NodeId> successors = successor_rows(parts, producer);
  const auto all = ids<NodeId>(parts.nodes.size());
  std::vector<NodeId> order(all.begin(), all.end());
  if (ascending(successors)) return order;
  order.clear();
  IdVector<NodeId, std::uint32_t> waiting(parts.nodes.size(), 0);
  for (const NodeId n : all) {
    for (const NodeId s : successors[n]) ++waiting[s];
  }
  std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
  for (const NodeId n : all) {
    if (waiting[n] == 0) ready.push(n);
  }
  while (!ready.empty()) {
    const NodeId n = ready.top();
    ready.pop();
    order.push_back(n);
    for (const NodeId s : successors[n]) {
      if (--waiting[s] == 0) ready.push(s);
    }
  }
  if (order.size() < parts.nodes.size()) return cycle_error(parts, find_cycle(successors, waiting));
  return order;
}

}  // namespace hcb::internal
