// `hcb explain MODEL [PLAN]`: why the peak is where it is, what frees most, why a budget cannot be met,
// what a plan does about it. Where a budget is proved too small the model is read again with each of its
// named sizes halved.
#include "check/simulate.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/planned.h"
#include "report/explain_json.h"
#include "report/explain_text.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kMostSmaller = 4;  // sizes that are halved

// The model as read again; what is not possible with those sizes says nothing.
std::optional<SmallerModel> smaller_model(const std::string& path, const Options& options,
                                          const Options& changed, std::int64_t instead) {
  const auto model = load_model(path, options, false);
  if (!model) return std::nullopt;
  const Graph& graph = model->training.graph;
  const auto size = rounded_sizes(graph, options.alignment);
  if (!size) return std::nullopt;
  const auto plain = simulate(graph, plain_sequence(graph), *size);
  if (!plain) return std::nullopt;
  return SmallerModel{option_words(changed), std::to_string(instead),
                      memory_lower_bounds(graph, *size).bound, plain->peak};
}

std::vector<SmallerModel> smaller_models(const Invocation& invocation) {
  std::vector<SmallerModel> models;
  if (invocation.model == "-") return models;
  const Options& given = invocation.options;
  const auto add = [&](const Options& options, const Options& changed, std::int64_t instead) {
    if (auto model = smaller_model(invocation.model, options, changed, instead))
      models.push_back(*std::move(model));
  };
  for (std::size_t i = 0; i < std::min(given.dims.size(), kMostSmaller); ++i) {
    const std::int64_t size = given.dims[i].second;
    if (size < 2) continue;
    Options options = given;
    options.dims[i].second = size / 2;
    Options changed;
    changed.dims = {options.dims[i]};
    add(options, changed, size);
  }
  if (given.batch && *given.batch >= 2) {
    Options options = given;
    options.batch = *given.batch / 2;
    Options changed;
    changed.batch = options.batch;
    add(options, changed, *given.batch);
  }
  return models;
}

struct Explained {
  LoadedModel model;
  Options options;  // the model's: those of the plan where there is one
  IdVector<BufferId, Bytes> size;
  Analysis analysis;
  Explanation explanation;
};

Result<Explained> load(const Invocation& invocation) {
  if (invocation.plan.empty()) {
    HCB_TRY(LoadedModel model, load_model(invocation.model, invocation.options, false));
    return Explained{.model = std::move(model), .options = invocation.options};
  }
  HCB_TRY(PlannedModel both, load_planned(invocation));
  Explained explained{.model = std::move(both.model), .options = both.plan.options};
  explained.explanation.plan = std::move(both.plan);
  return explained;
}

Result<void> tell_peak(Explained& explained, const Context& context) {
  const Graph& graph = explained.model.training.graph;
  Explanation& e = explained.explanation;
  const std::vector<NodeId> sequence = e.plan ? executions(*e.plan) : plain_sequence(graph);
  HCB_TRY(e.peak, peak_story(graph, explained.size, sequence));
  if (sequence.empty()) return {};
  e.reliefs = relief_rows(graph, explained.size, sequence, e.peak, context);
  if (e.peak.groups.size() > kMostReliefs) e.reliefs_left_out = e.peak.groups.size() - kMostReliefs;
  if (e.plan) e.again = again_rows(graph, *e.plan);
  return {};
}

Result<void> tell_budget(Explained& explained, const Invocation& invocation, Context& context) {
  Explanation& e = explained.explanation;
  if (e.plan || !explained.options.memory_budget) return {};
  HCB_TRY(e.outlook, look_ahead(explained.model.training.graph, explained.analysis,
                                explained.options, context));
  if (e.outlook->verdict && e.outlook->verdict->fit == Fit::does_not_fit)
    e.smaller = smaller_models(invocation);
  return {};
}

Result<Explained> explain(const Invocation& invocation, Context& context) {
  HCB_TRY(Explained explained, load(invocation));
  HCB_CHECK(context.check());
  const Graph& graph = explained.model.training.graph;
  HCB_TRY(explained.size, rounded_sizes(graph, explained.options.alignment));
  HCB_TRY(explained.analysis, analyze({.model = explained.model.facts,
                                       .graph = explained.model.training,
                                       .options = explained.options,
                                       .structure = false}));
  Explanation& e = explained.explanation;
  e.model = explained.model.facts.name;
  e.training = explained.analysis.training;
  e.costs = costs_words(explained.options.device, explained.options.costs);
  e.base_time = explained.analysis.base_time;
  e.bound = explained.analysis.bound;
  e.witness = witness_parts(graph, explained.size, e.bound.bytes);
  HCB_CHECK(tell_peak(explained, context));
  HCB_CHECK(tell_budget(explained, invocation, context));
  return explained;
}

}  // namespace

Result<int> run_explain(const Invocation& invocation, Context& context) {
  HCB_TRY(const Explained explained, explain(invocation, context));
  const Graph& graph = explained.model.training.graph;
  const Explanation& e = explained.explanation;
  HCB_CHECK(print(invocation.format == "json"
                      ? explain_json(graph, e)
                      : explain_text(graph, explained.size, e, explained.analysis,
                                     explained.options, invocation.model)));
  const bool impossible =
      e.outlook && e.outlook->verdict && e.outlook->verdict->fit == Fit::does_not_fit;
  return impossible ? static_cast<int>(ErrorKind::infeasible) : 0;
}

}  // namespace hcb
