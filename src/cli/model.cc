#include "cli/model.h"

#include <fmt/format.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/ordering.h"
#include "ingest/onnx.h"
#include "ingest/onnx_file.h"
#include "plan/file.h"

namespace hcb {
namespace {

// The forward graph alone, for the inference peak.
Result<TrainingGraph> inference_graph(const ForwardModel& model, Options options) {
  options.inference = true;
  return build_graph(model, options);
}

// Messages of later stages begin with the file's base name or nothing: the path as typed replaces
// it.
Error with_file(const std::string& path, const Options& options, Error error) {
  const std::string file = path == "-" ? "standard input" : path;
  const std::string base = file.substr(file.rfind('/') + 1) + ": ";
  if (error.kind == ErrorKind::usage || error.message.starts_with(file)) return error;
  // Of a profile, a device or an order.
  for (const std::string& other : {options.costs, options.device, options.order}) {
    if (!other.empty() && error.message.starts_with(other + ":")) return error;
  }
  if (error.message.starts_with(base)) error.message.erase(0, base.size());
  error.message = fmt::format("{}: {}", file, error.message);
  return error;
}

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<LoadedModel> load_onnx(std::string_view bytes, const std::string& name,
                              const Options& options, bool with_inference) {
  if (!options.costs.empty()) {
    return fail(ErrorKind::usage, "--costs: profiles are of steps in the format hcb.v1",
                "leave it out: costs of ONNX models are estimates");
  }
  HCB_TRY(const ForwardModel forward, parse_onnx(bytes, name, options));
  for (const std::string& detail : forward.details) log_info(detail);
  HCB_TRY(TrainingGraph training, build_graph(forward, options));
  auto& notes = training.report.notes;
  notes.insert(notes.begin(), forward.notes.begin(), forward.notes.end());
  LoadedModel model{model_facts(forward), std::move(training), std::nullopt};
  if (with_inference && !options.inference) {
    HCB_TRY(TrainingGraph inference, inference_graph(forward, options));
    model.inference = std::move(inference);
  }
  return model;
}

// With a profile: the step with what was measured. The profile is of the whole step, whatever part
// of it `options` ask for.
Result<HcbStep> read_step(const HcbSource& source, const Options& options,
                          std::optional<StepProfile>* read = nullptr) {
  HCB_TRY(HcbStep step, source.step(options));
  if (options.costs.empty()) return step;
  HCB_TRY(StepProfile profile, read_profile(options.costs));
  HCB_TRY(const HcbStep measured, source.step({}));
  HCB_CHECK(check_profile_of(profile, measured.training.graph, options.costs));
  if (profile.scope.memory_format != step.memory_format) {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: measured in memory format {}; this step is in {}", options.costs,
                            printable(profile.scope.memory_format), step.memory_format));
  }
  HCB_TRY(step.training.graph, with_profile(step.training.graph, profile, options.costs));
  if (read != nullptr) *read = std::move(profile);
  return step;
}

Result<LoadedModel> load_hcb(std::string_view bytes, const std::string& name, Options options,
                             bool with_inference) {
  HCB_TRY(const HcbSource source, HcbSource::open(bytes, name));
  HCB_TRY(HcbStep step, read_step(source, options));
  ModelFacts facts{.name = file_name(name), .nodes = step.file_nodes};
  LoadedModel model{std::move(facts), std::move(step.training), std::nullopt};
  if (!with_inference || options.inference || !step.joint) return model;
  options.inference = true;
  HCB_TRY(HcbStep inference, read_step(source, options));
  model.inference = std::move(inference.training);
  return model;
}

Result<LoadedModel> load_bytes(std::string_view bytes, const std::string& path,
                               const Options& options, bool with_inference) {
  const std::string name = path == "-" ? "stdin" : path;
  if (looks_like_hcb(bytes) || path.ends_with(".hcb"))
    return load_hcb(bytes, name, options, with_inference);
  return load_onnx(bytes, name, options, with_inference);
}

// The graph for inference stays in the given order.
Result<LoadedModel> load_ordered(std::string_view bytes, const std::string& path,
                                 const Options& options, bool with_inference) {
  HCB_TRY(LoadedModel model, load_bytes(bytes, path, options, with_inference));
  if (options.order.empty()) return model;
  HCB_TRY(model.training.graph, in_order_of(std::move(model.training.graph), options));
  return model;
}

Result<LoadedModel> load(const std::string& path, const Options& options, bool with_inference) {
  HCB_TRY(const ModelFile file, ModelFile::open(path));
  return load_ordered(file.bytes(), path, options, with_inference);
}

Result<LoadedStep> read_whole_step(const std::string& path, const Options& options) {
  HCB_TRY(const ModelFile file, ModelFile::open(path));
  const std::string name = path == "-" ? "stdin" : path;
  if (!looks_like_hcb(file.bytes()) && !path.ends_with(".hcb")) {
    return fail(ErrorKind::bad_input, "no step in the format hcb.v1",
                "export one with hcb_tools; ONNX models can be planned, not run");
  }
  std::optional<StepProfile> profile;
  HCB_TRY(const HcbSource source, HcbSource::open(file.bytes(), name));
  HCB_TRY(HcbStep step, read_step(source, options, &profile));
  HCB_TRY(Calls calls, source.calls());
  return LoadedStep{std::move(step), std::move(calls), std::move(profile)};
}

}  // namespace

Result<LoadedStep> load_step(const std::string& path, const Options& options) {
  auto step = read_whole_step(path, options);
  if (!step) return std::unexpected(with_file(path, options, std::move(step).error()));
  return step;
}

Result<LoadedModel> load_model(const std::string& path, const Options& options,
                               bool with_inference) {
  auto model = load(path, options, with_inference);
  if (!model) return std::unexpected(with_file(path, options, std::move(model).error()));
  return model;
}

Result<LoadedModel> load_model(std::string_view bytes, const std::string& path,
                               const Options& options) {
  auto model = load_ordered(bytes, path, options, false);
  if (!model) return std::unexpected(with_file(path, options, std::move(model).error()));
  return model;
}

}  // namespace hcb
