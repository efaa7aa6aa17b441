#include "report/fit_text.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "report/bound_text.h"
#include "report/words.h"

namespace hcb {
namespace {

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string share_text(std::int64_t permyriad) {
  return percent_text(permyriad, 10'000).substr(1);  // no sign
}

std::string budget_of(const FitQuestion& question) {
  const Budget& budget = *question.options.memory_budget;
  return budget_words(budget, budget.bytes, question.options.headroom);
}

std::string headline(const FitQuestion& question, const LargestFit& fit) {
  std::string text =
      fmt::format("{:<9}   largest {} that fits {}", printable(file_name(question.model)),
                  printable(question.dim), budget_of(question));
  if (question.max_extra_permyriad) {
    text += fmt::format(" with at most +{} step time", share_text(*question.max_extra_permyriad));
  }
  text += fit.largest > 0 ? fmt::format(": {}", fit.largest) : ": none, not even 1";
  return text + (fit.interrupted ? " so far (interrupted)\n" : "\n");
}

Nanos base_of(const FitPoint& point) { return std::max<Nanos>(point.base_time, 1); }

std::string bound_of(const FitPoint& point) {
  if (!point.bound_extra_time) return {};
  return fmt::format(" (bound +{} % {})", hundredths_text(*point.bound_extra_time, base_of(point)),
                     scope_words(point.scope));
}

std::string extra_of(const FitPoint& point) {
  return fmt::format("+{} % step time", hundredths_text(point.extra_time, base_of(point)));
}

std::string verdict_of(const FitPoint& point) {
  switch (point.kind) {
    case FitKind::as_it_is:
      return "fits as it is";
    case FitKind::with_recomputation:
      return fmt::format("fits with recomputation at {}{}", extra_of(point), bound_of(point));
    case FitKind::too_slow:
      return fmt::format("fits only at {}{}{}", extra_of(point), bound_of(point),
                         point.proved ? ": more than allowed, proved" : "");
    case FitKind::no_plan:
      return "no plan found, which proves nothing";
    case FitKind::does_not_fit:
      return "proved not to fit: " + printable(point.why);
    case FitKind::refused:
      break;
  }
  return "no such step: " + printable(point.why);
}

std::string row(const FitPoint& point) {
  const bool sized = point.kind != FitKind::refused;
  return fmt::format("{:>12}   {:>8}   {}\n", point.value,
                     sized ? format_bytes(point.base_peak) : "", verdict_of(point));
}

// The answer and the value above it, the same of the plain step, and the first value from which on
// something is proved.
bool is_told(const LargestFit& fit, const FitPoint& point, bool first_proved) {
  const std::int64_t above = point.value - 1;
  return point.value == fit.largest || point.value == fit.as_it_is || above == fit.largest ||
         above == fit.as_it_is || first_proved;
}

std::string rows(const LargestFit& fit) {
  std::string text;
  bool proved_before = false;
  for (const FitPoint& point : fit.points) {
    const bool proved = point.kind == FitKind::does_not_fit || point.proved;
    if (is_told(fit, point, proved && !proved_before)) text += row(point);
    proved_before |= proved;
  }
  return text;
}

std::string binding_line(const FitQuestion& question, const LargestFit& fit) {
  const auto at = std::ranges::find(fit.points, fit.largest, &FitPoint::value);
  if (at == fit.points.end() || at->binds.empty()) return {};
  return fmt::format("binding     {} at {} {}\n", printable(at->binds), printable(question.dim),
                     fit.largest);
}

std::string next_line(const FitQuestion& question, const LargestFit& fit) {
  if (fit.largest == 0) return {};
  return fmt::format("next        hcb plan {}{} -o plan.json\n", shell_word(question.model),
                     option_words(options_at(question, fit.largest)));
}

}  // namespace

Options options_at(const FitQuestion& question, std::int64_t value) {
  Options options = question.options;
  if (question.first_dim) {
    options.batch = value;
  } else {
    options.dims.emplace_back(question.dim, value);
  }
  return options;
}

std::string fit_text(const FitQuestion& question, const LargestFit& fit) {
  return headline(question, fit) +
         fmt::format("{:>12}   {:>8}   verdict\n", printable(question.dim), "plain step") +
         rows(fit) + binding_line(question, fit) + next_line(question, fit);
}

}  // namespace hcb
