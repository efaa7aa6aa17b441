// Graph as a Boost.Graph model: vertices are NodeIds, edges are (from, to) pairs over data and
// order edges. Include it where a Boost.Graph algorithm is called, and nowhere else: it is heavy.
//
// Models VertexListGraph, AdjacencyGraph and BidirectionalGraph; no parallel edges. vertex_index is
// the given order, so maps over vertices are plain arrays:
//
//     IdVector<NodeId, boost::default_color_type> color(graph.node_count());
//     boost::topological_sort(graph, out, boost::color_map(internal::NodeMap(color)));
#pragma once

#include <cstddef>
#include <iterator>
#include <utility>

#include <boost/graph/graph_traits.hpp>
#include <boost/graph/properties.hpp>
#include <boost/iterator/transform_iterator.hpp>
#include <boost/property_map/property_map.hpp>

#include "graph/graph.h"

namespace hcb::internal {

using Edge = std::pair<NodeId, NodeId>;  // from, to

struct EdgeFrom {
  NodeId from = kNone<NodeId>;
  Edge operator()(NodeId to) const { return {from, to}; }
};

struct EdgeTo {
  NodeId to = kNone<NodeId>;
  Edge operator()(NodeId from) const { return {from, to}; }
};

// A read-write Boost property map over an IdVector, which must outlive it.
template <class T>
class NodeMap {
 public:
  using key_type = NodeId;
  using value_type = T;
  using reference = T&;
  using category = boost::lvalue_property_map_tag;

  NodeMap() = default;
  explicit NodeMap(IdVector<NodeId, T>& items) : items_(&items) {}
  reference operator[](NodeId n) const { return (*items_)[n]; }
  friend reference get(const NodeMap& map, NodeId n) { return map[n]; }
  friend void put(const NodeMap& map, NodeId n, const T& value) { map[n] = value; }

 private:
  IdVector<NodeId, T>* items_ = nullptr;
};

struct NodeIndexMap {
  using key_type = NodeId;
  using value_type = std::size_t;
  using reference = std::size_t;
  using category = boost::readable_property_map_tag;
  friend std::size_t get(NodeIndexMap, NodeId n) { return index(n); }
};

}  // namespace hcb::internal

namespace boost {

template <>
struct graph_traits<hcb::Graph> {
  struct traversal_category : virtual bidirectional_graph_tag,
                              virtual adjacency_graph_tag,
                              virtual vertex_list_graph_tag {};
  using vertex_descriptor = hcb::NodeId;
  using edge_descriptor = hcb::internal::Edge;
  using directed_category = directed_tag;
  using edge_parallel_category = disallow_parallel_edge_tag;
  using vertices_size_type = std::size_t;
  using edges_size_type = std::size_t;
  using degree_size_type = std::size_t;
  using vertex_iterator = hcb::IdRange<hcb::NodeId>::Iterator;
  using adjacency_iterator = const hcb::NodeId*;
  using out_edge_iterator = transform_iterator<hcb::internal::EdgeFrom, const hcb::NodeId*>;
  using in_edge_iterator = transform_iterator<hcb::internal::EdgeTo, const hcb::NodeId*>;
  static vertex_descriptor null_vertex() { return hcb::kNone<hcb::NodeId>; }
};

template <>
struct property_map<hcb::Graph, vertex_index_t> {
  using type = hcb::internal::NodeIndexMap;
  using const_type = type;
};

}  // namespace boost

namespace hcb {

using GraphTraits = boost::graph_traits<Graph>;

inline NodeId source(const internal::Edge& edge, const Graph&) { return edge.first; }
inline NodeId target(const internal::Edge& edge, const Graph&) { return edge.second; }
inline std::size_t num_vertices(const Graph& graph) { return graph.node_count(); }
inline std::size_t out_degree(NodeId n, const Graph& graph) { return graph.successors(n).size(); }
inline std::size_t in_degree(NodeId n, const Graph& graph) { return graph.predecessors(n).size(); }
inline std::size_t degree(NodeId n, const Graph& graph) {
  return in_degree(n, graph) + out_degree(n, graph);
}

inline auto vertices(const Graph& graph) {
  return std::pair(graph.nodes().begin(), graph.nodes().end());
}

inline auto adjacent_vertices(NodeId n, const Graph& graph) {
  const auto row = graph.successors(n);
  return std::pair(row.data(), row.data() + row.size());
}

inline auto out_edges(NodeId n, const Graph& graph) {
  const auto [first, last] = adjacent_vertices(n, graph);
  using Iterator = GraphTraits::out_edge_iterator;
  return std::pair(Iterator(first, {.from = n}), Iterator(last, {.from = n}));
}

inline auto in_edges(NodeId n, const Graph& graph) {
  const auto row = graph.predecessors(n);
  using Iterator = GraphTraits::in_edge_iterator;
  return std::pair(Iterator(row.data(), {.to = n}), Iterator(row.data() + row.size(), {.to = n}));
}

inline internal::NodeIndexMap get(boost::vertex_index_t, const Graph&) { return {}; }
inline std::size_t get(boost::vertex_index_t, const Graph&, NodeId n) { return index(n); }

}  // namespace hcb
