// The stages in order: bytes -> protobuf -> verified fields -> storages -> graph.
#include "ingest/hcb.h"

#include <fmt/format.h>

#include "ingest/hcb_emit.h"
#include "ingest/hcb_file.h"
#include "ingest/hcb_verify.h"

namespace hcb {
namespace {

constexpr char kVersionField = '\x0A';  // field 1, a message
constexpr char kMajorField = '\x08';    // field 1, a number

// Shapes and parameters were chosen when the step was exported.
Result<void> refuse_fixed(const Options& options) {
  const auto fixed = [](std::string_view option) {
    return fail(ErrorKind::usage,
                fmt::format("--{}: an hcb.v1 graph has its shapes and parameters fixed", option),
                "export the step again as it should be");
  };
  if (!options.dims.empty()) return fixed("dim");
  if (!options.input_shapes.empty()) return fixed("input-shape");
  if (options.batch) return fixed("batch");
  if (!options.outputs.empty()) return fixed("output");
  if (!options.train.empty()) return fixed("train");
  if (!options.freeze.empty()) return fixed("freeze");
  if (options.eval_ops_keep) return fixed("eval-ops");
  if (options.activation_type != ActivationType::as_stored) return fixed("activation-dtype");
  return {};
}

// Four or five dims, of which the second, channels, lies closest.
bool channels_last(const v1::Value& value) {
  return value.strides_size() >= 4 && value.shape(1) > 1 && value.strides(1) == 1 &&
         value.strides(value.strides_size() - 1) == value.shape(1);
}

std::string memory_format(const v1::Graph& graph) {
  for (const v1::Value& value : graph.values()) {
    const bool resident = value.role() <= v1::ROLE_OPTIMIZER_STATE;
    if (resident && channels_last(value)) return "channels_last";
  }
  return "contiguous";
}

Result<HcbStep> step_of(const v1::Graph& graph, const Options& options) {
  HCB_CHECK(refuse_fixed(options));
  HCB_TRY(TrainingGraph training, internal::emit_hcb(graph, graph.name(), options));
  return HcbStep{.training = std::move(training),
                 .graph_name = graph.name(),
                 .file_nodes = static_cast<std::size_t>(graph.nodes_size()),
                 .joint = internal::is_joint(graph),
                 .memory_format = memory_format(graph)};
}

}  // namespace

bool looks_like_hcb(std::string_view bytes) {
  return bytes.size() >= 3 && bytes[0] == kVersionField && bytes[1] >= 2 && bytes[2] == kMajorField;
}

HcbSource::HcbSource(std::string name, std::unique_ptr<const internal::HcbFile> file)
    : name_(std::move(name)), file_(std::move(file)) {}
HcbSource::HcbSource(HcbSource&&) noexcept = default;
HcbSource& HcbSource::operator=(HcbSource&&) noexcept = default;
HcbSource::~HcbSource() = default;

Result<HcbSource> HcbSource::open(std::string_view bytes, const std::string& name) {
  auto file = internal::parse_hcb_file(bytes);
  if (!file) return std::unexpected(internal::in_file(name, std::move(file).error()));
  return HcbSource(name, std::make_unique<const internal::HcbFile>(*std::move(file)));
}

Result<HcbStep> HcbSource::step(const Options& options) const {
  auto step = step_of(**file_, options);
  if (!step) return std::unexpected(internal::in_file(name_, std::move(step).error()));
  return step;
}

Result<HcbStep> parse_hcb(std::string_view bytes, const std::string& name, const Options& options) {
  HCB_CHECK(refuse_fixed(options));
  HCB_TRY(const HcbSource source, HcbSource::open(bytes, name));
  return source.step(options);
}

}  // namespace hcb
