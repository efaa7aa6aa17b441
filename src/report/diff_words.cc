#include "report/diff_words.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "report/words.h"

namespace hcb {
namespace {

// "24 ops grew, 3 were added": what is there, in the order of the enumeration.
std::string counts_words(const Diff& diff) {
  constexpr std::pair<OpChange, std::string_view> kVerbs[] = {
      {OpChange::grew, "grew"},
      {OpChange::shrank, "shrank"},
      {OpChange::added, "added"},
      {OpChange::removed, "removed"},
      {OpChange::retyped, "of another shape"},
      {OpChange::rewired, "with other inputs (by name) or costs"}};
  std::vector<std::string> parts;
  for (const auto& [change, verb] : kVerbs) {
    const std::size_t count = ops_that(diff, change).size();
    if (count > 0) parts.push_back(fmt::format("{} {}", plural(count, "op"), verb));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string_view results_name(DiffKind kind) {
  return kind == DiffKind::plan ? "only the plan changed" : "only the figures changed";
}

std::string changed_words(const Diff& diff) {
  if (diff.graph_changed && diff.options_changed) return "graph and options changed";
  if (diff.graph_changed) return "the graph changed";
  if (diff.options_changed) return "the options changed";
  return std::string(diff.results_changed ? results_name(diff.kind) : "nothing changed");
}

std::string file_words(const std::string& file, const std::string& model) {
  std::string shown = printable(file);
  if (model.empty() || file.ends_with(model)) return shown;
  return fmt::format("{} ({})", shown, printable(model));
}

std::string size_words(Unit unit, std::int64_t value) {
  switch (unit) {
    case Unit::bytes:
      return format_bytes(value);
    case Unit::nanos:
      return time_text(value);
    case Unit::count:
      return with_thousands(value);
  }
  return {};
}

std::string values_words(const std::vector<std::string>& values) {
  if (values.empty()) return "not given";
  std::vector<std::string> shown;
  shown.reserve(values.size());
  for (const std::string& value : values) shown.push_back(printable(value));
  return fmt::format("{}", fmt::join(shown, " "));
}

std::string pair_words(const std::string& before, const std::string& after) {
  if (before.empty() || before == after) return after;
  return after.empty() ? before : fmt::format("{} -> {}", before, after);
}

}  // namespace

std::string headline(const Diff& diff) {
  if (!diff.has_baseline()) return "no baseline";
  std::string text = changed_words(diff);
  if (const std::string counts = counts_words(diff); !counts.empty()) text += ": " + counts;
  if (!diff.graph_changed && diff.renamed > 0)
    text += fmt::format("; {} renamed", plural(diff.renamed, "op"));
  return text;
}

std::string sides_words(const Diff& diff) {
  std::string after = file_words(diff.new_file, diff.new_model);
  if (!diff.has_baseline()) return after;
  return fmt::format("{} -> {}", file_words(diff.old_file, diff.old_model), after);
}

std::string value_words(Unit unit, const std::optional<std::int64_t>& value) {
  return value ? size_words(unit, *value) : "none";
}

std::string change_words(Unit unit, const std::optional<std::int64_t>& before,
                         const std::optional<std::int64_t>& after) {
  if (!before || !after) return {};
  if (*before == *after) return "unchanged";
  const bool less = *after < *before;
  const std::int64_t by = less ? *before - *after : *after - *before;
  std::string text = fmt::format("{}{}", less ? '-' : '+', size_words(unit, by));
  if (*before == 0) return text;
  return fmt::format("{} ({}{})", text, less ? '-' : '+', percent_text(by, *before).substr(1));
}

std::string op_words(const OpName& op) {
  const std::string in = op.module.empty() ? "" : " in " + printable(op.module);
  return fmt::format("{} ({}{})", printable(op.name), printable(op.op), in);
}

std::string op_bytes_words(const OpPair& pair) {
  if (pair.change == OpChange::added) return format_bytes(pair.after_bytes);
  if (pair.change == OpChange::removed) return format_bytes(pair.before_bytes);
  return pair_words(format_bytes(pair.before_bytes), format_bytes(pair.after_bytes));
}

std::string op_type_words(const OpPair& pair) {
  return pair_words(printable(pair.before_type), printable(pair.after_type));
}

std::string option_pair_words(const OptionPair& pair) {
  return fmt::format("{} -> {}", values_words(pair.before), values_words(pair.after));
}

std::string limit_words(const LimitOutcome& outcome) {
  const DiffLimit& limit = outcome.limit;
  std::string said =
      fmt::format("{} {}", printable(limit.text), outcome.exceeded ? "is exceeded" : "holds");
  if (limit.form == DiffLimit::Form::any) return said;
  if (limit.form == DiffLimit::Form::most)
    return fmt::format("{}: the peak is {}", said, value_words(Unit::bytes, outcome.after));
  return fmt::format("{}: {} -> {}, {}", said, value_words(limit.unit, outcome.before),
                     value_words(limit.unit, outcome.after),
                     change_words(limit.unit, outcome.before, outcome.after));
}

std::string order_words(const OrderChange& change) {
  const auto words = [](const std::optional<OpName>& op) {
    return op ? op_words(*op) : "the end of the step";
  };
  return fmt::format("goes apart at execution {} of OLD: {} there, {} in NEW",
                     with_thousands(static_cast<long long>(change.execution)), words(change.before),
                     words(change.after));
}

std::vector<const OpPair*> ops_that(const Diff& diff, OpChange change) {
  std::vector<const OpPair*> pairs;
  for (const OpPair& pair : diff.ops) {
    if (pair.change == change) pairs.push_back(&pair);
  }
  return pairs;
}

}  // namespace hcb
