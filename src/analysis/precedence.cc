#include "analysis/precedence.h"

#include <algorithm>

namespace hcb {

void Precedence::add_implied() {
  const Csr<NodeId, NodeId> implied = implied_predecessors(graph_);
  if (implied.item_count() == 0) return;
  merged_ = true;
  std::vector<std::pair<NodeId, NodeId>> edges;  // (node, predecessor)
  for (const NodeId n : graph_.nodes()) {
    for (const NodeId p : graph_.predecessors(n)) edges.emplace_back(n, p);
    for (const NodeId p : implied[n]) edges.emplace_back(n, p);
  }
  std::ranges::sort(edges);
  const auto rest = std::ranges::unique(edges);
  edges.erase(rest.begin(), rest.end());
  before_ = Csr<NodeId, NodeId>::from_pairs(graph_.node_count(), edges);
  for (auto& [n, p] : edges) std::swap(n, p);
  after_ = Csr<NodeId, NodeId>::from_pairs(graph_.node_count(), edges);
}

bool is_valid_order(const Precedence& precedence, std::span<const NodeId> order) {
  const std::size_t nodes = precedence.graph().node_count();
  if (order.size() != nodes) return false;
  IdVector<NodeId, char> seen(nodes, 0);
  for (const NodeId n : order) {
    if (index(n) >= nodes || seen[n] != 0) return false;
    for (const NodeId before : precedence.predecessors(n)) {
      if (seen[before] == 0) return false;
    }
    seen[n] = 1;
  }
  return true;
}

}  // namespace hcb
