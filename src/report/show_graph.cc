#include "report/show_graph.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "graph/dump.h"
#include "report/modules.h"
#include "report/plan_marks.h"
#include "report/show_plan.h"
#include "report/words.h"

namespace hcb {
namespace {

// Sums over the nodes of one kind of module.
struct KindRow {
  std::string kind;
  std::set<std::string_view> modules;
  std::size_t nodes = 0;
  Bytes made = 0;
  Nanos time = 0;
  Bytes kept = 0;
  std::size_t executions = 0;
  Nanos again = 0;  // time of the executions behind the first of each node
};

void add_to(std::int64_t& sum, std::int64_t more) { sum = checked_add(sum, more).value_or(sum); }

void add_node(const Graph& graph, const PlanMarks& marks, NodeId n, KindRow& row) {
  row.modules.insert(module_of(graph, n));
  ++row.nodes;
  row.executions += marks.runs[n];
  const Nanos time = graph.cost(n).time;
  add_to(row.time, time);
  add_to(row.again, checked_mul(time, std::int64_t{marks.runs[n]} - 1).value_or(0));
  for (const BufferId b : graph.makes(n)) add_to(row.made, graph.bytes(b));
}

// In the order of their first nodes.
std::vector<KindRow> kind_rows(const Graph& graph, const PlanMarks& marks, const Plan* plan) {
  std::vector<KindRow> rows;
  std::map<std::string, std::size_t> row_of;
  IdVector<NodeId, std::size_t> at(graph.node_count());
  for (const NodeId n : graph.nodes()) {
    const std::string kind = kind_of(module_of(graph, n));
    const auto [found, inserted] = row_of.try_emplace(kind, rows.size());
    if (inserted) rows.push_back({.kind = kind});
    at[n] = found->second;
    add_node(graph, marks, n, rows[at[n]]);
  }
  if (plan == nullptr) return rows;
  for (const BufferId b : plan->save_nodes) add_to(rows[at[graph.owner(b)]].kept, graph.bytes(b));
  return rows;
}

std::string row_text(std::size_t width, const std::string& kind, const std::string& modules,
                     const std::string& nodes, const std::string& made, const std::string& time) {
  return fmt::format("{:<{}}  {:>7}  {:>7}  {:>9}  {:>8}", kind, width, modules, nodes, made, time);
}

std::string plan_columns(const std::string& kept, const std::string& executions,
                         const std::string& again) {
  return fmt::format("  {:>9}  {:>10}  {:>8}", kept, executions, again);
}

std::string table(const Graph& graph, const PlanMarks& marks, const Plan* plan) {
  const std::vector<KindRow> rows = kind_rows(graph, marks, plan);
  std::size_t width = 16;
  const auto shown = [](const KindRow& row) {
    return row.kind.empty() ? std::string("(no module)") : printable(row.kind);
  };
  for (const KindRow& row : rows) width = std::max(width, shown(row).size());
  std::string text = row_text(width, "kinds of modules", "modules", "nodes", "makes", "time") +
                     (plan == nullptr ? "" : plan_columns("kept", "executions", "again")) + "\n";
  for (const KindRow& row : rows) {
    text += row_text(width, shown(row), std::to_string(row.modules.size()),
                     std::to_string(row.nodes), format_bytes(row.made), time_text(row.time));
    if (plan != nullptr)
      text += plan_columns(format_bytes(row.kept), std::to_string(row.executions),
                           time_text(row.again));
    text += '\n';
  }
  return text;
}

std::string left_out(std::size_t nodes) {
  return fmt::format("{} nodes are not listed: more than {}; --format json has them\n",
                     with_thousands(static_cast<long long>(nodes)),
                     with_thousands(static_cast<long long>(kMostShownNodes)));
}

// One line per interval, indented by its depth; children follow their parent.
std::string tree_text(const Plan& plan) {
  if (plan.interval_tree.empty()) return {};
  std::string text = "interval tree\n";
  std::vector<std::pair<std::uint32_t, std::size_t>> stack{{0, 1}};
  while (!stack.empty()) {
    const auto [at, depth] = stack.back();
    stack.pop_back();
    const TreeNode& node = plan.interval_tree[at];
    const std::string indent(2 * depth, ' ');
    const Block& block = plan.blocks[node.first];
    if (!node.children.empty()) {
      text += fmt::format("{}blocks {} to {}\n", indent, node.first, node.last - 1);
    } else if (block.first == block.last) {
      text += fmt::format("{}block {}: no node\n", indent, node.first);
    } else {
      text += fmt::format("{}block {}: {}, frontier {} bytes\n", indent, node.first,
                          block_range(plan, block), block.frontier);
    }
    for (auto child = node.children.rbegin(); child != node.children.rend(); ++child)
      stack.emplace_back(*child, depth + 1);
  }
  return text;
}

std::string node_line(const Graph& graph, const PlanMarks& marks, NodeId n) {
  const std::string runs = marks.runs[n] > 1 ? fmt::format("x{}", marks.runs[n]) : std::string{};
  Bytes made = 0;
  for (const BufferId b : graph.makes(n)) add_to(made, graph.bytes(b));
  std::string line = fmt::format("  {}{} {:>3}  {} ({}), {} bytes", marks.kept[n] ? 'K' : ' ',
                                 marks.frontier[n] ? 'F' : ' ', runs, printable(graph.name(n)),
                                 printable(graph.op(n)), made);
  if (!graph.module(n).empty()) line += fmt::format(", in {}", printable(graph.module(n)));
  if (marks.block[n] != kNoBlock) line += fmt::format(", block {}", marks.block[n]);
  return line + "\n";
}

}  // namespace

std::string graph_text(const Graph& graph) {
  const std::string rows = table(graph, no_marks(graph), nullptr);
  const std::string nodes = dump_text(graph);
  if (graph.node_count() <= kMostShownNodes) return nodes + rows;
  return nodes.substr(0, nodes.find('\n') + 1) + left_out(graph.node_count()) + rows;
}

std::string planned_graph_text(const Graph& graph, const Plan& plan) {
  const PlanMarks marks = marks_of(graph, plan);
  std::string text = plan_head_text(plan) + tree_text(plan);
  if (graph.node_count() > kMostShownNodes)
    return text + left_out(graph.node_count()) + table(graph, marks, &plan);
  text += "nodes (K: makes a checkpoint, F: a later block reads it, x2: runs twice)\n";
  for (const NodeId n : graph.nodes()) text += node_line(graph, marks, n);
  return text + table(graph, marks, &plan);
}

}  // namespace hcb
