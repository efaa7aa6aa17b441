// The stages in order: bytes -> structure (wire filter, protobuf) -> bound inputs -> shapes and
// folding (in a child) -> ForwardModel. Each stage is its own file.
#include "ingest/onnx.h"

#include <limits>

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include "base/text.h"
#include "ingest/activation_type.h"
#include "ingest/onnx_bind.h"
#include "ingest/onnx_convert.h"
#include "ingest/onnx_file.h"
#include "ingest/onnx_infer.h"
#include "ingest/onnx_wire.h"

namespace hcb {
namespace {

Result<onnx::ModelProto> parse_structure(std::string_view bytes, const std::string& name) {
  if (const std::string_view other = other_format(bytes); !other.empty()) {
    return fail(ErrorKind::bad_input, fmt::format("{}: {}, not an ONNX model", name, other),
                "export one with torch.onnx.export(model, inputs, 'model.onnx')");
  }
  HCB_TRY(const std::string structure, strip_payloads(bytes, name));
  onnx::ModelProto model;
  if (!model.ParseFromString(structure)) {
    return fail(ErrorKind::bad_input, name + ": damaged: protobuf cannot read its structure",
                "its types may be nested deeper than 100 levels");
  }
  return model;
}

std::string file_name(const std::string& path) {
  return path == "-" ? "stdin" : path.substr(path.rfind('/') + 1);
}

}  // namespace

Result<ForwardModel> read_onnx(const std::string& path, const Options& options) {
  HCB_TRY(const ModelFile file, ModelFile::open(path));
  HCB_TRY(ForwardModel model, parse_onnx(file.bytes(), path == "-" ? "stdin" : path, options));
  model.name = file_name(path);
  return model;
}

Result<ForwardModel> parse_onnx(std::string_view bytes, const std::string& name,
                                const Options& options) {
  HCB_TRY(onnx::ModelProto structure, parse_structure(bytes, name));
  const std::size_t file_nodes = static_cast<std::size_t>(structure.graph().node_size());
  HCB_TRY(ShapeBinding binding, bind_shapes(structure, name, options));
  HCB_TRY(const InferenceNotes notes, infer_and_fold(structure, name));
  HCB_TRY(ForwardModel model, to_forward_model(structure, name, options.activation_type));
  model.name = file_name(name);
  model.file_nodes = file_nodes;
  model.bound_dims = std::move(binding.dims);
  model.notes.insert(model.notes.begin(), notes.lines.begin(), notes.lines.end());
  model.details = notes.details;
  if (binding.fixed_dims_changed)
    model.notes.emplace_back("fixed dims re-bound: shapes written in the file not used");
  narrow_floats(model, options.activation_type);
  return model;
}

}  // namespace hcb
