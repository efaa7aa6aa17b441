#include "support/dot_reader.h"

#include <boost/graph/adjacency_list.hpp>
#include <boost/graph/graphviz.hpp>

namespace hcb::test {
namespace {

using Parsed = boost::adjacency_list<boost::vecS, boost::vecS, boost::directedS, DotNode>;

DotGraph taken_from(const Parsed& parsed) {
  DotGraph graph;
  for (const auto v : boost::make_iterator_range(boost::vertices(parsed)))
    graph.nodes[parsed[v].id] = parsed[v];
  for (const auto e : boost::make_iterator_range(boost::edges(parsed)))
    graph.edges.emplace_back(parsed[boost::source(e, parsed)].id,
                             parsed[boost::target(e, parsed)].id);
  return graph;
}

}  // namespace

DotGraph read_dot(const std::string& text) {
  Parsed parsed;
  boost::dynamic_properties properties(boost::ignore_other_properties);
  properties.property("node_id", boost::get(&DotNode::id, parsed));
  properties.property("label", boost::get(&DotNode::label, parsed));
  properties.property("fillcolor", boost::get(&DotNode::fillcolor, parsed));
  properties.property("color", boost::get(&DotNode::color, parsed));
  try {
    if (!boost::read_graphviz(text, parsed, properties)) return {.error = "not read"};
  } catch (const boost::graph_exception& error) {
    return {.error = error.what()};
  }
  return taken_from(parsed);
}

}  // namespace hcb::test
