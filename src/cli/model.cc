#include "cli/model.h"

#include <fmt/format.h>

#include "ingest/onnx.h"

namespace hcb {
namespace {

// The forward graph alone, for the inference peak.
Result<TrainingGraph> inference_graph(const ForwardModel& model, Options options) {
  options.inference = true;
  return build_graph(model, options);
}

// Messages of later stages begin with the file's base name or nothing: the path as typed replaces it.
Error with_file(const std::string& path, Error error) {
  const std::string file = path == "-" ? "standard input" : path;
  const std::string base = file.substr(file.rfind('/') + 1) + ": ";
  if (error.kind == ErrorKind::usage || error.message.starts_with(file)) return error;
  if (error.message.starts_with(base)) error.message.erase(0, base.size());
  error.message = fmt::format("{}: {}", file, error.message);
  return error;
}

Result<LoadedModel> load(const std::string& path, const Options& options, bool with_inference) {
  HCB_TRY(ForwardModel forward, read_onnx(path, options));
  HCB_TRY(TrainingGraph training, build_graph(forward, options));
  LoadedModel model{std::move(forward), std::move(training), std::nullopt};
  if (with_inference && !options.inference) {
    HCB_TRY(TrainingGraph inference, inference_graph(model.forward, options));
    model.inference = std::move(inference);
  }
  return model;
}

}  // namespace

Result<LoadedModel> load_model(const std::string& path, const Options& options,
                               bool with_inference) {
  auto model = load(path, options, with_inference);
  if (!model) return std::unexpected(with_file(path, std::move(model).error()));
  return model;
}

}  // namespace hcb
