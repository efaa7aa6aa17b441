#include "report/show_plan.h"

#include <fmt/format.h>

#include "base/text.h"
#include "report/plan_marks.h"
#include "report/words.h"

namespace hcb {
namespace {

std::string node_words(const Plan& plan, NodeId n) {
  const NodeRecord& node = plan.graph.nodes[index(n)];
  return fmt::format("{} ({})", printable(node.name), printable(node.op));
}

std::string buffer_name(const Plan& plan, BufferId b) {
  return printable(plan.graph.buffers[index(b)].name);
}

std::string turn_line(const Plan& plan) {
  if (plan.save_nodes.empty()) return {};
  std::vector<std::string> names;
  for (const BufferId b : plan.save_nodes) names.push_back(buffer_name(plan, b));
  return fmt::format("turn keeps {}: {}\n", plural(names.size(), "buffer"), fmt::join(names, ", "));
}

std::string block_lines(const Plan& plan) {
  std::string text;
  for (std::size_t j = 0; j < plan.blocks.size(); ++j) {
    const Block& block = plan.blocks[j];
    if (block.first == block.last) continue;
    text += fmt::format("block {}: {}, frontier {} bytes\n", j, block_range(plan, block),
                        block.frontier);
  }
  return text;
}

}  // namespace

std::string plan_head_text(const Plan& plan) {
  const std::string budget =
      plan.budget ? fmt::format("budget {} bytes", *plan.budget) : std::string("no budget");
  return fmt::format("plan of {}: {}, {}\npeak {} bytes (base {}), extra time {} ns (base {})\n",
                     printable(plan.graph.name), plan.strategy, budget, plan.peak, plan.base_peak,
                     plan.extra_time, plan.base_time);
}

std::string plan_steps_text(const Plan& plan) {
  std::string text = plan_head_text(plan) + turn_line(plan) + block_lines(plan);
  std::vector<std::size_t> runs(plan.graph.nodes.size(), 0);
  std::size_t executed = 0;
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::compute) {
      const std::size_t run = ++runs[step.id];
      text += fmt::format("{:>6}  {}{}\n", ++executed, node_words(plan, NodeId{step.id}),
                          run > 1 ? fmt::format(", run {}", run) : std::string{});
    } else {
      const BufferId b{step.id};
      text += fmt::format("          free {}, {} bytes\n", buffer_name(plan, b),
                          plan.graph.buffers[index(b)].bytes);
    }
  }
  return text;
}

}  // namespace hcb
