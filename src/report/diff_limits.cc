#include "report/diff_limits.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace hcb {
namespace {

constexpr const char* kForms =
    "limits are FIGURE+2%, FIGURE+100MiB, FIGURE+5ms or any, with commas between";

struct LimitedFigure {
  std::string_view key;
  Unit unit;
};
constexpr std::array<LimitedFigure, 6> kFigures{{{"peak", Unit::bytes},
                                                 {"base-peak", Unit::bytes},
                                                 {"time", Unit::nanos},
                                                 {"extra-time", Unit::nanos},
                                                 {"kept", Unit::bytes},
                                                 {"resident", Unit::bytes}}};

std::unexpected<Error> wrong(std::string_view limit, std::string_view what) {
  return fail(ErrorKind::usage, fmt::format("--fail-on '{}': {}", limit, what), kForms);
}

// "2.5" in hundredths: 250. nullopt: no such number, or more than two decimals.
std::optional<std::int64_t> hundredths(std::string_view text) {
  const std::size_t dot = text.find('.');
  const std::string_view whole = text.substr(0, dot);
  const std::string_view part = dot == std::string_view::npos ? "0" : text.substr(dot + 1);
  const auto digits = [](std::string_view s) {
    return !s.empty() && s.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (!digits(whole) || !digits(part) || whole.size() > 9 || part.size() > 2) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(whole.data(), whole.data() + whole.size(), number);
  std::int64_t rest = 0;
  std::from_chars(part.data(), part.data() + part.size(), rest);
  return number * 100 + (part.size() == 1 ? rest * 10 : rest);
}

struct TimeUnit {
  std::string_view name;
  Nanos nanos;
};
// The longer names first: "ms" ends with "s".
constexpr std::array<TimeUnit, 4> kTimeUnits{
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}}};

// "5ms", "1.25s"; hundredths of a nanosecond are dropped.
std::optional<Nanos> parse_time(std::string_view text) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (!text.ends_with(unit.name)) continue;
    const auto number = hundredths(text.substr(0, text.size() - unit.name.size()));
    if (!number) return std::nullopt;
    const auto product = checked_mul(*number, unit.nanos);
    return product ? std::optional(*product / 100) : std::nullopt;
  }
  return std::nullopt;
}

std::vector<std::string> figure_names() {
  std::vector<std::string> names;
  names.reserve(kFigures.size());
  for (const LimitedFigure& figure : kFigures) names.emplace_back(figure.key);
  return names;
}

Result<DiffLimit> read_amount(DiffLimit limit, std::string_view amount) {
  if (amount.ends_with('%')) {
    const auto share = hundredths(amount.substr(0, amount.size() - 1));
    if (!share) return wrong(limit.text, "expected a share such as 2% or 0.5%");
    limit.form = DiffLimit::Form::share;
    limit.permyriad = *share;
    return limit;
  }
  limit.form = DiffLimit::Form::amount;
  if (limit.unit == Unit::nanos) {
    const auto time = parse_time(amount);
    if (!time) return wrong(limit.text, "expected a share or a time such as 5ms (ns, us, ms, s)");
    limit.amount = *time;
    return limit;
  }
  const auto bytes = parse_bytes(amount);
  if (!bytes) return wrong(limit.text, "expected a share or a size such as 100MiB");
  limit.amount = *bytes;
  return limit;
}

Result<DiffLimit> parse_limit(const std::string& text) {
  DiffLimit limit{.text = text};
  if (text == "any") return limit;
  if (text.empty()) return wrong(text, "an empty limit");
  const std::size_t plus = text.find('+');
  limit.key = text.substr(0, plus);
  const auto figure = std::ranges::find(kFigures, limit.key, &LimitedFigure::key);
  if (figure == kFigures.end()) {
    const auto names = figure_names();
    return wrong(text, fmt::format("no figure '{}'{}; there are {}", limit.key,
                                   did_you_mean(limit.key, names), fmt::join(names, ", ")));
  }
  if (plus == std::string::npos)
    return wrong(text, fmt::format("how much more? {}+0% allows none", limit.key));
  limit.unit = figure->unit;
  return read_amount(std::move(limit), std::string_view(text).substr(plus + 1));
}

bool exceeds(const LimitOutcome& outcome) {
  const DiffLimit& limit = outcome.limit;
  const auto after = static_cast<__int128>(*outcome.after);
  if (limit.form == DiffLimit::Form::most) return after > limit.amount;
  const auto before = static_cast<__int128>(*outcome.before);
  if (limit.form == DiffLimit::Form::amount) return after > before + limit.amount;
  return after * 10'000 > before * (10'000 + limit.permyriad);
}

Result<LimitOutcome> outcome_of(const Diff& diff, const DiffLimit& limit) {
  if (limit.form == DiffLimit::Form::any)
    return LimitOutcome{.limit = limit, .exceeded = diff.any()};
  const auto figure = std::ranges::find(diff.figures, limit.key, &FigurePair::key);
  const bool needs_old = limit.form != DiffLimit::Form::most;
  if (figure == diff.figures.end() || !figure->after || (needs_old && !figure->before)) {
    return fail(ErrorKind::usage, fmt::format("--fail-on '{}': {} has no {}", limit.text,
                                              with_article(diff.kind), limit.key));
  }
  LimitOutcome outcome{.limit = limit, .before = figure->before, .after = figure->after};
  outcome.exceeded = exceeds(outcome);
  return outcome;
}

}  // namespace

Result<std::vector<DiffLimit>> parse_limits(std::string_view text) {
  std::vector<DiffLimit> limits;
  for (const std::string& word : split(text, ',')) {
    HCB_TRY(DiffLimit limit, parse_limit(word));
    limits.push_back(std::move(limit));
  }
  return limits;
}

Result<DiffLimit> parse_max_peak(std::string_view text) {
  const auto bytes = parse_bytes(text);
  if (!bytes) {
    return fail(ErrorKind::usage, fmt::format("--max-peak '{}': {}", text, bytes.error().message),
                bytes.error().help);
  }
  return DiffLimit{.text = fmt::format("max-peak {}", text),
                   .form = DiffLimit::Form::most,
                   .key = "peak",
                   .amount = *bytes};
}

Result<std::vector<LimitOutcome>> apply_limits(const Diff& diff,
                                               const std::vector<DiffLimit>& limits) {
  std::vector<LimitOutcome> outcomes;
  for (const DiffLimit& limit : limits) {
    HCB_TRY(LimitOutcome outcome, outcome_of(diff, limit));
    outcomes.push_back(std::move(outcome));
  }
  return outcomes;
}

bool any_exceeded(const std::vector<LimitOutcome>& outcomes) {
  return std::ranges::any_of(outcomes, &LimitOutcome::exceeded);
}

}  // namespace hcb
