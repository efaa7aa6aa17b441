// One pass in given order. The rules of the memory model that are no edges are written down as
// implied predecessors (graph/implied.h), so that whoever re-orders the backward respects them as it
// does any edge.
#include "schedule/forward_order.h"

#include <algorithm>
#include <span>

#include "graph/implied.h"

namespace hcb {
namespace {

void find_mutators(const Graph& graph, ForwardOrder& order) {
  for (const BufferId b : graph.buffers()) {
    if (mutates_resident(graph, b)) order.mutates[graph.owner(b)] = true;
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
  order.implied = implied_predecessors(graph);
  find_mutators(graph, order);
  split_forward_from_rest(graph, order);
  find_once_only(graph, order);
  return order;
}

}  // namespace hcb
