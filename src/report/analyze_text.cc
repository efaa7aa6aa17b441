// One function per line of the screen. Columns: labels take 12 characters, "kept by" starts at
// column 46 or two blanks behind the longest name, parts of a line are three blanks apart.
#include "report/analyze_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "report/structure_text.h"
#include "report/verdict_text.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kKeptByColumn = 46;
constexpr std::size_t kTopRows = 3;
constexpr std::size_t kNamedOps = 5;

std::string join_parts(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, "   "));
}

std::string model_line(const Analysis& analysis) {
  const ModelFacts& model = analysis.model;
  std::vector<std::string> facts;
  if (model.opset > 0) facts.push_back(fmt::format("opset {}", model.opset));
  facts.push_back(plural(model.nodes, "node"));
  facts.push_back(fmt::format("{} parameters ({})", count_text(analysis.ingest.parameter_count),
                              format_bytes(analysis.ingest.parameter_bytes)));
  if (!analysis.parameter_dtypes.empty()) {
    facts.push_back(fmt::format("{}", fmt::join(analysis.parameter_dtypes, "/")));
  }
  std::vector<std::string> dims;
  dims.reserve(model.dims.size());
  for (const auto& [name, size] : model.dims) {
    dims.push_back(fmt::format("{}={}", printable(name), size));
  }
  std::vector<std::string> parts{fmt::format("{}", fmt::join(facts, ", "))};
  if (!dims.empty()) parts.push_back(fmt::format("{}", fmt::join(dims, " ")));
  return fmt::format("{:<9}   {}\n", printable(model.name), join_parts(parts));
}

std::string peak_line(const Analysis& analysis) {
  std::vector<std::string> parts{fmt::format("peak {}", format_bytes(analysis.step.peak))};
  if (!analysis.step.at.empty()) parts[0] += " at " + printable(analysis.step.at);
  if (analysis.inference_peak) {
    parts.push_back(fmt::format("inference {}", format_bytes(*analysis.inference_peak)));
  }
  return fmt::format("{:<12}{}\n", analysis.training ? "training" : "inference", join_parts(parts));
}

std::string composition_line(const Analysis& analysis) {
  const Composition& at_peak = analysis.step.composition;
  std::vector<std::string> parts{fmt::format("resident  {}", format_bytes(at_peak.resident)),
                                 fmt::format("activations {}", format_bytes(at_peak.activations))};
  if (analysis.training) {
    parts.push_back(fmt::format("gradients {}", format_bytes(at_peak.gradients)));
  }
  if (at_peak.stash > 0) parts.push_back(fmt::format("stash {}", format_bytes(at_peak.stash)));
  parts.push_back(fmt::format("workspace {}", format_bytes(at_peak.workspace)));
  if (analysis.training && analysis.ingest.adamw_would_add > 0) {
    parts.push_back(
        fmt::format("(AdamW would add {})", format_bytes(analysis.ingest.adamw_would_add)));
  }
  return fmt::format("  {}\n", join_parts(parts));
}

std::string alive_table(const PlainStep& step) {
  const std::size_t shown = std::min(kTopRows, step.top.size());
  if (shown == 0) return {};
  std::vector<std::string> left{fmt::format("alive at the peak (top {} of {})", shown,
                                            with_thousands(static_cast<long long>(step.alive)))};
  for (std::size_t i = 0; i < shown; ++i) {
    left.push_back(
        fmt::format("  {:>8}  {}", format_bytes(step.top[i].bytes), printable(step.top[i].name)));
  }
  std::size_t column = kKeptByColumn;
  for (const std::string& cell : left) column = std::max(column, cell.size() + 2);
  std::string table = fmt::format("{:<{}}kept by\n", left[0], column);
  for (std::size_t i = 0; i < shown; ++i) {
    table += fmt::format("{:<{}}{}\n", left[i + 1], column, printable(step.top[i].kept_by));
  }
  return table;
}

std::string bound_words(const BoundReport& bound) {
  std::string text = fmt::format("bound {}", format_bytes(bound.bytes.bound));
  if (bound.by_outputs) return text + ", set by what is held to the end: gradients, outputs";
  if (bound.set_by.empty()) return text;
  text += fmt::format(", set by {}", printable(bound.set_by));
  return bound.advice.empty() ? text : text + ": " + bound.advice;
}

std::string next_command(const Options& options, std::string_view model_argument) {
  return fmt::format("hcb plan {}{} -o plan.json", shell_word(model_argument),
                     option_words(options));
}

// The options as given; a budget no plan was found for gives way to the least peak found.
Options with_a_budget_that_fits(Options options, const Outlook& outlook) {
  const auto& verdict = outlook.verdict;
  if (!verdict || verdict->fit == Fit::fits || verdict->fit == Fit::with_recomputation) {
    return options;
  }
  const auto needed = checked_add(outlook.lowest.peak, options.headroom);
  options.memory_budget.reset();
  if (needed) options.memory_budget = Budget{.bytes = *needed};
  return options;
}

std::string lowest_line(const Analysis& analysis, const Outlook& outlook, const Options& options,
                        std::string_view model_argument) {
  std::vector<std::string> parts{fmt::format(
      "lowest possible {} ({})", format_bytes(outlook.lowest.peak), bound_words(analysis.bound))};
  if (outlook.sqrt_block) {
    parts.push_back(fmt::format("sqrt regime: --block-size {}", *outlook.sqrt_block));
    parts.push_back("next: " +
                    next_command(with_a_budget_that_fits(options, outlook), model_argument));
  }
  return join_parts(parts) + "\n";
}

std::string estimates_line(const Analysis& analysis) {
  const auto& ops = analysis.ingest.default_rule_ops;
  std::string by_default = "no op by default rule";
  if (!ops.empty()) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(kNamedOps, ops.size()); ++i) {
      names.push_back(printable(ops[i].first));
    }
    if (ops.size() > kNamedOps) names.emplace_back("…");
    std::size_t nodes = 0;
    for (const auto& [op, count] : ops) nodes += count;
    by_default = fmt::format("{} by default rule: {}", plural(nodes, "op"), fmt::join(names, ", "));
  }
  const std::string_view fused =
      analysis.cost_model == CostModel::fused ? ", pointwise ops fused" : "";
  return fmt::format("{}{}; {}\n", costs_words(analysis.device, analysis.costs), fused, by_default);
}

std::string note_lines(const Analysis& analysis) {
  std::string lines;
  const IngestReport& ingest = analysis.ingest;
  const auto in_training_form = [&](std::size_t count, std::string_view op) {
    if (count == 0) return;
    lines += fmt::format(
        "note: {} in inference form planned in training form (--eval-ops keep leaves {})\n",
        plural(count, op), count == 1 ? "it" : "them");
  };
  in_training_form(ingest.batch_norms_in_training_form, "BatchNorm");
  in_training_form(ingest.dropouts_in_training_form, "Dropout");
  if (ingest.optimizer_bytes > 0) {
    lines += fmt::format("note: {} of optimizer state counted as resident\n",
                         format_bytes(ingest.optimizer_bytes));
  }
  for (const std::string& note : ingest.notes) lines += fmt::format("note: {}\n", printable(note));
  return lines;
}

}  // namespace

std::string analyze_text(const Analysis& analysis, const Outlook& outlook, const Options& options,
                         std::string_view model_argument) {
  std::string text = model_line(analysis) + peak_line(analysis) + composition_line(analysis);
  if (outlook.verdict) {
    text += fmt::format("verdict     {}\n", verdict_words(analysis, outlook));
  }
  text += alive_table(analysis.step);
  text += lowest_line(analysis, outlook, options, model_argument);
  text += structure_line(analysis);
  text += estimates_line(analysis);
  return text + note_lines(analysis);
}

}  // namespace hcb
