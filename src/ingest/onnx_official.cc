// What InferShapes does for each node, without what it does to a whole graph. Every exception of
// the library is caught here but running out of memory, which ends the child.
#include "ingest/onnx_official.h"

#include <algorithm>
#include <exception>
#include <new>
#include <optional>

#include <onnx/defs/schema.h>

#include "base/text.h"

namespace hcb {
namespace {

namespace inference = onnx::shape_inference;

// ONNX's message without the tag in front and the full stop behind.
std::string plain(std::string text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find("] ");
    if (end != std::string::npos) text.erase(0, end + 2);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '.'))
    text.pop_back();
  return printable(text);
}

// The library's complaint, or nullopt.
std::optional<std::string> call_inference(const onnx::OpSchema& schema,
                                          inference::InferenceContextImpl& context) {
  try {
    if (schema.has_type_and_shape_inference_function()) {
      schema.GetTypeAndShapeInferenceFunction()(context);
    } else if (schema.HasFunction()) {
      inference::InferShapeForFunctionNode(*schema.GetFunction(),
                                           onnx::OpSchemaRegistry::Instance(), context);
    }
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    return plain(error.what());
  }
  return std::nullopt;
}

}  // namespace

std::unordered_map<std::string, int> opsets_of(const onnx::ModelProto& model) {
  std::unordered_map<std::string, int> opsets;
  for (const auto& opset : model.opset_import()) {
    opsets[opset.domain() == "ai.onnx" ? std::string() : opset.domain()] =
        static_cast<int>(opset.version());
  }
  opsets.try_emplace("", 1);  // IR < 3 had no opset_import
  return opsets;
}

OfficialInference::OfficialInference(const onnx::ModelProto& model, ValueTable& values)
    : values_(values),
      opsets_(opsets_of(model)),
      context_(values.types(), opsets_, nullptr, {}, onnx::OpSchemaRegistry::Instance(), &data_,
               model.ir_version()) {}

const onnx::OpSchema* OfficialInference::schema(const onnx::NodeProto& node) const {
  const auto opset = opsets_.find(node.domain());
  if (opset == opsets_.end()) return nullptr;
  return onnx::OpSchemaRegistry::Schema(node.op_type(), opset->second, node.domain());
}

Result<OfficialInference::Outcome> OfficialInference::infer(const onnx::OpSchema& schema,
                                                            onnx::NodeProto& node) {
  static const onnx::ShapeInferenceOptions kOptions(/*check_type_val=*/false, /*strict_mode_val=*/0,
                                                    /*data_prop_val=*/true);
  inference::InferenceContextImpl context(node, values_.types(), values_.tensors(), sparse_tensors_,
                                          kOptions, &data_, &context_);
  if (auto what = call_inference(schema, context)) return Outcome{true, *std::move(what)};
  for (int i = 0; i < node.output_size(); ++i) {
    onnx::TypeProto* type = context.getOutputType(static_cast<std::size_t>(i));
    if (node.output(i).empty() || type->value_case() == onnx::TypeProto::VALUE_NOT_SET) continue;
    HCB_CHECK(values_.set_type(node.output(i), std::move(*type)));
  }
  propagate(schema, node);
  return Outcome{};
}

// Knowledge about single elements of vectors that are not constant as a whole (Shape of what
// depends on data).
void OfficialInference::propagate(const onnx::OpSchema& schema, onnx::NodeProto& node) {
  if (!schema.has_data_propagation_function() || !may_propagate(node)) return;
  try {
    inference::DataPropagationContextImpl context(node, values_.types(), values_.tensors(), data_);
    schema.GetDataPropagationFunction()(context);
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception&) {
    data_.erase(node.output(
        0));  // it only adds knowledge; a shape unknown for want of it is reported later
  }
}

// The library spells every vector out, of whatever length: only short integer ones may reach it.
bool OfficialInference::may_propagate(const onnx::NodeProto& node) const {
  const auto is_short = [&](const std::string& value) {
    const auto shape = values_.shape(value);
    return !shape || shape->size() != 1 || (*shape)[0] <= kMostFolded;
  };
  if (node.output_size() == 0) return false;
  const auto shape = values_.shape(node.output(0));
  const int type = values_.elem_type(node.output(0));
  if (!shape || shape->size() > 1 ||
      (type != onnx::TensorProto::INT64 && type != onnx::TensorProto::INT32))
    return false;
  return is_short(node.output(0)) && std::ranges::all_of(node.input(), is_short);
}

}  // namespace hcb
