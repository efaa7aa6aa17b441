// The frame: title, interval tree, and one of the two drawings of the nodes.
#include "report/drawing.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "graph/dot_string.h"
#include "report/drawing_parts.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::string_view kLegend =
    "green: kept at the turn, orange: runs again, blue outline: read by a later block";

std::string title(const Graph& graph, const Plan* plan) {
  if (plan == nullptr) return dot_string({graph.graph_name()});
  return dot_string({fmt::format("{}, {}: peak {} of {}, extra time {} of {} ns", plan->graph.name,
                                 plan->strategy, format_bytes(plan->peak),
                                 format_bytes(plan->base_peak), plan->extra_time, plan->base_time),
                     kLegend});
}

std::string block_label(const Plan& plan, std::uint32_t j) {
  const Block& block = plan.blocks[j];
  const std::string number = fmt::format("block {}", j);
  if (block.first == block.last) return dot_string({number});
  return dot_string(
      {number, block_range(plan, block), fmt::format("frontier {}", format_bytes(block.frontier))});
}

std::string tree_lines(const Plan& plan) {
  std::string text;
  for (std::size_t i = 0; i < plan.interval_tree.size(); ++i) {
    const TreeNode& node = plan.interval_tree[i];
    const std::string label =
        node.children.empty()
            ? block_label(plan, node.first)
            : dot_string({fmt::format("blocks {} to {}", node.first, node.last - 1)});
    text += fmt::format("    t{} [label={}];\n", i, label);
    for (const std::uint32_t child : node.children)
      text += fmt::format("    t{} -> t{};\n", i, child);
  }
  return text;
}

std::string block_lines(const Plan& plan) {
  std::string text;
  for (std::uint32_t j = 0; j < plan.blocks.size(); ++j) {
    text += fmt::format("    t{} [label={}];\n", j, block_label(plan, j));
  }
  return text;
}

// Above kMostShownNodes blocks the tree is as unreadable as the nodes.
std::string tree_cluster(const Plan& plan) {
  if (plan.blocks.empty() || plan.blocks.size() > kMostShownNodes) return {};
  const bool tree = !plan.interval_tree.empty();
  return fmt::format("  subgraph cluster_tree {{\n    label=\"{}\";\n{}  }}\n",
                     tree ? "interval tree" : "blocks",
                     tree ? tree_lines(plan) : block_lines(plan));
}

}  // namespace

std::string_view fill_color(bool kept, bool again, bool backward) {
  if (kept) return "#b7e1a1";
  if (again) return "#ffd28a";
  return backward ? "#e4e4e4" : "white";
}

Bytes made_bytes(const Graph& graph, NodeId n) {
  Bytes sum = 0;
  for (const BufferId b : graph.makes(n)) {
    sum = checked_add(sum, graph.bytes(b)).value_or(std::numeric_limits<Bytes>::max());
  }
  return sum;
}

std::string nested_clusters(const ModuleTree& tree,
                            const std::vector<std::vector<std::string>>& lines) {
  std::string text;
  std::uint32_t open = 0;
  const auto close_to = [&](std::uint32_t depth) {
    for (; open > depth; --open) text += std::string(std::size_t{2} * open, ' ') + "}\n";
  };
  for (std::size_t i = 0; i < tree.entries.size(); ++i) {
    const ModuleTree::Entry& entry = tree.entries[i];
    const std::string indent(std::size_t{2} * (entry.depth + 1), ' ');
    if (i > 0) {
      close_to(entry.depth - 1);
      text += fmt::format("{}subgraph cluster_{} {{\n{}label={};\n", indent.substr(2), i, indent,
                          dot_string({entry.name}));
      ++open;
    }
    for (const std::string& line : lines[i]) text += indent + line + "\n";
  }
  close_to(0);
  return text;
}

std::string drawing(const Graph& graph, const Plan* plan) {
  const DrawingInput input{graph, plan, plan == nullptr ? no_marks(graph) : marks_of(graph, *plan)};
  std::string text = fmt::format("digraph {} {{\n  label={};\n", dot_string({graph.graph_name()}),
                                 title(graph, plan));
  // Ranks over all clusters: those of a module and its backward need each other.
  text += "  newrank=true;\n  node [shape=box style=filled fillcolor=white];\n";
  if (plan != nullptr) text += tree_cluster(*plan);
  const bool small = graph.node_count() <= kMostShownNodes;
  text += small ? draw_nodes(input) : draw_boxes(input);
  return text + "}\n";
}

}  // namespace hcb
