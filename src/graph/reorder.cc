#include "graph/reorder.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "graph/topology.h"

namespace hcb {
namespace {

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

NodeSpec node_spec(const Graph& graph, NodeId n) {
  return {.name = std::string(graph.name(n)),
          .op = std::string(graph.op(n)),
          .phase = graph.phase(n),
          .inputs = {graph.inputs(n).begin(), graph.inputs(n).end()},
          .outputs = {graph.outputs(n).begin(), graph.outputs(n).end()},
          .flags = graph.flags(n),
          .cost = graph.cost(n),
          .module = std::string(graph.module(n)),
          .attributes = {graph.attributes(n).begin(), graph.attributes(n).end()},
          .donates = donations(graph, n)};
}

}  // namespace

GraphBuilder thawed(const Graph& graph, std::span<const NodeId> order) {
  GraphBuilder builder(graph.dialect(), std::string(graph.graph_name()));
  for (const ValueId v : graph.values()) {
    is_resident(graph.role(v)) ? builder.add_resident(value_spec(graph, v))
                               : builder.add_value(value_spec(graph, v));
  }
  IdVector<NodeId, NodeId> new_id(graph.node_count());
  for (std::size_t i = 0; i < order.size(); ++i) new_id[order[i]] = id_at<NodeId>(i);
  for (const NodeId n : order) {
    NodeSpec spec = node_spec(graph, n);
    const NodeId forward = graph.forward_of(n);
    if (forward != kNone<NodeId>) spec.forward = new_id[forward];
    builder.add_node(std::move(spec));
  }
  for (const auto& [before, after] : graph.order_edges()) {
    builder.add_order_edge(new_id[before], new_id[after]);
  }
  for (const ValueId v : graph.outputs()) builder.mark_output(v);
  return builder;
}

Result<Graph> reordered(const Graph& graph, std::span<const NodeId> order) {
  if (!is_topological(graph, order)) {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: not an order of its {} nodes that respects all edges",
                            graph.graph_name(), graph.node_count()));
  }
  return thawed(graph, order).freeze();
}

}  // namespace hcb
