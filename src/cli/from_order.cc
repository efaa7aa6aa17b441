#include "cli/from_order.h"

#include <fmt/format.h>

#include "cli/model.h"
#include "cli/plan_output.h"
#include "plan/file.h"
#include "plan/order_file.h"

namespace hcb {
namespace {

std::string list_name(const Invocation& invocation) {
  return invocation.from_order == "-" ? "stdin" : invocation.from_order;
}

Result<PlanResult> plan_of_order(const Graph& graph, const Invocation& invocation,
                                 Context& context) {
  HCB_TRY(const std::string text, read_text_file(invocation.from_order));
  const std::string file = list_name(invocation);
  HCB_TRY(std::vector<NodeId> order, read_order(text, file, graph));
  auto result =
      plan_of_executions(graph, invocation.options, "from-order", std::move(order), context);
  if (result || result.error().kind != ErrorKind::check_failed) return result;
  Error error = std::move(result).error();
  error.message = fmt::format("{}: {}", file, error.message);
  return std::unexpected(std::move(error));
}

// As of any plan: one over its budget is no result.
Result<void> demand_fit(const Plan& plan, const std::string& file) {
  if (plan.status != PlanStatus::over_budget) return {};
  const Bytes budget = plan.budget.value_or(0);
  return fail(
      ErrorKind::check_failed,
      fmt::format("{}: the peak of this order is {}, {} over the budget of {}", file,
                  format_bytes(plan.peak), format_bytes(plan.peak - budget), format_bytes(budget)),
      "hcb plan searches for an order that fits");
}

}  // namespace

Result<int> run_from_order(const Invocation& invocation, Context& context) {
  HCB_TRY(PlanSink sink, PlanSink::open(invocation.output, invocation.format));
  HCB_TRY(const LoadedModel model, load_model(invocation.model, invocation.options, false));
  HCB_CHECK(context.check());
  const Graph& graph = model.training.graph;
  HCB_TRY(const PlanResult result, plan_of_order(graph, invocation, context));
  HCB_CHECK(demand_fit(result.plan, list_name(invocation)));
  if (sink.wanted()) HCB_CHECK(write_plan(&graph, result.plan, sink));
  if (!sink.to_stdout()) HCB_CHECK(print_summary(graph, result));
  return 0;
}

}  // namespace hcb
