// What became of every node and resident. Their bytes are storage before rounding, so that --alignment
// has no part in it.
#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>

#include "report/diff_parts.h"

namespace hcb {
namespace {

// Of the buffers that each node makes; what would overflow stays at the most there is.
std::vector<Bytes> bytes_by_node(const GraphRecord& graph) {
  std::vector<Bytes> bytes(graph.nodes.size(), 0);
  for (const BufferRecord& buffer : graph.buffers) {
    if (buffer.owner == kNone<NodeId>) continue;
    Bytes& sum = bytes[index(buffer.owner)];
    sum = checked_add(sum, buffer.bytes).value_or(std::numeric_limits<Bytes>::max());
  }
  return bytes;
}

std::string type_of(const GraphRecord& graph, std::size_t node) {
  return graph.places.empty() ? std::string{} : graph.types[graph.places[node].type];
}

class GraphDiff {
 public:
  GraphDiff(const GraphRecord& before, const GraphRecord& after, const NodeMatch& match)
      : before_(before),
        after_(after),
        match_(match),
        before_bytes_(bytes_by_node(before)),
        after_bytes_(bytes_by_node(after)) {}

  std::vector<OpPair> ops() const {
    std::vector<OpPair> pairs;
    for (std::size_t n = 0; n < after_.nodes.size(); ++n) {
      const NodeId old_node = match_.to_old[n];
      if (old_node == kNone<NodeId>) {
        pairs.push_back(added(n));
      } else if (const auto change = change_of(index(old_node), n)) {
        pairs.push_back(changed(index(old_node), n, *change));
      }
    }
    for (std::size_t n = 0; n < before_.nodes.size(); ++n) {
      if (match_.to_new[n] == kNone<NodeId>) pairs.push_back(removed(n));
    }
    std::ranges::stable_sort(pairs, std::greater{}, [](const OpPair& pair) {
      return std::abs(pair.after_bytes - pair.before_bytes);
    });
    return pairs;
  }

  std::size_t renamed() const {
    std::size_t count = 0;
    for (std::size_t n = 0; n < after_.nodes.size(); ++n) {
      const NodeId old_node = match_.to_old[n];
      count += old_node != kNone<NodeId> && !same_name(index(old_node), n);
    }
    return count;
  }

 private:
  [[nodiscard]] bool same_name(std::size_t old_node, std::size_t new_node) const {
    return before_.nodes[old_node].name == after_.nodes[new_node].name;
  }

  // Digests hold names: those of a renamed node say nothing.
  [[nodiscard]] std::optional<OpChange> change_of(std::size_t a, std::size_t b) const {
    if (before_bytes_[a] < after_bytes_[b]) return OpChange::grew;
    if (before_bytes_[a] > after_bytes_[b]) return OpChange::shrank;
    const bool typed = !before_.places.empty() && !after_.places.empty();
    if (typed && type_of(before_, a) != type_of(after_, b)) return OpChange::retyped;
    const bool other = before_.nodes[a].digest != after_.nodes[b].digest;
    return same_name(a, b) && other ? std::optional(OpChange::rewired) : std::nullopt;
  }

  [[nodiscard]] OpPair changed(std::size_t a, std::size_t b, OpChange change) const {
    return {.change = change,
            .op = op_name(after_, id_at<NodeId>(b)),
            .before_bytes = before_bytes_[a],
            .after_bytes = after_bytes_[b],
            .before_type = type_of(before_, a),
            .after_type = type_of(after_, b)};
  }

  [[nodiscard]] OpPair added(std::size_t n) const {
    return {.change = OpChange::added,
            .op = op_name(after_, id_at<NodeId>(n)),
            .after_bytes = after_bytes_[n],
            .after_type = type_of(after_, n)};
  }

  [[nodiscard]] OpPair removed(std::size_t n) const {
    return {.change = OpChange::removed,
            .op = op_name(before_, id_at<NodeId>(n)),
            .before_bytes = before_bytes_[n],
            .before_type = type_of(before_, n)};
  }

  const GraphRecord& before_;
  const GraphRecord& after_;
  const NodeMatch& match_;
  std::vector<Bytes> before_bytes_;
  std::vector<Bytes> after_bytes_;
};

Bytes growth(const ValuePair& pair) {
  return std::abs(pair.after.value_or(0) - pair.before.value_or(0));
}

// Values of the same name, those that differ, most bytes of change first, then by name.
using Named = std::map<std::string, Bytes>;
std::vector<ValuePair> pair_values(const Named& before, const Named& after) {
  std::vector<ValuePair> pairs;
  for (const auto& [name, bytes] : before) {
    const auto at = after.find(name);
    if (at == after.end()) {
      pairs.push_back({name, bytes, std::nullopt});
    } else if (at->second != bytes) {
      pairs.push_back({name, bytes, at->second});
    }
  }
  for (const auto& [name, bytes] : after) {
    if (!before.contains(name)) pairs.push_back({name, std::nullopt, bytes});
  }
  std::ranges::stable_sort(pairs, std::greater{}, growth);
  return pairs;
}

Named residents(const GraphRecord& graph) {
  Named named;
  for (const BufferRecord& buffer : graph.buffers) {
    if (buffer.owner == kNone<NodeId>) named.emplace(buffer.name, buffer.bytes);
  }
  return named;
}

Named peak_values(const DiffSide& side) {
  Named named;
  for (const SidePeakValue& value : side.at_peak) named.emplace(value.name, value.bytes);
  return named;
}

// An analysis of format 1.0 does not say which graph it is of: its figures alone tell.
bool fingerprints_differ(const DiffSide& before, const DiffSide& after) {
  if (before.fingerprint.empty() || after.fingerprint.empty()) return false;
  if (before.fingerprint == after.fingerprint) return false;
  return before.unnamed_fingerprint.empty() ||
         before.unnamed_fingerprint != after.unnamed_fingerprint;
}

}  // namespace

OpName op_name(const GraphRecord& graph, NodeId node) {
  const NodeRecord& record = graph.nodes[index(node)];
  const bool placed = !graph.places.empty();
  return {record.name, record.op,
          placed ? graph.modules[graph.places[index(node)].module] : std::string{}};
}

void compare_graphs(const DiffSide& before, const DiffSide& after, Diff& diff) {
  diff.graph_changed = fingerprints_differ(before, after);
  if (diff.kind == DiffKind::analysis) {
    // After a mere renaming values cannot be found by name.
    if (diff.graph_changed || before.fingerprint == after.fingerprint)
      diff.at_peak = pair_values(peak_values(before), peak_values(after));
    return;
  }
  const NodeMatch match = match_nodes(before.graph, after.graph);
  const GraphDiff graphs(before.graph, after.graph, match);
  diff.renamed = graphs.renamed();
  if (diff.graph_changed) {
    diff.ops = graphs.ops();
    diff.resident = pair_values(residents(before.graph), residents(after.graph));
  }
  if (diff.kind == DiffKind::plan) compare_schedules(before, after, match, diff);
}

}  // namespace hcb
