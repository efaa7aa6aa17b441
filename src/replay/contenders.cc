#include "replay/contenders.h"

#include <fmt/format.h>

#include "base/text.h"
#include "cli/ordering.h"
#include "graph/reorder.h"
#include "plan/file.h"
#include "plan/fingerprint.h"
#include "schedule/runner.h"

namespace hcb {
namespace {

// The graph as it was when the plan was made, in the order of the file: with the plan's profile, which
// may have moved to where the session's is.
Result<LoadedModel> graph_of(const Session& session, const Plan& plan) {
  Options options = plan.options;
  if (!options.costs.empty()) options.costs = session.options().costs;
  options.order.clear();
  return load_model(session.options().graph, options, false);
}

// Nodes of the session's graph are in the order of the file.
void rename_nodes(std::vector<Step>& steps, const std::vector<NodeId>& order) {
  for (Step& step : steps) {
    if (step.kind == StepKind::compute) step.id = static_cast<std::uint32_t>(index(order[step.id]));
  }
}

std::string option_of(const Options& options, std::string_view name) {
  const auto values = find_option(name)->write(options);
  return values.empty() ? std::string() : values.front();
}

// Only options that the strategy reads may be set: others go back to their defaults.
Options options_for(const Strategy& strategy, const Options& given) {
  Options options;
  options.strategy = strategy.name;
  options.memory_budget = given.memory_budget;
  for (const std::string_view name : strategy.reads) {
    const OptionSpec* spec = find_option(name);
    const std::string value = spec == nullptr ? std::string() : option_of(given, name);
    if (!value.empty()) (void)spec->read(options, value);
  }
  return options;
}

}  // namespace

Result<std::vector<PlanFile>> read_plans(const std::vector<std::string>& paths) {
  std::vector<PlanFile> plans;
  for (const std::string& path : paths) {
    HCB_TRY(Plan plan, read_plan(path));
    plans.push_back({path, std::move(plan)});
  }
  return plans;
}

std::string costs_for(const std::string& given, const std::vector<PlanFile>& plans) {
  if (!given.empty()) return given;
  for (const PlanFile& file : plans) {
    if (!file.plan.options.costs.empty()) return file.plan.options.costs;
  }
  return {};
}

Result<Contender> plan_contender(const Session& session, const PlanFile& file) {
  HCB_TRY(LoadedModel model, graph_of(session, file.plan));
  Graph& graph = model.training.graph;
  HCB_TRY(const std::vector<NodeId> order, order_of(graph, file.plan.options));
  if (!order.empty()) {
    HCB_TRY(graph, reordered(graph, order));
  }
  const auto difference = first_difference(file.plan.graph, graph_record(graph));
  if (difference) {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: made for another graph: {}", file.path, *difference),
                "plan this one: hcb plan GRAPH -o PLAN");
  }
  std::vector<Step> steps = file.plan.steps;
  if (!order.empty()) rename_nodes(steps, order);
  auto contender = session.contender(file.plan.strategy, std::move(steps));
  if (!contender) {
    Error error = std::move(contender).error();
    error.message = fmt::format("{}: {}", file.path, error.message);
    return std::unexpected(std::move(error));
  }
  contender->file = file.path;
  return contender;
}

Result<Contender> strategy_contender(const Session& session, const Options& options,
                                     const std::string& strategy, Bytes granularity,
                                     Context& context) {
  Options wanted = options;
  if (!strategy.empty()) {
    HCB_TRY(const Strategy* found, find_strategy(strategy));
    wanted = options_for(*found, options);
  }
  wanted.alignment = granularity;
  wanted.costs.clear();  // the session's graph has them already
  HCB_TRY(const PlanResult result, make_plan(session.graph(), wanted, context));
  if (result.plan.status == PlanStatus::over_budget) {
    return fail(
        ErrorKind::limit,
        fmt::format("no plan of strategy '{}' fits {} bytes; the least peak it found is {}",
                    result.plan.strategy, result.plan.budget.value_or(0), result.plan.peak));
  }
  return session.contender(result.plan.strategy, result.plan.steps);
}

}  // namespace hcb
