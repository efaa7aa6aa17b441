// A plan on its way out: as text for people, and in the form that its place asks for.
#pragma once

#include "cli/output.h"
#include "schedule/runner.h"

namespace hcb {

// `graph`: what a picture is drawn over; needed for PlanForm::dot alone. A large certificate goes
// into a file of its own where the plan goes into one.
[[nodiscard]] Result<void> write_plan(const Graph* graph, Plan plan, PlanSink& sink);

// What `hcb plan` says about a plan, on standard output.
[[nodiscard]] Result<void> print_summary(const Graph& graph, const PlanResult& result);

}  // namespace hcb
