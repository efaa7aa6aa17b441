// 64 nodes at a time: one sweep in given order carries, as a bit mask, which of them reach a node.
// The edge s -> t is implied when some predecessor of t other than s is reached by s. Invariant:
// reach[n] holds the bits of the group's nodes with a path to n, never n's own.
#include "analysis/transitive.h"

#include <algorithm>

namespace hcb {
namespace {

using Mask = std::uint64_t;
constexpr std::size_t kGroup = 64;
constexpr std::size_t kMostSteps = 200'000'000;

std::size_t edge_count(const Precedence& precedence) {
  std::size_t edges = 0;
  for (const NodeId n : precedence.graph().nodes()) edges += precedence.successors(n).size();
  return edges;
}

// Each group costs about window · edges / nodes steps.
std::size_t affordable_window(const Precedence& precedence) {
  const std::size_t nodes = precedence.graph().node_count();
  const std::size_t steps = (nodes / kGroup + 1) * (edge_count(precedence) / (nodes + 1) + 1);
  return std::max(kGroup, kMostSteps / steps);
}

class Reducer {
 public:
  Reducer(const Precedence& precedence, std::size_t window)
      : precedence_(precedence),
        nodes_(precedence.graph().node_count()),
        window_(window),
        reach_(nodes_, 0) {}

  Csr<NodeId, NodeId> run() && {
    for (std::size_t first = 0; first < nodes_; first += kGroup) sweep(first);
    std::vector<std::pair<NodeId, NodeId>> kept;
    std::ranges::sort(implied_);
    for (const NodeId n : precedence_.graph().nodes()) {
      for (const NodeId after : precedence_.successors(n)) {
        if (!std::ranges::binary_search(implied_, std::pair(n, after))) kept.emplace_back(n, after);
      }
    }
    return Csr<NodeId, NodeId>::from_pairs(nodes_, kept);
  }

 private:
  // The last node that an edge of the group leads to, within the window.
  [[nodiscard]] std::size_t end_of(std::size_t first) const {
    std::size_t end = first;
    for (std::size_t i = first; i < std::min(first + kGroup, nodes_); ++i) {
      for (const NodeId after : precedence_.successors(id_at<NodeId>(i))) {
        end = std::max(end, index(after) + 1);
      }
    }
    return std::min({end, first + kGroup + window_, nodes_});
  }

  void sweep(std::size_t first) {
    const std::size_t end = end_of(first);
    for (std::size_t i = first; i < end; ++i) {
      Mask through = 0;  // reaches n by way of another node
      Mask direct = 0;
      for (const NodeId before : precedence_.predecessors(id_at<NodeId>(i))) {
        if (index(before) < first) continue;
        through |= reach_[before];
        if (index(before) < first + kGroup) direct |= Mask{1} << (index(before) - first);
      }
      reach_[id_at<NodeId>(i)] = through | direct;
      if ((through & direct) == 0) continue;
      for (const NodeId before : precedence_.predecessors(id_at<NodeId>(i))) {
        if (index(before) < first || index(before) >= first + kGroup) continue;
        if (((through >> (index(before) - first)) & 1U) == 0) continue;
        implied_.emplace_back(before, id_at<NodeId>(i));
      }
    }
  }

  const Precedence& precedence_;
  std::size_t nodes_;
  std::size_t window_;
  IdVector<NodeId, Mask> reach_;  // of the group being swept, from its first node on
  std::vector<std::pair<NodeId, NodeId>> implied_;
};

}  // namespace

Csr<NodeId, NodeId> without_implied_edges(const Precedence& precedence, std::size_t window) {
  return Reducer(precedence, window > 0 ? window : affordable_window(precedence)).run();
}

}  // namespace hcb
