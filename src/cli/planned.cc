#include "cli/planned.h"

#include <fmt/format.h>

#include "base/text.h"
#include "check/check.h"
#include "cli/plan_input.h"
#include "report/words.h"

namespace hcb {
namespace {

// What the plan names and may have moved since.
bool names_a_file(std::string_view option) {
  return option == "costs" || option == "device" || option == "order";
}

Result<void> refuse_own_options(const Options& options) {
  for (const OptionSpec& option : option_table()) {
    if (names_a_file(option.name) || option.write(options).empty()) continue;
    return fail(ErrorKind::usage,
                fmt::format("--{}: the plan brings the options it was made with", option.name),
                "leave it out, or leave the plan out");
  }
  return {};
}

Result<void> demand_that_it_holds(const LoadedModel& model, const Plan& plan,
                                  const Invocation& invocation) {
  HCB_TRY(const auto size, rounded_sizes(model.training.graph, plan.options.alignment));
  const CheckReport report = check_plan(model.training.graph, size, plan);
  if (report.findings.empty()) return {};
  const Finding& first = report.findings.front();
  const bool other = first.violation == Violation::wrong_graph;
  return fail(other ? ErrorKind::bad_input : ErrorKind::check_failed,
              fmt::format("{}: does not hold for {}: {}", invocation.plan, invocation.model,
                          printable(first.message)),
              other ? "plan again, or give the model it was made for"
                    : fmt::format("hcb check {} {} lists what is false",
                                  shell_word(invocation.model), shell_word(invocation.plan)));
}

}  // namespace

Result<LoadedModel> load_model_of(const Plan& plan, const Invocation& invocation) {
  // A model that cannot be read with the plan's options may simply be another one.
  Options options = plan.options;
  const Options& given = invocation.options;
  if (!given.costs.empty()) options.costs = given.costs;
  if (!given.order.empty()) options.order = given.order;
  if (given.device != Options{}.device) options.device = given.device;
  auto model = load_model(invocation.model, options, false);
  if (model) return model;
  Error error = std::move(model).error();
  error.help =
      fmt::format("the plan was made for {}{}", plan.graph.name, option_words(plan.options));
  return std::unexpected(std::move(error));
}

Result<PlannedModel> load_planned(const Invocation& invocation) {
  HCB_CHECK(refuse_own_options(invocation.options));
  HCB_TRY(Plan plan, read_plan(invocation.plan));
  HCB_CHECK(demand_bound_file(plan, invocation.plan));
  HCB_TRY(LoadedModel model, load_model_of(plan, invocation));
  HCB_CHECK(demand_that_it_holds(model, plan, invocation));
  return PlannedModel{std::move(model), std::move(plan)};
}

}  // namespace hcb
