// A model together with a plan that was made for it.
#pragma once

#include "cli/invocation.h"
#include "cli/model.h"
#include "plan/plan.h"

namespace hcb {

// The model of `invocation`, read with the options of `plan`; its own say no more than where files are now: --costs, --device, --order.
// Errors: those of load_model(), which say what the plan was made for.
[[nodiscard]] Result<LoadedModel> load_model_of(const Plan& plan, const Invocation& invocation);

struct PlannedModel {
  LoadedModel model;
  Plan plan;
};

// MODEL and PLAN, which holds for it. Errors: usage (an option beside --costs: the plan brings them);
// bad_input (a plan of another graph, with the first difference named), check_failed (a claim that
// is false, the first one named); those of read_plan() and load_model().
[[nodiscard]] Result<PlannedModel> load_planned(const Invocation& invocation);

}  // namespace hcb
