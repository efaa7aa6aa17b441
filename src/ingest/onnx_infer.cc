// What the child does: refuse what the library cannot judge, inline functions, sort, run the pass,
// send the model back. The notes travel in the model's metadata.
#include "ingest/onnx_infer.h"

#include <exception>

#include <fmt/format.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/inliner/inliner.h>
#include <onnx/onnx_pb.h>

#include "base/text.h"
#include "ingest/onnx_order.h"
#include "ingest/onnx_pass.h"

namespace hcb {
namespace {

constexpr std::string_view kNoteKey = "hcb.note";

// The library takes the newest definition it knows for a newer opset, which may be wrong without a
// word.
Result<void> check_opsets(const onnx::ModelProto& model, const std::string& name) {
  const auto& known = onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map();
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

Result<void> inline_functions(onnx::ModelProto& model, const std::string& name,
                              InferenceNotes& notes) {
  if (model.functions_size() == 0) return {};
  const int functions = model.functions_size();
  try {
    onnx::checker::check_function_call_cycles(model);
    onnx::inliner::InlineLocalFunctions(model);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return fail(ErrorKind::bad_input, fmt::format("{}: local functions cannot be inlined: {}", name,
                                                  printable(error.what())));
  }
  notes.lines.push_back(
      fmt::format("{} local function{} inlined", functions, functions == 1 ? "" : "s"));
  return {};
}

}  // namespace

Result<InferenceNotes> infer_and_fold_here(onnx::ModelProto& model, const std::string& name) {
  InferenceNotes notes;
  HCB_CHECK(check_opsets(model, name));
  HCB_CHECK(inline_functions(model, name, notes));
  HCB_CHECK(order_nodes(*model.mutable_graph(), name));
  HCB_CHECK(run_pass(model, name, notes.lines));
  return notes;
}

Result<InferenceNotes> infer_and_fold(onnx::ModelProto& model, const std::string& name,
                                      const ChildLimits& limits) {
  const auto work = [&]() -> Result<std::string> {
    HCB_TRY(const InferenceNotes notes, infer_and_fold_here(model, name));
    model.clear_metadata_props();
    for (const std::string& line : notes.lines) {
      auto& entry = *model.add_metadata_props();
      entry.set_key(std::string(kNoteKey));
      entry.set_value(line);
    }
    return model.SerializeAsString();
  };
  HCB_TRY(const std::string bytes, run_in_child(name, limits, work));
  if (!model.ParseFromString(bytes))
    return fail(ErrorKind::internal, name + ": the child's model does not parse");
  InferenceNotes notes;
  for (const auto& entry : model.metadata_props()) notes.lines.push_back(entry.value());
  return notes;
}

}  // namespace hcb
