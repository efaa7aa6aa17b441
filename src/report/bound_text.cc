// One function per line; a line says nothing that `hcb check` would not confirm, but for the price
// and what is marked as a solver's word.
#include "report/bound_text.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "analysis/summary.h"
#include "base/text.h"
#include "check/simulate.h"
#include "report/words.h"

namespace hcb {
namespace {

std::string line(std::string_view label, std::string_view text) {
  return fmt::format("{:<11} {}\n", label, text);
}

Nanos base_of(const Plan& plan) { return std::max<Nanos>(plan.base_time, 1); }

std::string gap_words(const Plan& plan) {
  const Nanos gap = plan.extra_time - plan.bound->extra_time;
  const std::string points = hundredths_text(gap, base_of(plan));
  return points == "0.00" ? "gap under 0.01 points" : fmt::format("gap {} points", points);
}

std::string bound_line(const Plan& plan) {
  const PlanBound& bound = *plan.bound;
  const bool attained = bound.extra_time == plan.extra_time;
  return line("bound",
              fmt::format("+{} % {}, proved; {}", hundredths_text(bound.extra_time, base_of(plan)),
                          scope_words(bound.scope), attained ? "attained" : gap_words(plan)));
}

std::string binding_line(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                         const Plan& plan) {
  const NodeId v = plan.bound->moment;
  std::string where =
      fmt::format("at {} ({} phase", printable(place_text(graph, v)), name(graph.phase(v)));
  if (!graph.module(v).empty()) where += ", " + printable(graph.module(v));
  where += ")";
  const auto plain = simulate(graph, plain_sequence(graph), size);
  if (!plain) return line("binding", where);
  const Bytes held = plain->memory[index(v)];
  const Bytes over = held - *plan.budget;
  where += fmt::format(": the plain step holds {} there", format_bytes(held));
  if (over > 0) where += fmt::format(", {} more than the budget", format_bytes(over));
  return line("binding", where);
}

std::string price_line(const PlanBound& bound) {
  const auto per_gib =
      static_cast<__int128>(bound.price_time) * (Bytes{1} << 30) / bound.price_bytes;
  const auto most = static_cast<__int128>(std::numeric_limits<Nanos>::max());
  return line("price", fmt::format("{} less extra time per GiB more",
                                   time_text(static_cast<Nanos>(std::min(per_gib, most)))));
}

std::string end_words(const Plan& plan) {
  if (!plan.search) return "strategy 'budget' searches for less";
  switch (plan.search->reason) {
    case StopReason::proved:
      return "the search ended at the bound";
    case StopReason::work_limit:
      return plan.options.effort == Effort::exhaustive || plan.options.work_limit
                 ? "the search ended at its work limit"
                 : "the search ended at its work limit, --effort exhaustive goes on";
    case StopReason::time_limit:
      return fmt::format("the search ended at the time limit of {} s",
                         plan.options.time_limit.value_or(0));
    case StopReason::interrupted:
      break;
  }
  return "interrupted: the best plan so far";
}

}  // namespace

std::string_view scope_words(Scope scope) {
  switch (scope) {
    case Scope::any_order:
      return "in any order";
    case Scope::given_order:
      return "in the given order";
    case Scope::given_order_plain_gaps:
      break;
  }
  return "in the given order with plain gaps";
}

std::string hundredths_text(Nanos part, Nanos whole) {
  const auto hundredths = static_cast<std::int64_t>(static_cast<__int128>(part) * 10'000 / whole);
  return fmt::format("{}.{:02}", hundredths / 100, hundredths % 100);
}

std::string status_words(const Plan& plan) {
  if (plan.status == PlanStatus::optimal) {
    const std::string optimal = fmt::format("optimal {}", scope_words(plan.bound->scope));
    return plan.extra_time == 0 ? optimal + ": nothing is recomputed" : optimal;
  }
  std::string text = "feasible";
  if (plan.bound) text += ", " + gap_words(plan);
  text += ": " + end_words(plan);
  if (plan.estimate == plan.extra_time) {
    text += "; solver-optimal (an integer solver finds nothing cheaper: not proved)";
  }
  return text;
}

std::string bound_lines(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                        const Plan& plan) {
  if (!plan.budget || plan.status == PlanStatus::over_budget) return {};
  std::string text;
  if (plan.bound && plan.extra_time > 0) {
    text += bound_line(plan);
    if (plan.bound->moment != kNone<NodeId>) {
      text += binding_line(graph, size, plan) + price_line(*plan.bound);
    }
  }
  return text + line("status", status_words(plan));
}

}  // namespace hcb
