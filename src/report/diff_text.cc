#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "report/diff_forms.h"
#include "report/diff_words.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kShown = 10;

// A list under a title: "grew        12 ops", then at most kShown rows, indented.
template <class List, class Row>
std::string section(std::string_view title, std::string_view summary, const List& list, Row&& row) {
  if (list.empty()) return {};
  std::string text = fmt::format("{:<14} {}\n", title, summary);
  std::size_t width = 0;
  std::vector<std::pair<std::string, std::string>> rows;
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) {
    rows.push_back(row(list[i]));
    width = std::max(width, rows.back().first.size());
  }
  for (const auto& [left, right] : rows) text += fmt::format("  {:<{}}   {}\n", left, width, right);
  if (list.size() > kShown) text += fmt::format("  … {} more\n", list.size() - kShown);
  return text;
}

std::string figure_line(const FigurePair& pair) {
  const std::string change = change_words(pair.unit, pair.before, pair.after);
  const std::string after = value_words(pair.unit, pair.after);
  if (change == "unchanged" || (!pair.before && change.empty()))
    return fmt::format("{:<14} {}\n", pair.key, after);
  const std::string both = fmt::format("{} -> {}", value_words(pair.unit, pair.before), after);
  return change.empty() ? fmt::format("{:<14} {}\n", pair.key, both)
                        : fmt::format("{:<14} {:<24} {}\n", pair.key, both, change);
}

std::string figure_lines(const Diff& diff) {
  std::string text;
  for (const FigurePair& pair : diff.figures) text += figure_line(pair);
  for (const FactPair& fact : diff.facts) {
    text += fmt::format("{:<14} {} -> {}\n", fact.key,
                        fact.before.empty() ? "none" : printable(fact.before),
                        fact.after.empty() ? "none" : printable(fact.after));
  }
  return text;
}

// Ops that merely read something else are counted in the headline: an exporter that numbers its names
// renames the inputs of everything behind a change.
std::string op_sections(const Diff& diff) {
  std::string text;
  for (const OpChange change :
       {OpChange::grew, OpChange::shrank, OpChange::added, OpChange::removed, OpChange::retyped}) {
    const auto ops = ops_that(diff, change);
    text += section(name(change), plural(ops.size(), "op"), ops, [](const OpPair* pair) {
      const std::string type = op_type_words(*pair);
      return std::pair{op_bytes_words(*pair),
                       op_words(pair->op) + (type.empty() ? "" : "   " + type)};
    });
  }
  return text;
}

std::string value_section(std::string_view title, std::string_view what, std::string_view absent,
                          const std::vector<ValuePair>& values) {
  return section(title, plural(values.size(), what), values, [&](const ValuePair& value) {
    const auto size = [&](const std::optional<Bytes>& bytes) {
      return bytes ? format_bytes(*bytes) : std::string(absent);
    };
    return std::pair{size(value.before) + " -> " + size(value.after), printable(value.name)};
  });
}

std::string schedule_sections(const Diff& diff) {
  std::string text = section(
      "recomputed", plural(diff.recomputed.size(), "op") + " more or less often", diff.recomputed,
      [](const RecomputePair& pair) {
        return std::pair{fmt::format("{} -> {}", pair.before, pair.after), op_words(pair.op)};
      });
  text += section("checkpoints", plural(diff.kept.size(), "checkpoint") + " of one side alone",
                  diff.kept, [](const KeptChange& kept) {
                    return std::pair{
                        fmt::format("{} {}", kept.added ? '+' : '-', format_bytes(kept.bytes)),
                        printable(kept.name)};
                  });
  if (diff.order) text += fmt::format("{:<14} {}\n", "order", order_words(*diff.order));
  return text;
}

std::string option_lines(const Diff& diff) {
  std::string text;
  for (const OptionPair& pair : diff.options) {
    text += fmt::format("{:<14} --{} {}\n", "option", pair.name, option_pair_words(pair));
  }
  return text;
}

}  // namespace

std::string diff_text(const Diff& diff, const Outcomes& outcomes) {
  std::string text = headline(diff) + "\n" + sides_words(diff) + "\n";
  for (const LimitOutcome& outcome : outcomes) {
    text += fmt::format("{:<14} {}\n", "limit", limit_words(outcome));
  }
  return text + option_lines(diff) + figure_lines(diff) + op_sections(diff) +
         value_section("resident", "value", "none", diff.resident) +
         value_section("at peak", "value", "not listed", diff.at_peak) + schedule_sections(diff);
}

}  // namespace hcb
