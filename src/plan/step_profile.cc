#include "plan/step_profile.h"

#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/fingerprint.h"

namespace hcb {
namespace {

std::unexpected<Error> other_graph(const std::string& file, std::string_view difference) {
  return fail(ErrorKind::bad_input,
              fmt::format("{}: measured on another graph: {}", file, difference),
              "measure this one: hcb-run profile GRAPH -o PROFILE");
}

std::string described(std::string_view name, std::string_view op) {
  return fmt::format("'{}' ({})", name, op);
}

// The first node where the two differ; empty: none.
std::string node_difference(const StepProfile& profile, const Graph& graph) {
  for (const NodeId n : graph.nodes()) {
    if (index(n) >= profile.nodes.size()) break;
    const ProfileNode& measured = profile.nodes[index(n)];
    const std::string here = described(printable(graph.name(n)), printable(graph.op(n)));
    const std::string there = described(measured.name, measured.op);
    if (here != there)
      return fmt::format("node {} is {} in the profile, {} in the graph", index(n), there, here);
  }
  if (profile.nodes.size() == graph.node_count()) return {};
  return fmt::format("{} nodes in the profile, {} in the graph", profile.nodes.size(),
                     graph.node_count());
}

using ByName = std::map<std::string_view, const ProfileNode*>;

ByName by_name(const StepProfile& profile) {
  ByName nodes;
  for (const ProfileNode& node : profile.nodes) nodes.emplace(node.name, &node);
  return nodes;
}

Result<const ProfileNode*> find_node(const ByName& nodes, const Graph& graph, NodeId n,
                                     const std::string& file) {
  const std::string name = printable(graph.name(n));
  const auto at = nodes.find(name);
  if (at == nodes.end()) return other_graph(file, fmt::format("it has no node '{}'", name));
  const ProfileNode& node = *at->second;
  if (node.op != printable(graph.op(n))) {
    return other_graph(
        file, fmt::format("node {} is {} here", described(name, node.op), printable(graph.op(n))));
  }
  const std::size_t outputs = graph.outputs(n).size();
  if (node.storage.size() == outputs) return &node;
  return other_graph(file, fmt::format("node '{}' has {} outputs in the profile, {} in the graph",
                                       name, node.storage.size(), outputs));
}

}  // namespace

std::string structure_fingerprint(const Graph& graph) {
  return fingerprint(graph.with_costs(IdVector<NodeId, Cost>(graph.node_count())));
}

Result<void> check_profile_of(const StepProfile& profile, const Graph& graph,
                              const std::string& file) {
  if (const std::string difference = node_difference(profile, graph); !difference.empty())
    return other_graph(file, difference);
  if (structure_fingerprint(graph) == profile.structure) return {};
  return other_graph(file, "the nodes are the same, their inputs, shapes or sizes are not");
}

Result<Graph> with_profile(const Graph& graph, const StepProfile& profile,
                           const std::string& file) {
  const ByName nodes = by_name(profile);
  IdVector<NodeId, Cost> costs(graph.node_count());
  IdVector<BufferId, Bytes> bytes(graph.buffer_count());
  for (const BufferId b : graph.buffers()) bytes[b] = graph.bytes(b);
  for (const NodeId n : graph.nodes()) {
    HCB_TRY(const ProfileNode* node, find_node(nodes, graph, n, file));
    costs[n] = graph.cost(n);
    costs[n].time = node->time;
    costs[n].workspace = node->workspace;
    const auto outputs = graph.outputs(n);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const BufferId b = graph.buffer(outputs[i]);
      if (graph.base_value(b) == outputs[i]) bytes[b] = node->storage[i];
    }
  }
  return graph.with_costs(std::move(costs)).with_bytes(std::move(bytes));
}

}  // namespace hcb
