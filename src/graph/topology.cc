// Topological sort is Boost.Graph's (its depth-first search keeps an explicit stack); ancestors and
// descendants are one sweep in the given order. Dominators are in dominators.cc.
#include "graph/topology.h"

#include <algorithm>
#include <iterator>

#include <boost/graph/topological_sort.hpp>

#include "graph/boost_traits.h"

namespace hcb {

std::vector<NodeId> topological_order(const Graph& graph) {
  IdVector<NodeId, boost::default_color_type> color(graph.node_count());
  std::vector<NodeId> order;
  order.reserve(graph.node_count());
  boost::topological_sort(graph, std::back_inserter(order),
                          boost::color_map(internal::NodeMap(color)));
  std::ranges::reverse(order);
  return order;
}

bool is_topological(const Graph& graph, std::span<const NodeId> order) {
  if (order.size() != graph.node_count()) return false;
  IdVector<NodeId, char> seen(graph.node_count(), 0);
  for (const NodeId n : order) {
    if (index(n) >= graph.node_count() || seen[n]) return false;
    for (const NodeId before : graph.predecessors(n)) {
      if (!seen[before]) return false;
    }
    seen[n] = 1;
  }
  return true;
}

IdVector<NodeId, char> ancestors(const Graph& graph, NodeId n) {
  IdVector<NodeId, char> reaches(graph.node_count(), 0);
  reaches[n] = 1;
  for (std::size_t i = index(n) + 1; i-- > 0;) {
    if (!reaches[id_at<NodeId>(i)]) continue;
    for (const NodeId before : graph.predecessors(id_at<NodeId>(i))) reaches[before] = 1;
  }
  reaches[n] = 0;
  return reaches;
}

IdVector<NodeId, char> descendants(const Graph& graph, NodeId n) {
  IdVector<NodeId, char> reached(graph.node_count(), 0);
  reached[n] = 1;
  for (std::size_t i = index(n); i < graph.node_count(); ++i) {
    if (!reached[id_at<NodeId>(i)]) continue;
    for (const NodeId after : graph.successors(id_at<NodeId>(i))) reached[after] = 1;
  }
  reached[n] = 0;
  return reached;
}

}  // namespace hcb
