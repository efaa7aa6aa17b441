// `hcb analyze MODEL`: nothing is executed and nothing is written but the report.
#include "analysis/summary.h"
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/output.h"
#include "report/analyze_json.h"
#include "report/analyze_text.h"
#include "report/loop_notes.h"
#include "report/structure_text.h"
#include "report/verdict.h"

namespace hcb {
namespace {

bool proved_not_to_fit(const Outlook& outlook) {
  return outlook.verdict && outlook.verdict->fit == Fit::does_not_fit;
}

std::string text_of(const Analysis& analysis, const Outlook& outlook,
                    const Invocation& invocation) {
  std::string text = analyze_text(analysis, outlook, invocation.options, invocation.model);
  if (invocation.orders) text += orders_text(analysis);
  if (invocation.frontier) text += frontier_text(analysis);
  return text;
}

}  // namespace

Result<int> run_analyze(const Invocation& invocation, Context& context) {
  HCB_TRY(const LoadedModel model, load_model(invocation.model, invocation.options, true));
  HCB_CHECK(context.check());
  const TrainingGraph* inference = model.inference ? &*model.inference : nullptr;
  const AnalysisInput input{.model = model.facts,
                            .graph = model.training,
                            .inference = inference,
                            .options = invocation.options};
  HCB_TRY(Analysis analysis, analyze(input));
  HCB_TRY(const std::vector<std::string> loops, loop_notes(analysis.ingest.loops));
  analysis.ingest.notes.insert(analysis.ingest.notes.end(), loops.begin(), loops.end());
  HCB_TRY(const Outlook outlook,
          look_ahead(model.training.graph, analysis, invocation.options, context));
  const bool json = invocation.format == "json";
  HCB_CHECK(print(json ? analyze_json(analysis, outlook, invocation.options)
                       : text_of(analysis, outlook, invocation)));
  return proved_not_to_fit(outlook) ? static_cast<int>(ErrorKind::infeasible) : 0;
}

}  // namespace hcb
