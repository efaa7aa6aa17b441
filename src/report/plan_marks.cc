#include "report/plan_marks.h"

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

void mark_blocks(const Plan& plan, PlanMarks& marks) {
  for (std::size_t i = 0; i < plan.blocks.size(); ++i) {
    for (std::uint32_t at = plan.blocks[i].first; at < plan.blocks[i].last; ++at) {
      if (at < plan.forward_order.size())
        marks.block[plan.forward_order[at]] = static_cast<std::uint32_t>(i);
    }
  }
}

bool crosses(const Graph& graph, const PlanMarks& marks, NodeId n) {
  for (const BufferId b : graph.makes(n)) {
    for (const NodeId reader : graph.readers(b)) {
      if (marks.block[reader] != kNoBlock && marks.block[reader] > marks.block[n]) return true;
    }
  }
  return false;
}

}  // namespace

PlanMarks no_marks(const Graph& graph) {
  PlanMarks marks;
  marks.runs.assign(graph.node_count(), 1);
  marks.kept.assign(graph.node_count(), 0);
  marks.frontier.assign(graph.node_count(), 0);
  marks.block.assign(graph.node_count(), kNoBlock);
  return marks;
}

PlanMarks marks_of(const Graph& graph, const Plan& plan) {
  PlanMarks marks = no_marks(graph);
  marks.runs.assign(graph.node_count(), 0);
  for (const NodeId n : executions(plan)) ++marks.runs[n];
  for (const BufferId b : plan.save_nodes) marks.kept[graph.owner(b)] = 1;
  mark_blocks(plan, marks);
  for (const NodeId n : graph.nodes()) {
    if (marks.block[n] != kNoBlock && crosses(graph, marks, n)) marks.frontier[n] = 1;
  }
  return marks;
}

std::string block_range(const Plan& plan, const Block& block) {
  const auto name_at = [&](std::uint32_t at) {
    return printable(plan.graph.nodes[index(plan.forward_order[at])].name);
  };
  const std::string first = name_at(block.first);
  return block.last - block.first == 1 ? first
                                       : fmt::format("{} … {}", first, name_at(block.last - 1));
}

}  // namespace hcb
