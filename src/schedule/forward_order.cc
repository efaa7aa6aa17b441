// One pass in given order. Two rules of the memory model are no edges of the graph: first
// executions of random nodes keep their places among each other, and nothing reads the old version
// of a resident after its mutation. Both are written down as implied predecessors, so that whoever
// re-orders the backward respects them as it does any edge.
#include "schedule/forward_order.h"

#include <algorithm>
#include <span>

namespace hcb {
namespace {

using Edges = std::vector<std::pair<NodeId, NodeId>>;  // (node, predecessor)

bool mutates_resident(const Graph& graph, BufferId b) {
  return graph.donor(b) != kNone<BufferId> && graph.resident(graph.donor(b));
}

void chain_random_nodes(const Graph& graph, Edges& edges) {
  NodeId before = kNone<NodeId>;
  for (const NodeId n : graph.nodes()) {
    if (!graph.flags(n).random) continue;
    if (before != kNone<NodeId>) edges.emplace_back(n, before);
    before = n;
  }
}

void put_readers_before_mutations(const Graph& graph, ForwardOrder& order, Edges& edges) {
  for (const BufferId b : graph.buffers()) {
    if (!mutates_resident(graph, b)) continue;
    const NodeId mutator = graph.owner(b);
    order.mutates[mutator] = true;
    for (const NodeId reader : graph.readers(graph.donor(b))) {
      if (reader < mutator) edges.emplace_back(mutator, reader);
    }
  }
}

bool all_forward(const ForwardOrder& order, std::span<const NodeId> nodes) {
  return std::ranges::all_of(nodes, [&](NodeId n) { return order.is_forward[n]; });
}

void split_forward_from_rest(const Graph& graph, ForwardOrder& order) {
  for (const NodeId n : graph.nodes()) {
    order.is_forward[n] = graph.phase(n) == Phase::forward &&
                          all_forward(order, graph.predecessors(n)) &&
                          all_forward(order, order.implied[n]);
    (order.is_forward[n] ? order.nodes : order.rest).push_back(n);
  }
}

void find_once_only(const Graph& graph, ForwardOrder& order) {
  for (const NodeId n : order.nodes) {
    if (graph.flags(n).never_replay || graph.makes(n).empty()) order.once[n] = true;
    if (!graph.flags(n).view) ++order.counted;
    if (!order.mutates[n]) continue;
    order.once[n] = true;
    for (const NodeId reader : order.implied[n]) order.once[reader] = true;
  }
}

}  // namespace

ForwardOrder forward_order(const Graph& graph) {
  ForwardOrder order;
  order.is_forward.assign(graph.node_count(), false);
  order.once.assign(graph.node_count(), false);
  order.mutates.assign(graph.node_count(), false);
  Edges edges;
  chain_random_nodes(graph, edges);
  put_readers_before_mutations(graph, order, edges);
  order.implied = Csr<NodeId, NodeId>::from_pairs(graph.node_count(), edges);
  split_forward_from_rest(graph, order);
  find_once_only(graph, order);
  return order;
}

}  // namespace hcb
