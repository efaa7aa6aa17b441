// Two passes over the nodes. The part of L1 that needs more is "unrepeatable buffers held across
// v": buffer b of a node that may run only once is held at the first execution of v when owner(b)
// is an ancestor of v, v does not read b, and b is an output or some reader of b is a descendant of
// v. Ancestors and descendants of 64 buffers at a time are one forward and one backward sweep over
// bit masks. Invariant: whatever cannot be shown to be in memory counts zero bytes (outputs that
// may take over a storage, storages that belong to residents), so every sum is a lower bound.
// Complexity: see the header; 100,000 nodes without unrepeatable buffers: 2 ms (bench_analysis).
// Source: the ancestors/descendants argument of a single moment, docs/bounds.md.
#include "analysis/memory_bounds.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <numeric>

namespace hcb {
namespace {

using Mask = std::uint64_t;
constexpr std::size_t kMaskBits = 64;
constexpr std::size_t kMostSweepSteps = 100'000'000;

Bytes saturating_add(Bytes a, Bytes b) {
  return checked_add(a, b).value_or(std::numeric_limits<Bytes>::max());
}

// What a buffer surely adds to the residents while it is live: nothing if its storage is, or may
// come to be through a chain of donations, that of a resident.
IdVector<BufferId, Bytes> sure_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  IdVector<BufferId, Bytes> sure(graph.buffer_count(), 0);
  IdVector<BufferId, char> of_resident(graph.buffer_count(), 0);
  for (NodeId n : graph.nodes()) {
    for (BufferId b : graph.makes(n)) {
      const BufferId donor = graph.donor(b);
      const bool reused =
          donor != kNone<BufferId> && (graph.resident(donor) || of_resident[donor] != 0);
      of_resident[b] = reused ? 1 : 0;
      sure[b] = reused ? 0 : size[b];
    }
  }
  return sure;
}

Bytes total_resident(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  Bytes total = 0;
  for (BufferId b : graph.buffers()) {
    if (graph.resident(b)) total = saturating_add(total, size[b]);
  }
  return total;
}

class Bounds {
 public:
  Bounds(const Graph& graph, const IdVector<BufferId, Bytes>& size)
      : graph_(graph), sure_(sure_bytes(graph, size)), held_(graph.node_count(), 0) {
    result_.resident = total_resident(graph, size);
  }

  MemoryBounds compute() && {
    add_held_buffers();
    find_l1();
    find_l2();
    const bool first = result_.l1 >= result_.l2;
    result_.bound = first ? result_.l1 : result_.l2;
    result_.witness = first ? result_.l1_witness : result_.l2_witness;
    return result_;
  }

 private:
  // Inputs and fresh results of n that pass `counts`, and the workspace.
  template <class Counts>
  [[nodiscard]] Bytes beside(NodeId n, Counts counts) const {
    Bytes total = graph_.cost(n).workspace;
    for (BufferId b : graph_.reads(n)) {
      if (counts(b)) total = saturating_add(total, sure_[b]);
    }
    for (BufferId b : graph_.makes(n)) {
      if (counts(b) && !may_reuse(b)) total = saturating_add(total, sure_[b]);
    }
    return total;
  }

  [[nodiscard]] bool may_reuse(BufferId b) const { return graph_.donor(b) != kNone<BufferId>; }

  void find_l1() {
    result_.l1 = result_.resident;
    for (NodeId n : graph_.nodes()) {
      const Bytes alone = saturating_add(beside(n, [](BufferId) { return true; }), held_[n]);
      const Bytes needed = saturating_add(result_.resident, alone);
      if (result_.l1_witness != kNone<NodeId> && needed <= result_.l1) continue;
      result_.l1 = needed;
      result_.l1_witness = n;
    }
  }

  // Does an output made by n take over b, which n reads? Then the two are one storage.
  [[nodiscard]] bool goes_into_output(NodeId n, BufferId b) const {
    return std::ranges::any_of(graph_.makes(n), [&](BufferId made) {
      return graph_.is_output(made) && graph_.donor(made) == b;
    });
  }

  void find_l2() {
    Bytes outputs = 0;
    Bytes least = std::numeric_limits<Bytes>::max();
    for (NodeId n : graph_.nodes()) {
      Bytes own = 0;
      bool owns = false;
      for (BufferId b : graph_.makes(n)) {
        if (!graph_.is_output(b)) continue;
        owns = true;
        own = saturating_add(own, sure_[b]);
      }
      if (!owns) continue;
      outputs = saturating_add(outputs, own);
      const Bytes rest =
          beside(n, [&](BufferId b) { return !graph_.is_output(b) && !goes_into_output(n, b); });
      if (rest < least || result_.l2_witness == kNone<NodeId>) {
        least = rest;
        result_.l2_witness = n;
      }
    }
    result_.l2 = result_.resident;
    if (result_.l2_witness == kNone<NodeId>) return;
    result_.l2 = saturating_add(result_.resident, saturating_add(outputs, least));
  }

  [[nodiscard]] std::vector<BufferId> unrepeatable_buffers() const {
    std::vector<BufferId> found;
    for (BufferId b : graph_.buffers()) {
      if (graph_.resident(b) || sure_[b] == 0) continue;
      if (graph_.flags(graph_.owner(b)).never_replay) found.push_back(b);
    }
    std::ranges::stable_sort(found, std::greater{}, [&](BufferId b) { return sure_[b]; });
    return found;
  }

  [[nodiscard]] std::size_t most_held() const {
    std::size_t steps = graph_.node_count();
    for (NodeId n : graph_.nodes()) steps += 2 * graph_.predecessors(n).size();
    return kMaskBits * (kMostSweepSteps / std::max<std::size_t>(steps, 1));
  }

  void add_held_buffers() {
    const std::vector<BufferId> found = unrepeatable_buffers();
    const std::size_t kept = std::min(found.size(), most_held());
    result_.held_buffers = kept;
    result_.held_buffers_left_out = found.size() - kept;
    for (std::size_t i = 0; i < kept; i += kMaskBits) {
      sweep(std::span(found).subspan(i, std::min(kMaskBits, kept - i)));
    }
  }

  // Adds to held_[v] the bytes of those of `group` (at most 64) that are held across the first
  // execution of v.
  void sweep(std::span<const BufferId> group) {
    IdVector<NodeId, Mask> owns(graph_.node_count(), 0);
    IdVector<NodeId, Mask> reads(graph_.node_count(), 0);
    Mask outputs = 0;
    for (std::size_t i = 0; i < group.size(); ++i) {
      const Mask bit = Mask{1} << i;
      owns[graph_.owner(group[i])] |= bit;
      for (NodeId reader : graph_.readers(group[i])) reads[reader] |= bit;
      if (graph_.is_output(group[i])) outputs |= bit;
    }
    const auto before = made_by_ancestors(owns);
    const auto after = read_by_descendants(reads);
    for (NodeId n : graph_.nodes()) {
      Mask held = before[n] & (after[n] | outputs) & ~reads[n];
      for (; held != 0; held &= held - 1) {
        const auto i = static_cast<std::size_t>(std::countr_zero(held));
        held_[n] = saturating_add(held_[n], sure_[group[i]]);
      }
    }
  }

  [[nodiscard]] IdVector<NodeId, Mask> made_by_ancestors(const IdVector<NodeId, Mask>& owns) const {
    IdVector<NodeId, Mask> mask(graph_.node_count(), 0);
    for (NodeId n : graph_.nodes()) {
      for (NodeId p : graph_.predecessors(n)) mask[n] |= mask[p] | owns[p];
    }
    return mask;
  }

  [[nodiscard]] IdVector<NodeId, Mask> read_by_descendants(
      const IdVector<NodeId, Mask>& reads) const {
    IdVector<NodeId, Mask> mask(graph_.node_count(), 0);
    for (std::size_t i = graph_.node_count(); i-- > 0;) {
      const NodeId n = id_at<NodeId>(i);
      for (NodeId s : graph_.successors(n)) mask[n] |= mask[s] | reads[s];
    }
    return mask;
  }

  const Graph& graph_;
  IdVector<BufferId, Bytes> sure_;
  IdVector<NodeId, Bytes> held_;
  MemoryBounds result_;
};

}  // namespace

MemoryBounds memory_lower_bounds(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  return Bounds(graph, size).compute();
}

}  // namespace hcb
