// GitHub's and GitLab's dialect. Names go into code spans, where nothing but a backtick and, in a
// table, a bar means anything.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "report/diff_forms.h"
#include "report/diff_words.h"
#include "report/words.h"

namespace hcb {
namespace {

constexpr std::size_t kShown = 50;

std::string replaced(std::string text, char from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, 1, to);
  }
  return text;
}

std::string code(std::string_view text) { return "`" + replaced(printable(text), '`', "'") + "`"; }

// In a table; nothing for an empty text.
std::string cell(std::string_view text) {
  return text.empty() ? std::string{} : replaced(code(text), '|', "\\|");
}

std::string figures_table(const Diff& diff) {
  std::string text = diff.has_baseline() ? "| figure | old | new | change |\n|---|---|---|---|\n"
                                         : "| figure | value |\n|---|---|\n";
  for (const FigurePair& pair : diff.figures) {
    const std::string after = value_words(pair.unit, pair.after);
    text += diff.has_baseline() ? fmt::format("| {} | {} | {} | {} |\n", pair.key,
                                              value_words(pair.unit, pair.before), after,
                                              change_words(pair.unit, pair.before, pair.after))
                                : fmt::format("| {} | {} |\n", pair.key, after);
  }
  return text;
}

template <class List, class Row>
std::string folded(std::string_view summary, std::string_view head, const List& list, Row&& row) {
  if (list.empty()) return {};
  const auto columns = static_cast<std::size_t>(std::ranges::count(head, '|')) - 1;
  std::string text = fmt::format("\n<details><summary>{}</summary>\n\n{}\n|", summary, head);
  for (std::size_t i = 0; i < columns; ++i) text += "---|";
  text += '\n';
  for (std::size_t i = 0; i < std::min(list.size(), kShown); ++i) text += row(list[i]);
  if (list.size() > kShown) text += fmt::format("\n… {} more\n", list.size() - kShown);
  return text + "\n</details>\n";
}

std::string ops_tables(const Diff& diff) {
  std::string text;
  for (const OpChange change : {OpChange::grew, OpChange::shrank, OpChange::added,
                                OpChange::removed, OpChange::retyped, OpChange::rewired}) {
    const auto ops = ops_that(diff, change);
    text += folded(fmt::format("{} {}", plural(ops.size(), "op"), name(change)),
                   "| op | module | bytes | type |", ops, [](const OpPair* pair) {
                     return fmt::format("| {} {} | {} | {} | {} |\n", cell(pair->op.name),
                                        cell(pair->op.op), cell(pair->op.module),
                                        op_bytes_words(*pair), cell(op_type_words(*pair)));
                   });
  }
  return text;
}

std::string values_table(std::string_view what, const std::vector<ValuePair>& values) {
  return folded(plural(values.size(), what), "| value | old | new |", values,
                [](const ValuePair& value) {
                  return fmt::format("| {} | {} | {} |\n", cell(value.name),
                                     value_words(Unit::bytes, value.before),
                                     value_words(Unit::bytes, value.after));
                });
}

std::string schedule_tables(const Diff& diff) {
  std::string text = folded(
      fmt::format("{} recomputed more or less often", plural(diff.recomputed.size(), "op")),
      "| op | old | new |", diff.recomputed, [](const RecomputePair& pair) {
        return fmt::format("| {} | {} | {} |\n", cell(pair.op.name), pair.before, pair.after);
      });
  text += folded(fmt::format("{} of one side alone", plural(diff.kept.size(), "checkpoint")),
                 "| checkpoint | bytes | |", diff.kept, [](const KeptChange& kept) {
                   return fmt::format("| {} | {} | {} |\n", cell(kept.name),
                                      format_bytes(kept.bytes), kept.added ? "added" : "removed");
                 });
  if (diff.order) text += fmt::format("\nThe order {}.\n", code(order_words(*diff.order)));
  return text;
}

}  // namespace

std::string diff_markdown(const Diff& diff, const Outcomes& outcomes) {
  std::string text =
      fmt::format("**hcb diff: {}**\n\n{}\n\n", headline(diff), code(sides_words(diff)));
  for (const LimitOutcome& outcome : outcomes) {
    text += fmt::format("- {} {}\n",
                        outcome.exceeded ? "**failed:**" : "passed:", limit_words(outcome));
  }
  for (const OptionPair& pair : diff.options) {
    text += fmt::format("- option {}: {}\n", code("--" + std::string(pair.name)),
                        code(option_pair_words(pair)));
  }
  for (const FactPair& fact : diff.facts) {
    text +=
        fmt::format("- {}: {} -> {}\n", fact.key, code(fact.before.empty() ? "none" : fact.before),
                    code(fact.after.empty() ? "none" : fact.after));
  }
  if (!text.ends_with("\n\n")) text += '\n';
  return text + figures_table(diff) + ops_tables(diff) +
         values_table("resident value", diff.resident) +
         values_table("value at the peak", diff.at_peak) + schedule_tables(diff);
}

}  // namespace hcb
