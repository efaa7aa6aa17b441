#include "support/rebuild.h"

#include <utility>
#include <vector>

#include "graph/reorder.h"
#include "support/autodiff.h"

namespace hcb {
std::vector<NodeId> random_order(const Graph& graph, Prng& random) {
  IdVector<NodeId, std::size_t> missing(graph.node_count());
  std::vector<NodeId> ready;
  for (const NodeId n : graph.nodes()) {
    missing[n] = graph.predecessors(n).size();
    if (missing[n] == 0) ready.push_back(n);
  }
  std::vector<NodeId> order;
  while (!ready.empty()) {
    std::swap(ready[random.below(ready.size())], ready.back());
    order.push_back(ready.back());
    ready.pop_back();
    for (const NodeId s : graph.successors(order.back())) {
      if (--missing[s] == 0) ready.push_back(s);
    }
  }
  return order;
}

namespace {

std::vector<NodeId> node_order(const Graph& graph, const Rebuild& how) {
  const auto all = graph.nodes();
  if (!how.shuffle) return {all.begin(), all.end()};
  Prng random(*how.shuffle);
  return random_order(graph, random);
}

}  // namespace

Graph rebuilt(const Graph& graph, const Rebuild& how) {
  GraphBuilder builder = thawed(graph, node_order(graph, how));
  if (how.forget_forward) {
    for (const NodeId n : graph.nodes()) builder.mutable_node(n).forward = kNone<NodeId>;
  }
  return must_freeze(std::move(builder));
}

}  // namespace hcb
