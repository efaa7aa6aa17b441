// One function per line of the text.
#include "report/plan_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "report/bound_text.h"
#include "report/words.h"

namespace hcb {
namespace {

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("{:<11} {}\n", label, text);
}

std::optional<std::int64_t> meta_value(const Plan& plan, std::string_view key) {
  for (const auto& [name, value] : plan.meta) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::string strategy_line(const Plan& plan) {
  std::vector<std::string> parameters;
  const auto add = [&](std::string_view key, std::string_view words) {
    if (const auto value = meta_value(plan, key)) {
      parameters.push_back(fmt::format("{} {}", words, *value));
    }
  };
  add("block_size", "block size");
  if (!plan.blocks.empty()) parameters.push_back(plural(plan.blocks.size(), "block"));
  add("arity", "arity");
  add("slots", "slots");
  add("stored_blocks", "stored");
  add("depth", "depth");
  const std::string settings =
      parameters.empty() ? "" : fmt::format(": {}", fmt::join(parameters, ", "));
  return fmt::format("{:<9}   {}{}\n", printable(plan.graph.name), plan.strategy, settings);
}

// Whole percents, rounded half up; b > 0.
std::int64_t percent(Bytes a, Bytes b) {
  return static_cast<std::int64_t>((static_cast<__int128>(a) * 200 + b) /
                                   (static_cast<__int128>(b) * 2));
}

std::string peak_line(const Plan& plan, const MemoryBounds& bounds) {
  std::string text = format_bytes(plan.peak);
  if (plan.peak != plan.base_peak && plan.base_peak > 0) {
    text += fmt::format(" instead of {} ({} %)", format_bytes(plan.base_peak),
                        percent(plan.peak, plan.base_peak));
  }
  if (bounds.bound > 0) {
    text += fmt::format("   memory ratio {} (bound {})", ratio_text(plan.peak, bounds.bound),
                        format_bytes(bounds.bound));
  }
  return line("peak", text);
}

std::string extra_words(Nanos extra, Nanos base) {
  return base > 0 ? percent_text(extra, base) : time_text(extra);
}

std::string time_line(const Plan& plan) {
  if (plan.base_time == 0 && plan.extra_time == 0) {
    return line("extra time", "none: nothing that runs takes time (" +
                                  costs_words(plan.options.device, plan.options.costs) + ")");
  }
  return line("extra time",
              fmt::format("{} ({} on {}; {})", extra_words(plan.extra_time, plan.base_time),
                          time_text(plan.extra_time), time_text(plan.base_time),
                          costs_words(plan.options.device, plan.options.costs)));
}

std::string executions_line(const Graph& graph, const Plan& plan) {
  IdVector<NodeId, std::int64_t> count(graph.node_count(), 0);
  for (const Step& step : plan.steps) {
    if (step.kind == StepKind::compute) ++count[NodeId{step.id}];
  }
  std::int64_t forward = 0;
  std::int64_t runs = 0;
  std::int64_t most = 0;
  for (const NodeId n : graph.nodes()) {
    if (graph.phase(n) != Phase::forward) continue;
    ++forward;
    runs += count[n];
    most = std::max(most, count[n]);
  }
  if (forward == 0) return {};
  const std::int64_t hundredths = (runs * 200 + forward) / (forward * 2);
  return line("executions", fmt::format("{}.{:02} per forward node on average, {} at most",
                                        hundredths / 100, hundredths % 100, most));
}

std::string checkpoints_line(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                             const Plan& plan) {
  if (turn(graph) == kNone<NodeId>) return {};
  Bytes total = 0;
  for (const BufferId b : plan.save_nodes) total += size[b];
  return line("checkpoints",
              fmt::format("{}, {}, kept at the turn", plural(plan.save_nodes.size(), "buffer"),
                          format_bytes(total)));
}

std::string projection_line(const Plan& plan) {
  if (!plan.projection) return {};
  return line("projection",
              fmt::format("keeping those, the rest recomputed once: peak {}, extra time {}",
                          format_bytes(plan.projection->peak),
                          extra_words(plan.projection->extra_time, plan.base_time)));
}

// As given, where the options still say so.
std::string budget_of(const Plan& plan) {
  if (!plan.options.memory_budget) return budget_text({.bytes = *plan.budget});
  const Budget& given = *plan.options.memory_budget;
  return budget_words(given, given.of(plan.base_peak), plan.options.headroom);
}

std::string verdict_line(const Plan& plan, const MemoryBounds& bounds) {
  if (!plan.budget) {
    return "no budget given: --memory-budget SIZE, such as 8GiB or 60%, asks for a plan that "
           "fits\n";
  }
  if (plan.status != PlanStatus::over_budget) {
    return line("verdict", fmt::format("fits {}; {} to spare", budget_of(plan),
                                       format_bytes(*plan.budget - plan.peak)));
  }
  return line(
      "verdict",
      fmt::format("does not fit {}: {} over (proved: no plan needs less than {})", budget_of(plan),
                  format_bytes(plan.peak - *plan.budget), format_bytes(bounds.bound)));
}

// The lines of a plan that holds.
std::string held_lines(const Plan& plan, const CheckReport& report) {
  const auto runs = std::ranges::count(plan.steps, StepKind::compute, &Step::kind);
  std::string peak =
      fmt::format("{} ({} bytes), as claimed", format_bytes(report.peak), report.peak);
  if (plan.budget && report.peak <= *plan.budget) peak += ", within " + budget_of(plan);
  if (plan.budget && report.peak > *plan.budget) {
    peak += fmt::format("; over the budget of {}, as it says", budget_of(plan));
  }
  std::string bound;
  if (plan.bound && plan.bound->extra_time > 0) {
    bound = line(
        "bound",
        fmt::format("+{} % ({}) {}, as its certificate proves",
                    hundredths_text(plan.bound->extra_time, std::max<Nanos>(plan.base_time, 1)),
                    time_text(plan.bound->extra_time), scope_words(plan.bound->scope)));
  }
  if (plan.status == PlanStatus::optimal || plan.bound) bound += line("status", status_words(plan));
  return line("steps", fmt::format("{} of {}: every input present when used, every effect once",
                                   plural(static_cast<std::size_t>(runs), "execution"),
                                   plural(plan.graph.nodes.size(), "node"))) +
         line("peak", peak) +
         line("extra time",
              fmt::format("{} ({}), as claimed", extra_words(report.extra_time, plan.base_time),
                          time_text(report.extra_time))) +
         bound;
}

}  // namespace

std::string plan_text(const Graph& graph, const IdVector<BufferId, Bytes>& size, const Plan& plan,
                      const MemoryBounds& bounds, const std::vector<std::string>& notes) {
  std::string text = strategy_line(plan) + peak_line(plan, bounds) + time_line(plan) +
                     bound_lines(graph, size, plan) + executions_line(graph, plan) +
                     checkpoints_line(graph, size, plan) + projection_line(plan) +
                     verdict_line(plan, bounds);
  for (const std::string& note : notes) text += fmt::format("note: {}\n", printable(note));
  return text;
}

std::string check_text(std::string_view plan_argument, const Plan& plan,
                       const CheckReport& report) {
  const std::string name = printable(plan_argument);
  if (!report.findings.empty()) {
    std::string text = fmt::format("{}   does not hold for {}\n", name, printable(plan.graph.name));
    for (const Finding& finding : report.findings) {
      text += fmt::format("  {}\n", printable(finding.message));
    }
    return text;
  }
  return fmt::format("{}   holds for {}\n", name, printable(plan.graph.name)) +
         held_lines(plan, report);
}

}  // namespace hcb
