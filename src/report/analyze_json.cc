// One function per object of the document, each in the order of docs/analyze-json.md.
#include "report/analyze_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

Json strings(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) array.push_back(printable(text));
  return array;
}

Json model_object(const Analysis& analysis) {
  const ModelFacts& model = analysis.model;
  Json dims = Json::array();
  for (const auto& [name, size] : model.dims) {
    dims.push_back({{"name", printable(name)}, {"size", size}});
  }
  return {{"name", printable(model.name)},
          {"opset", model.opset},
          {"nodes", model.nodes},
          {"dims", std::move(dims)},
          {"parameters", analysis.ingest.parameter_count},
          {"parameter_bytes", analysis.ingest.parameter_bytes},
          {"parameter_dtypes", strings(analysis.parameter_dtypes)}};
}

Json graph_object(const Analysis& analysis) {
  return {{"training", analysis.training},
          {"nodes", analysis.nodes},
          {"forward_nodes", analysis.forward_nodes},
          {"values", analysis.values},
          {"buffers", analysis.buffers},
          {"alignment", analysis.alignment},
          {"fingerprint", analysis.fingerprint},
          {"unnamed_fingerprint", analysis.unnamed_fingerprint},
          {"seeds", strings(analysis.ingest.seeds)},
          {"batch_norms_in_training_form", analysis.ingest.batch_norms_in_training_form},
          {"dropouts_in_training_form", analysis.ingest.dropouts_in_training_form},
          {"optimizer_bytes", analysis.ingest.optimizer_bytes},
          {"adamw_would_add", analysis.ingest.adamw_would_add}};
}

Json alive_array(const PlainStep& step) {
  Json array = Json::array();
  for (const AliveValue& value : step.top) {
    array.push_back({{"name", printable(value.name)},
                     {"bytes", value.bytes},
                     {"dtype", value.dtype},
                     {"shape", value.shape},
                     {"role", name(value.role)},
                     {"kept_by", printable(value.kept_by)}});
  }
  return array;
}

Json base_object(const Analysis& analysis) {
  const PlainStep& step = analysis.step;
  return {{"peak", step.peak},
          {"peak_at", printable(step.at)},
          {"peak_position", step.position},
          {"resident", step.composition.resident},
          {"activations", step.composition.activations},
          {"gradients", step.composition.gradients},
          {"stash", step.composition.stash},
          {"workspace", step.composition.workspace},
          {"alive", step.alive},
          {"top", alive_array(step)},
          {"time_ns", analysis.base_time}};
}

Json bound_object(const BoundReport& bound) {
  return {{"bytes", bound.bytes.bound},
          {"l1", bound.bytes.l1},
          {"l2", bound.bytes.l2},
          {"set_by", printable(bound.set_by)},
          {"with_outputs", bound.by_outputs},
          {"held_buffers_left_out", bound.bytes.held_buffers_left_out},
          {"advice", bound.advice}};
}

Json frontier_object(const FrontierReport& frontier) {
  return {{"cuts", frontier.summary.cuts},
          {"width", frontier.summary.width},
          {"widest_before", printable(frontier.widest_before)},
          {"median", frontier.summary.median},
          {"p95", frontier.summary.p95}};
}

Json orders_object(const OrderReport& orders) {
  Json compared = Json::array();
  for (const auto& [name, peak] : orders.compared) {
    compared.push_back({{"name", name}, {"peak", peak}});
  }
  return {
      {"compared", std::move(compared)},
      {"not_tried", strings(orders.not_tried)},
      {"best", orders.compared.empty() ? Json(nullptr) : Json(orders.compared[orders.best].name)},
      {"saves", orders.saves()}};
}

Json blocks_object(const std::optional<BlockSuggestion>& blocks) {
  if (!blocks) return nullptr;
  return {{"block_size", blocks->block_size}, {"blocks", blocks->blocks}, {"bytes", blocks->bytes}};
}

Json value_name(const std::string& value) {
  return value.empty() ? Json(nullptr) : Json(printable(value));
}

Json hcp_object(const HcpEvaluation& hcp) {
  return {{"compressible", hcp.compressible},
          {"activations", hcp.activations},
          {"width", hcp.frontier.width},
          {"width_permyriad", hcp.width_permyriad},
          {"median", hcp.frontier.median},
          {"p95", hcp.frontier.p95},
          {"p95_permyriad", hcp.p95_permyriad},
          {"nodes", hcp.nodes},
          {"depth", hcp.depth},
          {"fan_out", hcp.fan_out},
          {"most_read", value_name(hcp.most_read)},
          {"skip_length", hcp.skip_length},
          {"longest_skip", value_name(hcp.longest_skip)},
          {"interval_tree", blocks_object(hcp.interval_tree)},
          {"periodic", blocks_object(hcp.periodic)},
          {"reasons", strings(hcp.reasons)}};
}

Json cuts_array(const std::vector<CutReport>& cuts) {
  Json array = Json::array();
  for (const CutReport& cut : cuts) {
    array.push_back({{"cut", cut.cut},
                     {"before", printable(cut.before)},
                     {"bytes", cut.bytes},
                     {"buffers", cut.buffers},
                     {"largest", strings(cut.largest)}});
  }
  return array;
}

Json candidate_object(const Candidate& candidate) {
  Json object = {{"strategy", candidate.strategy},
                 {"block_size", nullptr},
                 {"arity", nullptr},
                 {"peak", candidate.peak},
                 {"extra_time_ns", candidate.extra_time}};
  if (candidate.block_size) object["block_size"] = *candidate.block_size;
  if (candidate.arity) object["arity"] = *candidate.arity;
  return object;
}

Json verdict_object(const Verdict& verdict) {
  return {
      {"fit", name(verdict.fit)},
      {"budget", verdict.budget_bytes},
      {"headroom", verdict.headroom},
      {"available", verdict.available},
      {"best", verdict.best ? candidate_object(*verdict.best) : Json(nullptr)},
      {"bound_extra_time_ns",
       verdict.bound_extra_time ? Json(*verdict.bound_extra_time) : Json(nullptr)},
      {"bound_scope", verdict.bound_extra_time ? Json(name(verdict.bound_scope)) : Json(nullptr)},
      {"proof", verdict.proof.empty() ? Json(nullptr) : Json(printable(verdict.proof))}};
}

Json outlook_object(const Outlook& outlook) {
  return {{"lowest", candidate_object(outlook.lowest)},
          {"tried", outlook.tried},
          {"sqrt_block_size", outlook.sqrt_block ? Json(*outlook.sqrt_block) : Json(nullptr)},
          {"verdict", outlook.verdict ? verdict_object(*outlook.verdict) : Json(nullptr)}};
}

Json estimates_object(const Analysis& analysis) {
  Json ops = Json::array();
  for (const auto& [op, nodes] : analysis.ingest.default_rule_ops) {
    ops.push_back({{"op", printable(op)}, {"nodes", nodes}});
  }
  return {{"device", printable(analysis.device)},
          {"costs", analysis.costs.empty() ? Json(nullptr) : Json(printable(analysis.costs))},
          {"cost_model", analysis.cost_model == CostModel::fused ? "fused" : "roofline"},
          {"default_rule_ops", std::move(ops)}};
}

Json options_array(const Options& options) {
  Json array = Json::array();
  for (const OptionSpec& option : option_table()) {
    for (const std::string& value : option.write(options)) {
      array.push_back({{"name", option.name}, {"value", printable(value)}});
    }
  }
  return array;
}

}  // namespace

std::string analyze_json(const Analysis& analysis, const Outlook& outlook, const Options& options) {
  const Json document = {
      {"format", "hcb-analysis"},
      {"format_version", fmt::format("{}.{}", kAnalysisFormatMajor, kAnalysisFormatMinor)},
      {"memory_model", 1},
      {"model", model_object(analysis)},
      {"options", options_array(options)},
      {"graph", graph_object(analysis)},
      {"base", base_object(analysis)},
      {"inference_peak", analysis.inference_peak ? Json(*analysis.inference_peak) : Json(nullptr)},
      {"bound", bound_object(analysis.bound)},
      {"forward_frontier", frontier_object(analysis.forward_frontier)},
      {"frontier", frontier_object(analysis.frontier)},
      {"outlook", outlook_object(outlook)},
      {"estimates", estimates_object(analysis)},
      {"notes", strings(analysis.ingest.notes)},
      {"memory_ratio_permyriad", analysis.memory_ratio_permyriad},
      {"orders", orders_object(analysis.orders)},
      {"hcp", hcp_object(analysis.hcp)},
      {"cuts", cuts_array(analysis.cuts)}};
  return document.dump(2) + "\n";
}

}  // namespace hcb
