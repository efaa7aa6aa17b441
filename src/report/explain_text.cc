// One function per paragraph. A group of one buffer is named by its kind alone, one of several by
// "12 x kind".
#include "report/explain_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "report/bound_text.h"
#include "report/verdict_text.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kRows = 8;
constexpr Nanos kMillisecond = 1'000'000;

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("{:<11} {}\n", label, text);
}

std::string times(std::size_t count, const std::string& what) {
  return count == 1 ? printable(what) : fmt::format("{} x {}", count, printable(what));
}

std::string group_words(const AliveGroup& group) {
  std::string text = times(group.buffers.size(), group.what);
  return group.role == Role::stash ? text + " (stash)" : text;
}

std::string head_lines(const Explanation& e) {
  const PeakStory& peak = e.peak;
  std::string text = fmt::format(
      "{:<11} {} needs {}{}\n", printable(e.model),
      e.plan ? fmt::format("the plan of strategy '{}'", e.plan->strategy) : "the plain step",
      format_bytes(peak.peak), peak.at.empty() ? "" : " at " + printable(peak.at));
  if (peak.at.empty()) return text;
  std::string where = fmt::format("{}, {} phase", printable(peak.op), peak.phase);
  if (!peak.module.empty()) where += ", module " + printable(peak.module);
  return text + line("where", fmt::format("{}; execution {} of {}", where,
                                          with_thousands(static_cast<long long>(peak.position + 1)),
                                          with_thousands(static_cast<long long>(peak.executions))));
}

std::string residents_words(const PeakStory& peak) {
  std::vector<std::string> parts;
  for (const auto& [role, bytes] : peak.residents) {
    if (bytes > 0) parts.push_back(fmt::format("{} {}", name(role), format_bytes(bytes)));
  }
  std::string text = "resident " + format_bytes(peak.composition.resident);
  return parts.empty() ? text : text + fmt::format(" ({})", fmt::join(parts, ", "));
}

std::string composition_line(const PeakStory& peak) {
  std::vector<std::string> parts{residents_words(peak)};
  const auto add = [&](std::string_view what, Bytes bytes) {
    if (bytes > 0) parts.push_back(fmt::format("{} {}", what, format_bytes(bytes)));
  };
  add("activations", peak.composition.activations);
  add("gradients", peak.composition.gradients);
  add("stash", peak.composition.stash);
  add("workspace", peak.composition.workspace);
  return line("made of", fmt::format("{}", fmt::join(parts, ", ")));
}

// Two columns, the right one behind the longest entry of the left one.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t width = 0;
  for (const auto& [left, right] : rows) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : rows) text += fmt::format("{:<{}}  {}\n", left, width, right);
  return text;
}

std::string alive_table(const PeakStory& peak) {
  const std::size_t shown = std::min(kRows, peak.groups.size());
  if (shown == 0) return {};
  std::vector<std::pair<std::string, std::string>> rows{
      {fmt::format("alive there (top {} of {}, {})", shown, plural(peak.groups.size(), "group"),
                   plural(peak.alive, "buffer")),
       "kept by"}};
  for (std::size_t i = 0; i < shown; ++i) {
    const AliveGroup& group = peak.groups[i];
    rows.emplace_back(fmt::format("  {:>8}  {}", format_bytes(group.bytes), group_words(group)),
                      printable(group.kept_by));
  }
  return two_columns(rows);
}

std::string rate_words(const Relief& relief) {
  if (relief.time == 0) return "no time";
  const auto per_ms = static_cast<__int128>(relief.bytes) * kMillisecond / relief.time;
  return format_bytes(static_cast<Bytes>(per_ms)) + "/ms";
}

// With its keeper where the kind alone names another group too.
std::string relief_words(const PeakStory& peak, const AliveGroup& group) {
  const auto same = std::ranges::count(peak.groups, group.what, &AliveGroup::what);
  const std::string text = group_words(group);
  return same == 1 ? text : fmt::format("{}, kept by {}", text, printable(group.kept_by));
}

std::string relief_table(const Explanation& e) {
  if (e.reliefs.empty()) {
    return e.peak.groups.empty() ? ""
                                 : line("letting go",
                                        "nothing that is alive there can be made "
                                        "again later: it is in use, or runs once");
  }
  std::string text =
      fmt::format("{:>10}  {:>9}  {:>12}  {:>9}   {}\n", "frees", "takes", "that is", "peak then",
                  "letting go of, and making it again when it is needed");
  for (std::size_t i = 0; i < std::min(kRows, e.reliefs.size()); ++i) {
    const ReliefRow& row = e.reliefs[i];
    text +=
        fmt::format("{:>10}  {:>9}  {:>12}  {:>9}   {}\n", format_bytes(row.relief.bytes),
                    time_text(row.relief.time), rate_words(row.relief),
                    format_bytes(row.relief.peak), relief_words(e.peak, e.peak.groups[row.group]));
  }
  return text;
}

std::string witness_lines(const Explanation& e) {
  std::string text =
      line("needed", fmt::format("{} by every schedule{}:", format_bytes(e.bound.bytes.bound),
                                 e.bound.set_by.empty()
                                     ? ""
                                     : fmt::format(", {} {}", e.bound.by_outputs ? "with" : "at",
                                                   printable(e.bound.set_by))));
  for (std::size_t i = 0; i < e.witness.size(); ++i) {
    const WitnessPart& part = e.witness[i];
    if (i >= kRows && part.bytes >= 0 && i + 1 < e.witness.size()) continue;
    text += fmt::format("  {:>9}  {}\n",
                        part.bytes < 0 ? "-" + format_bytes(-part.bytes) : format_bytes(part.bytes),
                        printable(part.what));
  }
  return text;
}

Bytes resident_of(const Explanation& e, Role role) {
  for (const auto& [resident, bytes] : e.peak.residents) {
    if (resident == role) return bytes;
  }
  return 0;
}

// What the facts say would help where recomputation cannot.
std::string help_lines(const Explanation& e, Bytes available) {
  std::string text;
  if (e.peak.composition.resident > available) {
    text +=
        line("helps", fmt::format("the residents alone take {}: fewer or smaller parameters, or "
                                  "parameters shared out over devices",
                                  format_bytes(e.peak.composition.resident)));
  }
  const Bytes state = resident_of(e, Role::optimizer_state);
  if (state > 0)
    text += line("helps",
                 fmt::format("an --optimizer with less state: it takes {}", format_bytes(state)));
  if (!e.bound.advice.empty()) text += line("helps", e.bound.advice);
  for (const SmallerModel& smaller : e.smaller) {
    text += line("helps", fmt::format("{} instead of {}: needs at least {}, the plain step {}{}",
                                      smaller.options.substr(1), smaller.instead,
                                      format_bytes(smaller.bound), format_bytes(smaller.peak),
                                      smaller.bound > available ? " (still too much)" : ""));
  }
  return text;
}

std::string budget_lines(const Explanation& e, const Analysis& analysis) {
  if (!e.outlook || !e.outlook->verdict) return {};
  const Verdict& verdict = *e.outlook->verdict;
  std::string text = line("budget", verdict_words(analysis, *e.outlook));
  if (verdict.fit != Fit::does_not_fit) return text;
  return text + witness_lines(e) + help_lines(e, verdict.available);
}

std::string again_table(const Explanation& e) {
  if (e.again.empty()) return line("runs again", "nothing");
  Nanos total = 0;
  for (const AgainRow& row : e.again) total += row.time;
  std::string text =
      line("runs again",
           fmt::format("{} of nodes, {} in all", plural(e.again.size(), "kind"), time_text(total)));
  for (std::size_t i = 0; i < std::min(kRows, e.again.size()); ++i) {
    const AgainRow& row = e.again[i];
    text += fmt::format(
        "  {:>8}  {}{}\n", time_text(row.time), times(row.nodes, row.what),
        row.executions > row.nodes ? fmt::format(" ({} times in all)", row.executions) : "");
  }
  return text;
}

std::string plan_lines(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                       const Explanation& e) {
  const Plan& plan = *e.plan;
  std::string text =
      line("instead of",
           fmt::format("{} of the plain step, for {} more time", format_bytes(plan.base_peak),
                       plan.base_time > 0 ? percent_text(plan.extra_time, plan.base_time)
                                          : time_text(plan.extra_time)));
  if (plan.budget) {
    const Bytes spare = *plan.budget - plan.peak;
    text += line(
        "budget",
        spare >= 0 ? fmt::format("{}; {} to spare", format_bytes(*plan.budget), format_bytes(spare))
                   : fmt::format("{}; {} over", format_bytes(*plan.budget), format_bytes(-spare)));
  }
  return text + bound_lines(graph, size, plan) + again_table(e);
}

std::string lowest_line(const Explanation& e) {
  const std::string words =
      e.bound.by_outputs ? "held to the end, with " + printable(e.bound.set_by)
                         : (e.bound.set_by.empty() ? "residents" : printable(e.bound.set_by));
  return line("no less", fmt::format("than {} by any schedule, proved ({})",
                                     format_bytes(e.bound.bytes.bound), words));
}

std::string next_line(const Explanation& e, const Options& options,
                      std::string_view model_argument) {
  if (e.plan || !e.training) return {};
  return line("next", fmt::format("hcb plan {}{} -o plan.json", shell_word(model_argument),
                                  option_words(options)));
}

bool impossible(const Explanation& e) {
  return e.outlook && e.outlook->verdict && e.outlook->verdict->fit == Fit::does_not_fit;
}

}  // namespace

std::string explain_text(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                         const Explanation& explanation, const Analysis& analysis,
                         const Options& options, std::string_view model_argument) {
  const Explanation& e = explanation;
  std::string text = head_lines(e);
  if (e.plan) text += plan_lines(graph, size, e);
  text += composition_line(e.peak) + alive_table(e.peak) + relief_table(e);
  text += impossible(e) ? "" : lowest_line(e);
  text += budget_lines(e, analysis);
  if (!impossible(e)) text += next_line(e, options, model_argument);
  return text + line("times", e.costs);
}

}  // namespace hcb
