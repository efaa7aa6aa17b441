// `hcb show MODEL|PLAN`: what a file holds, in full. A plan is known by its first byte (JSON) or
// its name (".pb"); a model comes with the options that bind it.
#include <fstream>

#include "cli/commands.h"
#include "cli/model.h"
#include "cli/output.h"
#include "graph/dump.h"
#include "plan/file.h"
#include "plan/json.h"
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
              "hcb plan MODEL … --format dot");
}

std::string graph_shown(const Graph& graph, const std::string& format) {
  if (format == "json") return dump_json(graph);
  return format == "dot" ? dump_dot(graph) : dump_text(graph);
}

}  // namespace

Result<int> run_show(const Invocation& invocation, Context& context) {
  std::string text;
  if (is_plan(invocation.model)) {
    HCB_TRY(text, plan_shown(invocation.model, invocation.format));
  } else {
    HCB_TRY(const LoadedModel model, load_model(invocation.model, invocation.options, false));
    HCB_CHECK(context.check());
    text = graph_shown(model.training.graph, invocation.format);
  }
  HCB_CHECK(print(text));
  return 0;
}

}  // namespace hcb
