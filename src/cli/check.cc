// `hcb check MODEL PLAN`: the plan says with which options its graph was made, so the model alone
// is named.
#include "check/check.h"

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/plan_input.h"
#include "cli/planned.h"
#include "report/plan_text.h"

namespace hcb {

Result<int> run_check(const Invocation& invocation, Context& context) {
  HCB_TRY(const Plan plan, read_plan(invocation.plan));
  HCB_CHECK(demand_bound_file(plan, invocation.plan));
  HCB_TRY(const LoadedModel model, load_model_of(plan, invocation));
  HCB_CHECK(context.check());
  HCB_TRY(const auto size, rounded_sizes(model.training.graph, plan.options.alignment));
  const CheckReport report = check_plan(model.training.graph, size, plan);
  const bool holds = report.findings.empty();
  HCB_CHECK(print(check_text(invocation.plan, plan, report)));
  return holds ? 0 : static_cast<int>(ErrorKind::check_failed);
}

}  // namespace hcb
