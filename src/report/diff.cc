// What both sides have, put side by side; the graph and what a plan does with it are in
// diff_graph.cc and diff_schedule.cc.
#include "report/diff.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "report/diff_parts.h"

namespace hcb {
namespace {

std::vector<FigurePair> pair_figures(const DiffSide& before, const DiffSide& after) {
  std::vector<FigurePair> pairs;
  pairs.reserve(before.figures.size() + after.figures.size());
  for (const Figure& figure : before.figures) {
    pairs.push_back({figure.key, figure.unit, figure.value, std::nullopt});
  }
  for (const Figure& figure : after.figures) {
    const auto at = std::ranges::find(pairs, figure.key, &FigurePair::key);
    if (at == pairs.end()) {
      pairs.push_back({figure.key, figure.unit, std::nullopt, figure.value});
    } else {
      at->after = figure.value;
    }
  }
  return pairs;
}

std::vector<FactPair> pair_facts(const DiffSide& before, const DiffSide& after) {
  std::vector<FactPair> pairs;
  pairs.reserve(before.facts.size() + after.facts.size());
  for (const auto& [key, value] : before.facts) pairs.push_back({key, value, {}});
  for (const auto& [key, value] : after.facts) {
    const auto at = std::ranges::find(pairs, key, &FactPair::key);
    if (at == pairs.end()) {
      pairs.push_back({key, {}, value});
    } else {
      at->after = value;
    }
  }
  std::erase_if(pairs, [](const FactPair& fact) { return fact.before == fact.after; });
  return pairs;
}

std::vector<OptionPair> pair_options(const Options& before, const Options& after) {
  std::vector<OptionPair> pairs;
  for (const OptionSpec& spec : option_table()) {
    OptionPair pair{spec.name, spec.write(before), spec.write(after)};
    if (pair.before != pair.after) pairs.push_back(std::move(pair));
  }
  return pairs;
}

std::string times_of(const Options& options) {
  return options.costs.empty() ? fmt::format("estimated for device profile {}", options.device)
                               : fmt::format("measured ({})", printable(options.costs));
}

bool figures_differ(const Diff& diff) {
  return std::ranges::any_of(diff.figures,
                             [](const FigurePair& pair) { return pair.before != pair.after; });
}

bool results_differ(const Diff& diff) {
  return figures_differ(diff) || !diff.facts.empty() || !diff.at_peak.empty() ||
         !diff.recomputed.empty() || !diff.kept.empty() || diff.order.has_value();
}

}  // namespace

std::string_view name(OpChange change) {
  constexpr std::string_view kNames[] = {"grew",    "shrank",  "added",
                                         "removed", "retyped", "rewired"};
  return kNames[static_cast<std::size_t>(change)];
}

Result<void> check_comparable(const DiffSide& before, const DiffSide& after) {
  if (before.kind != after.kind) {
    return fail(ErrorKind::bad_input,
                fmt::format("{} is {}, {} is {}: they cannot be compared", before.file,
                            with_article(before.kind), after.file, with_article(after.kind)),
                "give two plans, two analyses or two models");
  }
  const Options& a = before.options;
  const Options& b = after.options;
  const bool one_measured = a.costs.empty() != b.costs.empty();
  if (!one_measured && (!a.costs.empty() || a.device == b.device)) return {};
  return fail(ErrorKind::bad_input,
              fmt::format("times are {} in {}, {} in {}: they cannot be compared", times_of(a),
                          before.file, times_of(b), after.file),
              "make both with the same --device or --costs");
}

Diff compare(const DiffSide& before, const DiffSide& after) {
  Diff diff{.kind = after.kind,
            .old_file = before.file,
            .new_file = after.file,
            .old_model = before.model,
            .new_model = after.model,
            .figures = pair_figures(before, after),
            .facts = pair_facts(before, after),
            .options = pair_options(before.options, after.options)};
  compare_graphs(before, after, diff);
  diff.options_changed = !diff.options.empty();
  diff.results_changed = results_differ(diff);
  return diff;
}

Diff figures_alone(const DiffSide& side) {
  DiffSide none{.kind = side.kind};
  return {.kind = side.kind,
          .new_file = side.file,
          .new_model = side.model,
          .figures = pair_figures(none, side)};
}

}  // namespace hcb
