#include "graph/implied.h"

#include <utility>
#include <vector>

namespace hcb {
namespace {

using Edges = std::vector<std::pair<NodeId, NodeId>>;  // (node, predecessor)

void chain_random_nodes(const Graph& graph, Edges& edges) {
  NodeId before = kNone<NodeId>;
  for (const NodeId n : graph.nodes()) {
    if (!graph.flags(n).random) continue;
    if (before != kNone<NodeId>) edges.emplace_back(n, before);
    before = n;
  }
}

void put_readers_before_mutations(const Graph& graph, Edges& edges) {
  for (const BufferId b : graph.buffers()) {
    if (!mutates_resident(graph, b)) continue;
    const NodeId mutator = graph.owner(b);
    for (const NodeId reader : graph.readers(graph.donor(b))) {
      if (reader < mutator) edges.emplace_back(mutator, reader);
    }
  }
}

}  // namespace

bool mutates_resident(const Graph& graph, BufferId b) {
  return graph.donor(b) != kNone<BufferId> && graph.resident(graph.donor(b));
}

Csr<NodeId, NodeId> implied_predecessors(const Graph& graph) {
  Edges edges;
  chain_random_nodes(graph, edges);
  put_readers_before_mutations(graph, edges);
  return Csr<NodeId, NodeId>::from_pairs(graph.node_count(), edges);
}

}  // namespace hcb
