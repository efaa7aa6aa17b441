#include "support/rebuild.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

ValueSpec value_spec(const Graph& graph, ValueId v) {
  const BufferId b = graph.buffer(v);
  ValueSpec spec{.name = std::string(graph.name(v)),
                 .dtype = graph.dtype(v),
                 .shape = {graph.shape(v).begin(), graph.shape(v).end()},
                 .role = graph.role(v)};
  if (graph.base_value(b) == v) {
    spec.storage = graph.bytes(b);
    return spec;
  }
  if (graph.producer(v) == kNone<NodeId>) {
    spec.view_of = graph.base_value(b);
    return spec;
  }
  for (const ValueId x : graph.inputs(graph.producer(v))) {
    if (x != kNone<ValueId> && graph.buffer(x) == b) spec.view_of = x;
  }
  return spec;
}

std::vector<Donation> donations(const Graph& graph, NodeId n) {
  std::vector<Donation> list;
  for (std::size_t out = 0; out < graph.outputs(n).size(); ++out) {
    const BufferId made = graph.buffer(graph.outputs(n)[out]);
    if (graph.owner(made) != n || graph.donor(made) == kNone<BufferId>) continue;
    const auto wanted =
        tensor_bytes(graph.dtype(graph.outputs(n)[out]), graph.shape(graph.outputs(n)[out]));
    for (std::size_t in = 0; in < graph.inputs(n).size(); ++in) {
      const ValueId x = graph.inputs(n)[in];
      if (x == kNone<ValueId> || graph.buffer(x) != graph.donor(made)) continue;
      if (tensor_bytes(graph.dtype(x), graph.shape(x)) != wanted) continue;
      list.push_back({.output = out, .input = in});
      break;
    }
  }
  return list;
}

}  // namespace

Graph rebuilt(const Graph& graph, const Rebuild& how) {
  GraphBuilder builder(graph.dialect(), std::string(graph.graph_name()));
  for (const ValueId v : graph.values()) {
    is_resident(graph.role(v)) ? builder.add_resident(value_spec(graph, v))
                               : builder.add_value(value_spec(graph, v));
  }
  const std::vector<NodeId> order = node_order(graph, how);
  IdVector<NodeId, NodeId> new_id(graph.node_count());
  for (std::size_t i = 0; i < order.size(); ++i) new_id[order[i]] = id_at<NodeId>(i);
  for (const NodeId n : order) {
    const NodeId forward = graph.forward_of(n);
    const bool forget = how.forget_forward || forward == kNone<NodeId>;
    builder.add_node({.name = std::string(graph.name(n)),
                      .op = std::string(graph.op(n)),
                      .phase = graph.phase(n),
                      .inputs = {graph.inputs(n).begin(), graph.inputs(n).end()},
                      .outputs = {graph.outputs(n).begin(), graph.outputs(n).end()},
                      .flags = graph.flags(n),
                      .cost = graph.cost(n),
                      .module = std::string(graph.module(n)),
                      .forward = forget ? kNone<NodeId> : new_id[forward],
                      .attributes = {graph.attributes(n).begin(), graph.attributes(n).end()},
                      .donates = donations(graph, n)});
  }
  for (const auto& [before, after] : graph.order_edges()) {
    builder.add_order_edge(new_id[before], new_id[after]);
  }
  for (const ValueId v : graph.outputs()) builder.mark_output(v);
  return must_freeze(std::move(builder));
}

}  // namespace hcb
