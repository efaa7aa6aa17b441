// `hcb show MODEL [PLAN]`, `hcb show PLAN`: what a file holds. A plan is known by its first byte (JSON)
// or its name (".pb"); a model comes with the options that bind it, those of the plan where one is
// given.
#include <fstream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/planned.h"
#include "graph/dump.h"
#include "plan/file.h"
#include "plan/json.h"
#include "report/drawing.h"
#include "report/show_graph.h"
#include "report/show_plan.h"

namespace hcb {
namespace {

bool is_plan(const std::string& path) {
  if (path == "-") return false;
  return path.ends_with(".pb") || std::ifstream(path, std::ios::binary).get() == '{';
}

Result<std::string> plan_shown(const std::string& path, const std::string& format) {
  HCB_TRY(const Plan plan, read_plan(path));
  if (format == "text") return plan_steps_text(plan);
  if (format == "json") return plan_to_json(plan);
  return fail(ErrorKind::usage, "--format dot: a plan is drawn over its graph",
              "hcb show MODEL PLAN --format dot");
}

Result<std::string> both_shown(const Invocation& invocation) {
  if (invocation.format == "json") {
    return fail(ErrorKind::usage, "--format json: of a model or of a plan, not of both",
                "hcb show PLAN --format json");
  }
  HCB_TRY(const PlannedModel both, load_planned(invocation));
  const Graph& graph = both.model.training.graph;
  return invocation.format == "dot" ? drawing(graph, &both.plan)
                                    : planned_graph_text(graph, both.plan);
}

Result<std::string> model_shown(const Invocation& invocation, const Context& context) {
  HCB_TRY(const LoadedModel model, load_model(invocation.model, invocation.options, false));
  HCB_CHECK(context.check());
  const Graph& graph = model.training.graph;
  if (invocation.format == "json") return dump_json(graph);
  return invocation.format == "dot" ? drawing(graph, nullptr) : graph_text(graph);
}

Result<std::string> shown(const Invocation& invocation, const Context& context) {
  if (!invocation.plan.empty()) return both_shown(invocation);
  if (is_plan(invocation.model)) return plan_shown(invocation.model, invocation.format);
  return model_shown(invocation, context);
}

}  // namespace

Result<int> run_show(const Invocation& invocation, Context& context) {
  HCB_TRY(const std::string text, shown(invocation, context));
  HCB_CHECK(print(text));
  return 0;
}

}  // namespace hcb
