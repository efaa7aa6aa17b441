// A box per node, an edge per value and reader.
#include <fmt/format.h>

#include "graph/dot_string.h"
#include "report/drawing_parts.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::string_view kFrontier = "#1f5fbf";

std::string label_of(const DrawingInput& input, NodeId n) {
  const Graph& graph = input.graph;
  const std::uint32_t runs = input.marks.runs[n];
  const std::string name =
      fmt::format("{}{}", graph.name(n), runs > 1 ? fmt::format(" x{}", runs) : "");
  std::string op = fmt::format("{}, {}", graph.op(n), format_bytes(made_bytes(graph, n)));
  if (input.marks.block[n] != kNoBlock) op += fmt::format(", block {}", input.marks.block[n]);
  return dot_string({name, op});
}

std::string node_line(const DrawingInput& input, NodeId n) {
  const PlanMarks& marks = input.marks;
  const bool backward = input.graph.phase(n) != Phase::forward;
  const std::string_view color = fill_color(marks.kept[n] != 0, marks.runs[n] > 1, backward);
  std::string line = fmt::format("n{} [label={}", index(n), label_of(input, n));
  if (color != "white") line += fmt::format(" fillcolor=\"{}\"", color);
  if (input.graph.flags(n).view) line += " style=\"filled,dashed\"";
  if (marks.frontier[n] != 0) line += fmt::format(" color=\"{}\" penwidth=3", kFrontier);
  return line + "];";
}

std::string resident_line(const Graph& graph, ValueId v) {
  return fmt::format("  v{} [shape=ellipse label={}];\n", index(v),
                     dot_string({graph.name(v), format_bytes(graph.bytes(graph.buffer(v)))}));
}

std::string edge_lines(const DrawingInput& input, NodeId n) {
  const Graph& graph = input.graph;
  std::string text;
  for (const ValueId v : graph.inputs(n)) {
    if (v == kNone<ValueId>) continue;
    const NodeId from = graph.producer(v);
    const bool resident = from == kNone<NodeId>;
    if (resident && input.plan != nullptr) continue;
    const bool view = graph.base_value(graph.buffer(v)) != v;
    text += fmt::format("  {}{} -> n{} [label={}{}];\n", resident ? 'v' : 'n',
                        resident ? index(v) : index(from), index(n), dot_string({graph.name(v)}),
                        view ? " style=dashed" : "");
  }
  return text;
}

}  // namespace

std::string draw_nodes(const DrawingInput& input) {
  const Graph& graph = input.graph;
  const ModuleTree tree = module_tree(graph, deepest_with(graph, graph.node_count() + 1));
  std::vector<std::vector<std::string>> lines(tree.entries.size());
  for (const NodeId n : graph.nodes()) lines[tree.of[n]].push_back(node_line(input, n));
  std::string text = nested_clusters(tree, lines);
  for (const ValueId v : graph.values()) {
    if (input.plan == nullptr && graph.producer(v) == kNone<NodeId>)
      text += resident_line(graph, v);
  }
  for (const NodeId n : graph.nodes()) text += edge_lines(input, n);
  for (const auto& [before, after] : graph.order_edges()) {
    text += fmt::format("  n{} -> n{} [style=dotted];\n", index(before), index(after));
  }
  return text;
}

}  // namespace hcb
