#include "cli/plan_output.h"

#include "plan/file.h"
#include "plan/json.h"
#include "plan/protobuf.h"
#include "report/drawing.h"
#include "report/plan_text.h"

namespace hcb {
namespace {

std::string serialized(const Graph* graph, const Plan& plan, PlanForm form) {
  switch (form) {
    case PlanForm::json:
      return plan_to_json(plan);
    case PlanForm::dot:
      return drawing(*graph, &plan);
    case PlanForm::protobuf:
      return plan_to_protobuf(plan);
  }
  return {};
}

}  // namespace

Result<void> write_plan(const Graph* graph, Plan plan, PlanSink& sink) {
  const std::string bound = sink.has_place_for_bound() ? take_certificate(plan) : std::string{};
  const std::string text = serialized(graph, plan, sink.form());
  return bound.empty() ? sink.write(text) : sink.write_with_bound(text, bound);
}

Result<void> print_summary(const Graph& graph, const PlanResult& result) {
  HCB_TRY(const auto size, rounded_sizes(graph, result.plan.options.alignment));
  const MemoryBounds bounds = memory_lower_bounds(graph, size);
  return print(plan_text(graph, size, result.plan, bounds, result.notes));
}

}  // namespace hcb
