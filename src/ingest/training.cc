// Describe every op, find parameters, find gradients, write both halves, report.
#include "ingest/training.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "ingest/device_file.h"
#include "ingest/training_emission.h"
#include "ingest/training_optimizer.h"
#include "ops/attention.h"

namespace hcb {
namespace {

using internal::Emission;
using internal::TrainingModel;

Result<void> count_parameters(const TrainingModel& in, const Options& options,
                              IngestReport& report) {
  Count elements = 0;
  Count bytes = 0;
  internal::OptimizerBytes optimizer;
  for (std::size_t v = 0; v < in.role.size(); ++v) {
    if (in.role[v] != Role::parameter) continue;
    const ForwardValue& value = in.model->values[v];
    const OpTensor tensor{.present = true, .dtype = value.dtype, .shape = value.shape};
    elements += tensor.elements();
    bytes += tensor.bytes();
    if (!options.inference) optimizer.add(options, tensor, value.stored);
  }
  if (!elements.value() || !(bytes + optimizer.adamw).value()) {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: the parameters exceed 2^63 bytes", printable(in.model->name)));
  }
  report.parameter_count = *elements.value();
  report.parameter_bytes = *bytes.value();
  report.optimizer_bytes = *optimizer.counted.value();
  report.adamw_would_add = *optimizer.adamw.value() - report.optimizer_bytes;
  return {};
}

std::string op_name(const TrainingModel& in, std::size_t n) {
  const ForwardNode& node = in.model->nodes[n];
  return node.domain.empty() ? node.op : node.domain + "::" + node.op;
}

void count_ops(const TrainingModel& in, IngestReport& report) {
  std::map<std::string, std::size_t> by_default;
  for (std::size_t n = 0; n < in.rule.size(); ++n) {
    if (in.rule[n]->flags.default_rule) ++by_default[op_name(in, n)];
    if (!in.call[n].training) continue;
    ++(in.model->nodes[n].op == "Dropout" ? report.dropouts_in_training_form
                                          : report.batch_norms_in_training_form);
  }
  report.default_rule_ops.assign(by_default.begin(), by_default.end());
}

// Ops that have a row but no formula, by name.
void note_uncounted(const TrainingModel& in, IngestReport& report) {
  std::map<std::string, std::size_t> uncounted;
  for (std::size_t n = 0; n < in.rule.size(); ++n) {
    if (in.rule[n]->uncounted && !in.rule[n]->flags.default_rule) ++uncounted[op_name(in, n)];
  }
  if (uncounted.empty()) return;
  std::vector<std::string> names;
  for (const auto& [op, nodes] : uncounted)
    names.push_back(nodes == 1 ? op : fmt::format("{} ({})", op, nodes));
  report.notes.push_back(
      fmt::format("no formula for the FLOPs of {}: counted as the time to move their bytes",
                  fmt::join(names, ", ")));
}

// Parameters without a gradient are worth a line: a frozen branch, or a wrong --output.
void note_unreached(const TrainingModel& in, IngestReport& report) {
  std::size_t unreached = 0;
  std::string first;
  for (std::size_t v = 0; v < in.role.size(); ++v) {
    if (in.role[v] != Role::parameter || in.receives[v] != 0) continue;
    if (unreached++ == 0) first = in.model->values[v].name;
  }
  if (unreached == 0) return;
  report.notes.push_back(fmt::format(
      "{} parameter{} no gradient, first '{}': no path to an output the backward starts at",
      unreached, unreached == 1 ? " gets" : "s get", first));
}

Result<IngestReport> make_report(const TrainingModel& in, const Options& options) {
  IngestReport report;
  HCB_CHECK(count_parameters(in, options, report));
  count_ops(in, report);
  note_uncounted(in, report);
  for (const std::int32_t v : in.seeds)
    report.seeds.push_back(in.model->values[static_cast<std::size_t>(v)].name);
  if (!options.inference) note_unreached(in, report);
  return report;
}

// Outputs the caller holds live to the end of the step.
void mark_held(Emission& out) {
  for (const std::int32_t v : out.in.held) {
    const auto at = static_cast<std::size_t>(v);
    if (out.value[at] != kNone<ValueId>) out.builder.mark_output(out.value[at]);
  }
}

// Without an optimizer the gradients are what the step is for; it consumes them otherwise.
Result<void> emit_training(Emission& out) {
  HCB_TRY(const auto gradients, internal::emit_backward(out));
  if (out.options.optimizer != Optimizer::none) return internal::emit_updates(out, gradients);
  for (const internal::ParameterGradient& g : gradients) out.builder.mark_output(g.gradient);
  return {};
}

}  // namespace

Result<TrainingGraph> build_graph(const ForwardModel& model, const Options& options) {
  HCB_TRY(const Device device, device_of(options.device));
  HCB_CHECK(internal::check_optimizer(options));
  TrainingModel in = internal::describe(model, options);
  HCB_CHECK(internal::find_parameters(in, options));
  HCB_CHECK(internal::find_gradients(in, options));
  HCB_TRY(IngestReport report, make_report(in, options));
  Emission out(in, device, options);
  HCB_CHECK(internal::emit_forward(out));
  mark_held(out);
  if (!options.inference) HCB_CHECK(emit_training(out));
  HCB_TRY(Graph graph, std::move(out.builder).freeze());
  if (options.cost_model == CostModel::fused) {
    graph = graph.with_costs(fused_attention_costs(graph, device));
  }
  return TrainingGraph{.graph = std::move(graph), .report = std::move(report)};
}

}  // namespace hcb
