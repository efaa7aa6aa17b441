// `hcb fit MODEL`: the model is read again with every value of the dim that is tried.
#include <algorithm>

#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/model.h"
#include "cli/output.h"
#include "report/fit_text.h"

namespace hcb {
namespace {

std::unexpected<Error> usage(std::string message, std::string help) {
  return fail(ErrorKind::usage, std::move(message), std::move(help));
}

Result<std::optional<std::int64_t>> max_extra(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto share = parse_budget(text);
  if (share && share->permyriad > 0) return share->permyriad;
  return usage(fmt::format("--max-extra-time '{}': expected a share of the step time", text),
               "such as --max-extra-time 20%");
}

Result<void> check_invocation(const Invocation& invocation) {
  const Options& options = invocation.options;
  if (invocation.model == "-")
    return usage("fit reads the model many times", "give a file, not standard input");
  if (invocation.largest.empty())
    return usage("fit needs to know what to enlarge", "add --largest DIM, such as --largest batch");
  if (!options.memory_budget)
    return usage("fit needs a memory budget", "add --memory-budget SIZE, such as 24GiB");
  if (options.memory_budget->permyriad > 0) {
    return usage(fmt::format("--memory-budget {}: the peak grows with what is enlarged",
                             format_budget(*options.memory_budget)),
                 "give a size in bytes, such as 24GiB");
  }
  if (options.headroom >= options.memory_budget->bytes)
    return usage(fmt::format("--headroom {} leaves nothing of the memory budget", options.headroom),
                 "give less headroom");
  const auto bound = std::ranges::find(options.dims, invocation.largest,
                                       &std::pair<std::string, std::int64_t>::first);
  if (bound == options.dims.end() && !(invocation.largest == "batch" && options.batch)) return {};
  return usage(fmt::format("'{}' is bound and to be enlarged", invocation.largest),
               "leave out its --dim or --batch");
}

Result<Graph> graph_at(const FitQuestion& question, std::int64_t value) {
  HCB_TRY(LoadedModel model, load_model(question.model, options_at(question, value), false));
  return std::move(model.training.graph);
}

// A dim named batch that the model has not is the first one of every input.
Result<FitQuestion> question_of(const Invocation& invocation) {
  HCB_CHECK(check_invocation(invocation));
  FitQuestion question{
      .model = invocation.model, .dim = invocation.largest, .options = invocation.options};
  HCB_TRY(question.max_extra_permyriad, max_extra(invocation.max_extra_time));
  if (question.dim != "batch") return question;
  const auto by_name = graph_at(question, 1);
  question.first_dim = !by_name && by_name.error().kind == ErrorKind::usage;
  return question;
}

// Nothing fits: is it proved?
int exit_code(const LargestFit& fit) {
  if (fit.interrupted) return static_cast<int>(ErrorKind::interrupted);
  if (fit.largest > 0) return 0;
  const FitPoint& one = fit.points.front();
  const bool proved = one.kind == FitKind::does_not_fit || one.proved;
  return static_cast<int>(proved ? ErrorKind::infeasible : ErrorKind::limit);
}

}  // namespace

Result<int> run_fit(const Invocation& invocation, Context& context) {
  HCB_TRY(const FitQuestion question, question_of(invocation));
  const FitRequest request{
      .options = question.options,
      .max_extra_permyriad = question.max_extra_permyriad,
      .graph_at = [&](std::int64_t value) { return graph_at(question, value); }};
  HCB_TRY(const LargestFit fit, find_largest(request, context));
  const bool json = invocation.format == "json";
  HCB_CHECK(print(json ? fit_json(question, fit) : fit_text(question, fit)));
  return exit_code(fit);
}

}  // namespace hcb
