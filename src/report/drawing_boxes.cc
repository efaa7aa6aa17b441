// A box per part of the graph and direction. Box 2i holds the forward nodes of part i, box 2i + 1 the
// others whose module, or whose forward node, is there.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "graph/dot_string.h"
#include "report/drawing_parts.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kMostModules = 120;
constexpr std::size_t kBoxesWithoutModules = 50;

struct Parts {
  IdVector<NodeId, std::size_t> part;
  std::vector<std::string> names;       // by part
  ModuleTree tree;                      // one entry per part where modules are the parts
  std::vector<std::uint32_t> entry_of;  // by part: where it is drawn
};

Parts parts_by_module(const Graph& graph, std::uint32_t depth) {
  Parts parts{.tree = module_tree(graph, depth)};
  parts.part.assign(graph.node_count(), 0);
  for (const NodeId n : graph.nodes()) parts.part[n] = parts.tree.of[n];
  for (std::uint32_t i = 0; i < parts.tree.entries.size(); ++i) {
    const std::string& path = parts.tree.entries[i].path;
    parts.names.push_back(path.empty() ? "no module" : path);
    parts.entry_of.push_back(i);
  }
  return parts;
}

// A node that is no forward node stands where its forward node does, or in the last part.
Parts parts_by_number(const DrawingInput& input) {
  const Graph& graph = input.graph;
  const auto forward = static_cast<std::size_t>(std::ranges::count_if(
      graph.nodes(), [&](NodeId n) { return graph.phase(n) == Phase::forward; }));
  const std::size_t length = forward / kBoxesWithoutModules + 1;
  const std::size_t blocks = input.plan == nullptr ? 0 : input.plan->blocks.size();
  const std::size_t count = blocks > 0 ? blocks : (forward + length - 1) / length;
  Parts parts;
  parts.tree.entries.emplace_back();
  parts.part.assign(graph.node_count(), count);
  std::size_t position = 0;
  for (const NodeId n : graph.nodes()) {
    const NodeId partner = graph.forward_of(n);
    if (graph.phase(n) == Phase::forward) {
      const std::size_t stretch = position++ / length;
      parts.part[n] = blocks == 0 ? stretch : std::min<std::size_t>(input.marks.block[n], count);
    } else if (partner != kNone<NodeId> && partner < n) {
      parts.part[n] = parts.part[partner];
    }
  }
  for (std::size_t i = 0; i <= count; ++i)
    parts.names.push_back(i == count ? "rest" : fmt::format("block {}", i));
  parts.entry_of.assign(count + 1, 0);
  return parts;
}

struct Sum {
  std::size_t nodes = 0;
  std::size_t executions = 0;
  Bytes made = 0;
  std::size_t kept = 0;
  std::size_t frontier = 0;
};

std::string box_label(const DrawingInput& input, const std::string& name, const Sum& sum) {
  std::string counts = fmt::format("{}, {}", plural(sum.nodes, "node"), format_bytes(sum.made));
  if (input.plan == nullptr) return dot_string({name, counts});
  std::string plan = plural(sum.executions, "execution");
  if (sum.kept > 0) plan += fmt::format(", {} kept", sum.kept);
  if (sum.frontier > 0) plan += fmt::format(", {} read by later blocks", sum.frontier);
  return dot_string({name, counts, plan});
}

using Boxes = IdVector<NodeId, std::size_t>;

Boxes boxes_of(const Graph& graph, const Parts& parts) {
  Boxes box(graph.node_count());
  for (const NodeId n : graph.nodes())
    box[n] = 2 * parts.part[n] + (graph.phase(n) == Phase::forward ? 0 : 1);
  return box;
}

std::map<std::size_t, Sum> sums_of(const DrawingInput& input, const Boxes& box) {
  std::map<std::size_t, Sum> sums;
  for (const NodeId n : input.graph.nodes()) {
    Sum& sum = sums[box[n]];
    ++sum.nodes;
    sum.executions += input.marks.runs[n];
    sum.made = checked_add(sum.made, made_bytes(input.graph, n)).value_or(sum.made);
    sum.kept += input.marks.kept[n] != 0 ? 1 : 0;
    sum.frontier += input.marks.frontier[n] != 0 ? 1 : 0;
  }
  return sums;
}

std::string edge_lines(const Graph& graph, const Boxes& box) {
  std::map<std::pair<std::size_t, std::size_t>, Bytes> edges;
  std::vector<std::size_t> targets;
  for (const BufferId b : graph.buffers()) {
    if (graph.resident(b)) continue;
    targets.clear();
    for (const NodeId reader : graph.readers(b)) targets.push_back(box[reader]);
    std::ranges::sort(targets);
    const auto rest = std::ranges::unique(targets);
    targets.erase(rest.begin(), rest.end());
    for (const std::size_t to : targets) {
      Bytes& sum = edges[{box[graph.owner(b)], to}];
      sum = checked_add(sum, graph.bytes(b)).value_or(sum);
    }
  }
  std::string text;
  for (const auto& [ends, bytes] : edges) {
    if (ends.first == ends.second) continue;
    text +=
        fmt::format("  b{} -> b{} [label=\"{}\"];\n", ends.first, ends.second, format_bytes(bytes));
  }
  return text;
}

}  // namespace

std::string draw_boxes(const DrawingInput& input) {
  const Graph& graph = input.graph;
  const std::uint32_t depth = deepest_with(graph, kMostModules);
  const Parts parts = depth > 0 ? parts_by_module(graph, depth) : parts_by_number(input);
  const Boxes box = boxes_of(graph, parts);
  std::vector<std::vector<std::string>> lines(parts.tree.entries.size());
  for (const auto& [id, sum] : sums_of(input, box)) {
    const bool backward = id % 2 == 1;
    const bool again = sum.executions > sum.nodes;
    const std::string name = (backward ? "backward of " : "") + parts.names[id / 2];
    lines[parts.entry_of[id / 2]].push_back(
        fmt::format("b{} [label={} fillcolor=\"{}\"];", id, box_label(input, name, sum),
                    fill_color(sum.kept > 0 && !again, again, backward)));
  }
  return nested_clusters(parts.tree, lines) + edge_lines(graph, box);
}

}  // namespace hcb
