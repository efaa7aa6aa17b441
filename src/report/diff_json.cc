// One function per object of the document, each in the order of docs/diff.md.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/diff_forms.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(printable(text));
}

template <class List, class Row>
Json array_of(const List& list, Row&& row) {
  Json array = Json::array();
  for (const auto& item : list) array.push_back(row(item));
  return array;
}

Json side_object(const std::string& file, const std::string& model) {
  if (file.empty()) return nullptr;
  return {{"file", printable(file)}, {"model", printable(model)}};
}

Json op_object(const OpName& op) {
  return {{"name", printable(op.name)}, {"op", printable(op.op)}, {"module", printable(op.module)}};
}

Json ops_array(const Diff& diff) {
  return array_of(diff.ops, [](const OpPair& pair) {
    const bool added = pair.change == OpChange::added;
    const bool removed = pair.change == OpChange::removed;
    Json object = op_object(pair.op);
    object["change"] = name(pair.change);
    object["old_bytes"] = added ? Json(nullptr) : Json(pair.before_bytes);
    object["new_bytes"] = removed ? Json(nullptr) : Json(pair.after_bytes);
    object["old_type"] = text_or_null(pair.before_type);
    object["new_type"] = text_or_null(pair.after_type);
    return object;
  });
}

Json values_array(const std::vector<ValuePair>& values) {
  return array_of(values, [](const ValuePair& value) -> Json {
    return {{"name", printable(value.name)},
            {"old_bytes", or_null(value.before)},
            {"new_bytes", or_null(value.after)}};
  });
}

Json figures_array(const Diff& diff) {
  return array_of(diff.figures, [](const FigurePair& pair) -> Json {
    return {{"figure", pair.key},
            {"unit", name(pair.unit)},
            {"old", or_null(pair.before)},
            {"new", or_null(pair.after)}};
  });
}

Json facts_array(const Diff& diff) {
  return array_of(diff.facts, [](const FactPair& fact) -> Json {
    return {
        {"fact", fact.key}, {"old", text_or_null(fact.before)}, {"new", text_or_null(fact.after)}};
  });
}

Json options_array(const Diff& diff) {
  const auto texts = [](const std::string& text) -> Json { return printable(text); };
  return array_of(diff.options, [&](const OptionPair& pair) -> Json {
    return {{"name", pair.name},
            {"old", array_of(pair.before, texts)},
            {"new", array_of(pair.after, texts)}};
  });
}

Json recomputed_array(const Diff& diff) {
  return array_of(diff.recomputed, [](const RecomputePair& pair) {
    Json object = op_object(pair.op);
    object["old"] = pair.before;
    object["new"] = pair.after;
    return object;
  });
}

Json kept_array(const Diff& diff) {
  return array_of(diff.kept, [](const KeptChange& kept) -> Json {
    return {{"name", printable(kept.name)},
            {"change", kept.added ? "added" : "removed"},
            {"bytes", kept.bytes}};
  });
}

Json order_object(const Diff& diff) {
  if (!diff.order) return nullptr;
  const auto op = [](const std::optional<OpName>& name) {
    return name ? op_object(*name) : Json(nullptr);
  };
  return {{"execution", diff.order->execution},
          {"old", op(diff.order->before)},
          {"new", op(diff.order->after)}};
}

Json limits_array(const Outcomes& outcomes) {
  return array_of(outcomes, [](const LimitOutcome& outcome) -> Json {
    return {{"limit", printable(outcome.limit.text)},
            {"figure", text_or_null(outcome.limit.key)},
            {"old", or_null(outcome.before)},
            {"new", or_null(outcome.after)},
            {"exceeded", outcome.exceeded}};
  });
}

}  // namespace

std::string diff_json(const Diff& diff, const Outcomes& outcomes) {
  const Json document = {{"format", "hcb-diff"},
                         {"format_version", "1.0"},
                         {"kind", name(diff.kind)},
                         {"old", side_object(diff.old_file, diff.old_model)},
                         {"new", side_object(diff.new_file, diff.new_model)},
                         {"changed",
                          {{"graph", diff.graph_changed},
                           {"options", diff.options_changed},
                           {"results", diff.results_changed}}},
                         {"failed", any_exceeded(outcomes)},
                         {"limits", limits_array(outcomes)},
                         {"options", options_array(diff)},
                         {"figures", figures_array(diff)},
                         {"facts", facts_array(diff)},
                         {"renamed", diff.renamed},
                         {"ops", ops_array(diff)},
                         {"resident", values_array(diff.resident)},
                         {"at_peak", values_array(diff.at_peak)},
                         {"recomputed", recomputed_array(diff)},
                         {"kept", kept_array(diff)},
                         {"order", order_object(diff)}};
  return document.dump(2) + "\n";
}

}  // namespace hcb
