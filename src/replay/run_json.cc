#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "replay/run_result.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(printable(text));
}

Json setting_object(const RunSetting& setting) {
  return {{"graph", printable(setting.graph)},
          {"structure", setting.structure},
          {"nodes", setting.nodes},
          {"device", setting.scope.device},
          {"device_name", setting.scope.device_name},
          {"threads", setting.scope.threads},
          {"memory_format", setting.scope.memory_format},
          {"torch_version", setting.scope.torch_version},
          {"exported_with", or_null(setting.exported_with)},
          {"allocation_policy", setting.allocation_policy},
          {"granularity", setting.granularity},
          {"seed", setting.seed},
          {"weights", or_null(setting.weights)},
          {"inputs", or_null(setting.inputs)},
          {"costs", or_null(setting.costs)},
          {"contents",
           {{"file", setting.from_file}, {"graph", setting.from_graph}, {"seed", setting.seeded}}},
          {"memory_limit", setting.memory_limit ? Json(*setting.memory_limit) : Json(nullptr)}};
}

Json timing_object(const Timing& time) {
  return {{"median_ns", time.median},
          {"low_ns", time.low},
          {"high_ns", time.high},
          {"steps", time.count}};
}

Json memory_object(const MemoryReport& memory) {
  Json ops = Json::array();
  for (const OpDifference& op : memory.difference) {
    ops.push_back({{"op", op.op},
                   {"nodes", op.nodes},
                   {"during", op.during},
                   {"after", op.after},
                   {"example", op.example}});
  }
  return {{"workspaces", memory.workspaces_known ? "measured" : "unknown"},
          {"predicted_peak", memory.predicted_peak},
          {"measured_peak", memory.measured_peak},
          {"steps", memory.steps},
          {"equal_after", memory.equal_after},
          {"equal_during", memory.equal_during},
          {"at_most_during", memory.below_during},
          {"exact", memory.exact()},
          {"differences", std::move(ops)}};
}

Json verification_object(const Verification& check) {
  Json differences = Json::array();
  for (const OutcomeDifference& difference : check.differences)
    differences.push_back({{"name", printable(difference.name)}, {"what", difference.what}});
  return {{"against", printable(check.against)},  {"equal", check.differences.empty()},
          {"tolerance", check.tolerance},         {"outputs", check.outputs},
          {"gradients", check.gradients},         {"states", check.states},
          {"differences", std::move(differences)}};
}

Json steps_array(const Graph& graph, const RunReport& run) {
  Json steps = Json::array();
  for (const StepRecord& step : run.steps) {
    steps.push_back({printable(graph.name(step.node)), step.again, step.before, step.during,
                     step.predicted_during ? Json(*step.predicted_during) : Json(nullptr),
                     step.after, step.predicted_after, step.workspace, step.duration});
  }
  return steps;
}

Json measured_object(const Measured& measured) {
  Json object{{"plan", measured.name},
              {"file", or_null(measured.file)},
              {"error", or_null(measured.error)},
              {"executions", measured.executions},
              {"predicted_extra_time_ns", measured.predicted_extra},
              {"predicted_base_time_ns", measured.predicted_base},
              {"time", timing_object(measured.time)},
              {"memory", memory_object(measured.memory)},
              {"device_memory",
               {{"allocated", measured.device.allocated},
                {"reserved", measured.device.reserved},
                {"used", measured.device.used},
                {"total", measured.device.total}}}};
  if (measured.run) {
    const RunReport& run = *measured.run;
    object["resident"] = {{"predicted", run.predicted_resident}, {"measured", run.resident}};
    object["peak_step"] = run.peak_step;
    object["random_state_bytes"] = run.random_state;
    object["op_time_ns"] = run.time;
    object["recompute_time_ns"] = run.recompute_time;
    object["recompute_flops"] = run.recompute_flops;
  }
  object["verifications"] = Json::array();
  for (const Verification& check : measured.verifications)
    object["verifications"].push_back(verification_object(check));
  return object;
}

Json head(const RunSetting& setting) {
  return {{"format", "hcb-run-report"},
          {"format_version", "1.0"},
          {"setting", setting_object(setting)}};
}

std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Steps one per line: a plan has thousands.
std::string with_steps(Json report, const Graph& graph, const RunReport& run) {
  std::string text = text_of(report);
  text.resize(text.size() - 3);  // "\n}\n"
  text +=
      ",\n  \"step_columns\": [\"node\", \"again\", \"before\", \"during\", "
      "\"predicted_during\", \"after\", \"predicted_after\", \"workspace\", \"time_ns\"],\n"
      "  \"steps\": [";
  bool first = true;
  for (const Json& row : steps_array(graph, run)) {
    text +=
        (first ? "\n    " : ",\n    ") + row.dump(-1, ' ', false, Json::error_handler_t::replace);
    first = false;
  }
  return text + "\n  ]\n}\n";
}

}  // namespace

std::string run_json(const Graph& graph, const RunSetting& setting, const Measured& measured) {
  Json report = head(setting);
  report["run"] = measured_object(measured);
  return measured.run ? with_steps(std::move(report), graph, *measured.run) : text_of(report);
}

std::string compare_json(const Graph&, const RunSetting& setting,
                         const std::vector<Measured>& measured) {
  Json report = head(setting);
  report["plans"] = Json::array();
  for (const Measured& contender : measured) report["plans"].push_back(measured_object(contender));
  return text_of(report);
}

}  // namespace hcb
