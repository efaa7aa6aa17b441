// One function per object, each in the order of docs/explain-json.md.
#include "report/explain_json.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

Json group_object(const Graph& graph, const AliveGroup& group) {
  Json buffers = Json::array();
  for (const BufferId b : group.buffers) buffers.push_back(printable(graph.name(b)));
  return {{"what", printable(group.what)},
          {"role", name(group.role)},
          {"kept_by", printable(group.kept_by)},
          {"bytes", group.bytes},
          {"buffers", std::move(buffers)}};
}

Json peak_object(const Graph& graph, const PeakStory& peak) {
  Json residents = Json::array();
  for (const auto& [role, bytes] : peak.residents)
    residents.push_back({{"role", name(role)}, {"bytes", bytes}});
  Json groups = Json::array();
  for (const AliveGroup& group : peak.groups) groups.push_back(group_object(graph, group));
  return {{"bytes", peak.peak},
          {"at", printable(peak.at)},
          {"op", printable(peak.op)},
          {"phase", peak.phase},
          {"module", printable(peak.module)},
          {"position", peak.position},
          {"executions", peak.executions},
          {"resident", peak.composition.resident},
          {"activations", peak.composition.activations},
          {"gradients", peak.composition.gradients},
          {"stash", peak.composition.stash},
          {"workspace", peak.composition.workspace},
          {"residents", std::move(residents)},
          {"alive", peak.alive},
          {"groups", std::move(groups)}};
}

Json reliefs_array(const Explanation& e) {
  Json rows = Json::array();
  for (const ReliefRow& row : e.reliefs) {
    rows.push_back({{"group", row.group},
                    {"bytes", row.relief.bytes},
                    {"time_ns", row.relief.time},
                    {"peak", row.relief.peak}});
  }
  return rows;
}

Json bound_object(const Explanation& e) {
  Json parts = Json::array();
  for (const WitnessPart& part : e.witness)
    parts.push_back({{"what", printable(part.what)}, {"bytes", part.bytes}});
  return {{"bytes", e.bound.bytes.bound},
          {"set_by", printable(e.bound.set_by)},
          {"with_outputs", e.bound.by_outputs},
          {"advice", e.bound.advice},
          {"parts", std::move(parts)}};
}

Json budget_object(const Explanation& e) {
  if (!e.outlook || !e.outlook->verdict) return nullptr;
  const Verdict& verdict = *e.outlook->verdict;
  Json smaller = Json::array();
  for (const SmallerModel& model : e.smaller) {
    smaller.push_back({{"options", printable(model.options.substr(1))},
                       {"instead_of", model.instead},
                       {"bound", model.bound},
                       {"peak", model.peak}});
  }
  return {{"available", verdict.available},
          {"fit", name(verdict.fit)},
          {"extra_time_ns", verdict.best ? Json(verdict.best->extra_time) : Json(nullptr)},
          {"proof", verdict.proof.empty() ? Json(nullptr) : Json(printable(verdict.proof))},
          {"smaller", std::move(smaller)}};
}

Json price_object(const Plan& plan) {
  if (!plan.bound || plan.bound->moment == kNone<NodeId>) return nullptr;
  return {{"moment", printable(plan.graph.nodes[index(plan.bound->moment)].name)},
          {"time_ns", plan.bound->price_time},
          {"bytes", plan.bound->price_bytes}};
}

Json plan_object(const Explanation& e) {
  if (!e.plan) return nullptr;
  const Plan& plan = *e.plan;
  Json again = Json::array();
  for (const AgainRow& row : e.again) {
    again.push_back({{"what", printable(row.what)},
                     {"nodes", row.nodes},
                     {"executions", row.executions},
                     {"time_ns", row.time}});
  }
  return {{"strategy", plan.strategy},
          {"status", name(plan.status)},
          {"budget", plan.budget ? Json(*plan.budget) : Json(nullptr)},
          {"base_peak", plan.base_peak},
          {"extra_time_ns", plan.extra_time},
          {"bound_extra_time_ns", plan.bound ? Json(plan.bound->extra_time) : Json(nullptr)},
          {"price", price_object(plan)},
          {"again", std::move(again)}};
}

}  // namespace

std::string explain_json(const Graph& graph, const Explanation& e) {
  const Json document = {{"format", "hcb-explanation"}, {"format_version", "1.0"},
                         {"memory_model", 1},           {"model", printable(e.model)},
                         {"training", e.training},      {"costs", printable(e.costs)},
                         {"base_time_ns", e.base_time}, {"peak", peak_object(graph, e.peak)},
                         {"reliefs", reliefs_array(e)}, {"reliefs_left_out", e.reliefs_left_out},
                         {"bound", bound_object(e)},    {"budget", budget_object(e)},
                         {"plan", plan_object(e)}};
  return document.dump(2) + "\n";
}

}  // namespace hcb
