// What the child does: refuse what the library cannot judge, inline functions, sort, run the pass,
// send the model back. The notes travel in the model's metadata.
#include "ingest/onnx_infer.h"

#include <fmt/format.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>

#include "base/text.h"
#include "ingest/onnx.h"
#include "ingest/onnx_functions.h"
#include "ingest/onnx_order.h"
#include "ingest/onnx_pass.h"

namespace hcb {
namespace {

constexpr std::string_view kNoteKey = "hcb.note";
constexpr std::string_view kDetailKey = "hcb.detail";

void write_notes(const std::vector<std::string>& lines, std::string_view key,
                 onnx::ModelProto& model) {
  for (const std::string& line : lines) {
    auto& entry = *model.add_metadata_props();
    entry.set_key(std::string(key));
    entry.set_value(line);
  }
}

using KnownOpsets = onnx::OpSchemaRegistry::DomainToVersionRange;

// The library takes the newest definition it knows for a newer opset, which may be wrong without a
// word.
Result<void> check_opsets(const onnx::ModelProto& model, const std::string& name) {
  const auto& known = KnownOpsets::Instance().Map();
  for (const auto& opset : model.opset_import()) {
    const auto range = known.find(opset.domain() == "ai.onnx" ? std::string() : opset.domain());
    if (range == known.end() || opset.version() <= range->second.second) continue;
    const std::string domain = opset.domain().empty() ? "ai.onnx" : printable(opset.domain());
    return fail(ErrorKind::bad_input,
                fmt::format("{}: opset {} of {} is newer than this build knows ({} to {})", name,
                            opset.version(), domain, range->second.first, range->second.second),
                fmt::format("export with opset_version={}", range->second.second));
  }
  return {};
}

}  // namespace

OpsetRange onnx_opsets() {
  const auto [oldest, newest] = KnownOpsets::Instance().Map().at("");
  return {oldest, newest};
}

Result<InferenceNotes> infer_and_fold_here(onnx::ModelProto& model, const std::string& name) {
  InferenceNotes notes;
  HCB_CHECK(check_opsets(model, name));
  HCB_CHECK(inline_functions(model, name, notes));
  HCB_CHECK(order_nodes(*model.mutable_graph(), name));
  HCB_CHECK(run_pass(model, name, notes));
  return notes;
}

Result<InferenceNotes> infer_and_fold(onnx::ModelProto& model, const std::string& name,
                                      const ChildLimits& limits) {
  const auto work = [&]() -> Result<std::string> {
    HCB_TRY(const InferenceNotes notes, infer_and_fold_here(model, name));
    model.clear_metadata_props();
    write_notes(notes.lines, kNoteKey, model);
    write_notes(notes.details, kDetailKey, model);
    return model.SerializeAsString();
  };
  HCB_TRY(const std::string bytes, run_in_child(name, limits, work));
  if (!model.ParseFromString(bytes))
    return fail(ErrorKind::internal, name + ": the child's model does not parse");
  InferenceNotes notes;
  for (const auto& entry : model.metadata_props())
    (entry.key() == kNoteKey ? notes.lines : notes.details).push_back(entry.value());
  return notes;
}

}  // namespace hcb
