// `hcb plan MODEL`: the output is opened first, the plan is made and checked by the runner, and
// only a plan that holds and fits is written.
#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/model.h"
#include "cli/plan_output.h"
#include "plan/file.h"
#include "report/committed.h"

namespace hcb {
namespace {

std::string strategy_list() {
  std::string text;
  for (const Strategy& strategy : strategies()) {
    text += fmt::format("{:<14} {}", strategy.name, strategy.summary);
    for (const std::string_view option : strategy.reads) text += fmt::format(" [--{}]", option);
    text += '\n';
  }
  return text;
}

// Why the strategy has no better plan to offer.
std::string end_words(const Plan& plan) {
  if (!plan.search || plan.search->reason != StopReason::time_limit) {
    return plan.search ? ": the search ended at its work limit" : "";
  }
  return fmt::format(": the search ended at the time limit of {} s",
                     plan.options.time_limit.value_or(0));
}

// A plan over its budget is an answer, but no result: nothing is written. It is not known that none
// fits either.
Result<void> demand_fit(const PlanResult& result) {
  const Plan& plan = result.plan;
  if (plan.status != PlanStatus::over_budget) return {};
  const Bytes budget = plan.budget.value_or(0);
  const bool interrupted = plan.search && plan.search->reason == StopReason::interrupted;
  return fail(interrupted ? ErrorKind::interrupted : ErrorKind::limit,
              fmt::format("{}no plan of strategy '{}' fits {}{}; the least peak it found is {} ({} "
                          "over), which proves nothing",
                          interrupted ? "interrupted: so far " : "", plan.strategy,
                          format_bytes(budget), interrupted ? "" : end_words(plan),
                          format_bytes(plan.peak), format_bytes(plan.peak - budget)),
              result.help);
}

Result<void> demand_nothing_to_write(const Invocation& invocation) {
  const bool writes = !invocation.output.empty() || invocation.format != "text";
  if (!writes) return {};
  return fail(ErrorKind::usage, "--check writes no plan: it goes with neither -o nor --format",
              "leave one of them out; hcb diff compares in other formats");
}

// Like a formatter: the plan that would be written, against the one that was.
Result<int> check_committed(const Invocation& invocation, Context& context) {
  HCB_CHECK(demand_nothing_to_write(invocation));
  HCB_TRY(Plan committed, read_plan(invocation.committed));
  HCB_TRY(const LoadedModel model, load_model(invocation.model, invocation.options, false));
  HCB_CHECK(context.check());
  HCB_TRY(PlanResult result, make_plan(model.training.graph, invocation.options, context));
  HCB_CHECK(demand_fit(result));
  if (result.plan.status == PlanStatus::interrupted)
    return fail(ErrorKind::interrupted, "interrupted: an unfinished plan is not compared");
  HCB_TRY(const CommittedReport report,
          compare_with_fresh(std::move(committed), std::move(result.plan), invocation.committed));
  HCB_CHECK(print(report.text));
  return report.same ? 0 : static_cast<int>(ErrorKind::differs);
}

}  // namespace

Result<int> run_plan(const Invocation& invocation, Context& context) {
  if (invocation.list_strategies) {
    HCB_CHECK(print(strategy_list()));
    return 0;
  }
  if (!invocation.committed.empty()) return check_committed(invocation, context);
  HCB_TRY(PlanSink sink, PlanSink::open(invocation.output, invocation.format));
  HCB_TRY(const LoadedModel model, load_model(invocation.model, invocation.options, false));
  HCB_CHECK(context.check());
  const Graph& graph = model.training.graph;
  HCB_TRY(const PlanResult result, make_plan(graph, invocation.options, context));
  HCB_CHECK(demand_fit(result));
  if (sink.wanted()) HCB_CHECK(write_plan(&graph, result.plan, sink));
  if (!sink.to_stdout()) HCB_CHECK(print_summary(graph, result));
  const bool interrupted = result.plan.status == PlanStatus::interrupted;
  return interrupted ? static_cast<int>(ErrorKind::interrupted) : 0;
}

}  // namespace hcb
