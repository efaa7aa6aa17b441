#include "replay/memory_report.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.h"

namespace hcb {
namespace {

struct Sums {
  std::set<NodeId> nodes;
  Bytes during = 0;
  Bytes after = 0;
  NodeId example = kNone<NodeId>;
};

void add(Sums& sums, NodeId node, Bytes during, Bytes after) {
  const bool first = sums.nodes.empty();
  sums.nodes.insert(node);
  sums.after += after;
  if (!first && during <= sums.during) return;
  sums.during = during;
  sums.example = node;
}

}  // namespace

MemoryReport memory_report(const Graph& graph, const RunReport& run, Bytes predicted_peak,
                           bool workspaces_known) {
  MemoryReport report{.workspaces_known = workspaces_known,
                      .predicted_peak = predicted_peak,
                      .measured_peak = run.peak,
                      .steps = run.steps.size(),
                      .difference = {}};
  std::map<std::string, Sums> ops;
  Bytes beyond = run.resident - run.predicted_resident;  // what is held beyond the prediction
  for (const StepRecord& step : run.steps) {
    const Bytes during = step.during - step.predicted_during.value_or(step.during) - beyond;
    const Bytes after = step.after - step.predicted_after - beyond;
    beyond += after;
    report.equal_after += step.after == step.predicted_after;
    report.equal_during += step.during == step.predicted_during;
    report.below_during += step.during <= step.predicted_during;
    if (during != 0 || after != 0)
      add(ops[printable(graph.op(step.node))], step.node, during, after);
  }
  for (const auto& [op, sums] : ops) {
    report.difference.push_back({.op = op,
                                 .nodes = sums.nodes.size(),
                                 .during = sums.during,
                                 .after = sums.after,
                                 .example = printable(graph.name(sums.example))});
  }
  std::ranges::stable_sort(report.difference, std::greater{}, &OpDifference::during);
  return report;
}

}  // namespace hcb
