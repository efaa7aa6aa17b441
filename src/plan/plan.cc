// Frees by one scan from the end: `needed[b]` says whether the incarnation of b that exists at this
// point is used later on. A touched buffer that is not needed later dies here. Liveness of a
// straight-line program, as in any compiler text (Aho, Lam, Sethi, Ullman, section 8.4).
#include "plan/plan.h"

#include <algorithm>

namespace hcb {
namespace {

// Buffers that die at an execution of `node`, appended in descending order (the scan runs
// backwards); `needed` becomes what holds before the execution.
void append_dying(const Graph& graph, NodeId node, IdVector<BufferId, char>& needed,
                  std::vector<Step>& steps) {
  const std::size_t first = steps.size();
  for (const BufferId b : graph.reads(node)) {
    if (!needed[b]) steps.push_back(Step::free(b));
    needed[b] = true;
  }
  for (const BufferId b : graph.makes(node)) {
    if (!needed[b]) steps.push_back(Step::free(b));
    needed[b] = false;
  }
  std::sort(steps.begin() + static_cast<std::ptrdiff_t>(first), steps.end(),
            [](const Step& a, const Step& b) { return a.id > b.id; });
}

}  // namespace

std::string_view name(PlanStatus status) {
  switch (status) {
    case PlanStatus::feasible:
      return "feasible";
    case PlanStatus::over_budget:
      return "over_budget";
    case PlanStatus::no_budget:
      return "no_budget";
    case PlanStatus::optimal:
      return "optimal";
    case PlanStatus::interrupted:
      return "interrupted";
  }
  return "unknown";
}

std::optional<PlanStatus> plan_status_named(std::string_view text) {
  for (const auto status : {PlanStatus::feasible, PlanStatus::over_budget, PlanStatus::no_budget,
                            PlanStatus::optimal, PlanStatus::interrupted}) {
    if (text == name(status)) return status;
  }
  return std::nullopt;
}

std::string_view name(StopReason reason) {
  switch (reason) {
    case StopReason::proved:
      return "proved";
    case StopReason::work_limit:
      return "work_limit";
    case StopReason::time_limit:
      return "time_limit";
    case StopReason::interrupted:
      return "interrupted";
  }
  return "unknown";
}

std::optional<StopReason> stop_reason_named(std::string_view text) {
  for (const auto reason : {StopReason::proved, StopReason::work_limit, StopReason::time_limit,
                            StopReason::interrupted}) {
    if (text == name(reason)) return reason;
  }
  return std::nullopt;
}

std::vector<NodeId> executions(const Plan& plan) {
  std::vector<NodeId> sequence;
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::compute) sequence.push_back(id_at<NodeId>(step.id));
  }
  return sequence;
}

std::vector<Step> with_frees(const Graph& graph, std::span<const NodeId> sequence) {
  IdVector<BufferId, char> needed(graph.buffer_count());
  for (const BufferId b : graph.buffers()) needed[b] = graph.is_output(b);
  std::vector<Step> steps;
  steps.reserve(2 * sequence.size());
  for (std::size_t p = sequence.size(); p-- > 0;) {
    append_dying(graph, sequence[p], needed, steps);
    steps.push_back(Step::compute(sequence[p]));
  }
  std::ranges::reverse(steps);
  return steps;
}

NodeId turn(const Graph& graph) {
  for (const NodeId n : graph.nodes()) {
    if (graph.phase(n) == Phase::backward) return n;
  }
  return kNone<NodeId>;
}

std::vector<BufferId> saved_at_turn(const Graph& graph, std::span<const Step> steps) {
  const auto is_turn = [&](const Step& step) {
    return step.kind == StepKind::compute && graph.phase(id_at<NodeId>(step.id)) == Phase::backward;
  };
  const auto turn_step = std::ranges::find_if(steps, is_turn);
  if (turn_step == steps.end()) return {};
  IdVector<BufferId, char> live(graph.buffer_count());
  for (auto step = steps.begin(); step != turn_step; ++step) {
    if (step->kind == StepKind::free) {
      live[id_at<BufferId>(step->id)] = false;
    } else {
      for (const BufferId b : graph.makes(id_at<NodeId>(step->id))) live[b] = true;
    }
  }
  std::vector<BufferId> saved;
  for (const BufferId b : graph.buffers()) {
    if (live[b] && graph.phase(graph.owner(b)) == Phase::forward) saved.push_back(b);
  }
  return saved;
}

}  // namespace hcb
