// Values get dense indexes in order: inputs, constants that are used, node outputs. Nothing is
// decided here.
#include "ingest/onnx_convert.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "base/text.h"
#include "ingest/onnx_order.h"
#include "ingest/onnx_tensor.h"

namespace hcb {
namespace {

// The last but one entry of a Python list of strings: "['', 'h.0', 'h.0.mlp', 'gelu']" ->
// "h.0.mlp".
std::string module_of_scopes(std::string_view list) {
  std::vector<std::string> entries;
  std::size_t at = 0;
  while ((at = list.find_first_of("'\"", at)) != std::string_view::npos) {
    const std::size_t end = list.find(list[at], at + 1);
    if (end == std::string_view::npos) break;
    entries.emplace_back(list.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return entries.size() < 2 ? "" : entries[entries.size() - 2];
}

// ": Gpt2/transformer: Model/h.0: Block/gelu: aten.gelu" -> "h.0".
std::string module_of_namespace(std::string_view text) {
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() < 2) return "";
  const std::string& part = parts[parts.size() - 2];
  return part.substr(0, part.find(": "));
}

// "/transformer/h.0/Gelu" -> "transformer.h.0".
std::string module_of_name(std::string_view name) {
  if (!name.starts_with('/')) return "";
  const std::size_t last = name.rfind('/');
  std::string path(last == 0 ? "" : name.substr(1, last - 1));
  std::ranges::replace(path, '/', '.');
  return path;
}

constexpr std::string_view kNoModule = "_empty_nn_module_stack";

std::string module_path(const onnx::NodeProto& node) {
  std::string scopes;
  std::string name_space;
  for (const auto& entry : node.metadata_props()) {
    if (entry.key() == "pkg.torch.onnx.name_scopes") scopes = module_of_scopes(entry.value());
    if (entry.key() == "namespace") name_space = module_of_namespace(entry.value());
  }
  if (scopes.empty()) scopes = name_space;
  if (scopes.empty()) scopes = module_of_name(node.name());
  return scopes.starts_with(kNoModule) ? "" : scopes;
}

std::optional<AttributeValue> attribute_value(const onnx::AttributeProto& attribute) {
  switch (attribute.type()) {
    case onnx::AttributeProto::INT:
      return AttributeValue(static_cast<std::int64_t>(attribute.i()));
    case onnx::AttributeProto::FLOAT:
      return AttributeValue(static_cast<double>(attribute.f()));
    case onnx::AttributeProto::STRING:
      return AttributeValue(attribute.s());
    case onnx::AttributeProto::INTS:
      return AttributeValue(
          std::vector<std::int64_t>(attribute.ints().begin(), attribute.ints().end()));
    case onnx::AttributeProto::FLOATS:
      return AttributeValue(
          std::vector<double>(attribute.floats().begin(), attribute.floats().end()));
    case onnx::AttributeProto::STRINGS:
      return AttributeValue(
          std::vector<std::string>(attribute.strings().begin(), attribute.strings().end()));
    default:
      return std::nullopt;  // tensors and subgraphs are no plain data
  }
}

class Converter {
 public:
  Converter(const onnx::ModelProto& model, const std::string& name) : model_(model), name_(name) {}

  Result<ForwardModel> run() {
    collect_opsets();
    for (const auto& input : model_.graph().input()) HCB_CHECK(add_value(input, Role::input));
    for (const auto& tensor : model_.graph().initializer()) HCB_CHECK(add_constant(tensor));
    for (const auto& sparse : model_.graph().sparse_initializer()) HCB_CHECK(add_sparse(sparse));
    for (const auto& info : model_.graph().value_info())
      HCB_CHECK(add_value(info, Role::activation));
    for (const auto& node : model_.graph().node()) HCB_CHECK(add_node(node));
    for (const auto& output : model_.graph().output()) {
      HCB_TRY(const std::int32_t value, find(output.name()));
      out_.values[static_cast<std::size_t>(value)].is_output = true;
    }
    return std::move(out_);
  }

 private:
  void collect_opsets() {
    opset_[""] = 1;
    for (const auto& opset : model_.opset_import()) {
      opset_[opset.domain() == "ai.onnx" ? std::string() : opset.domain()] = opset.version();
    }
    out_.opset = opset_[""];
  }

  Result<void> add(ForwardValue value) {
    if (bits(value.dtype) == 0) {
      return fail(ErrorKind::bad_input,
                  fmt::format("{}: tensor '{}' has elements without a fixed size ({})", name_,
                              printable(value.name), hcb::name(value.dtype)),
                  "leave text out of the model: give it numbers (tokens, ids)");
    }
    if (!tensor_bytes(value.dtype, value.shape)) {
      return fail(ErrorKind::bad_input, fmt::format("{}: tensor '{}' is larger than 2^63 bytes",
                                                    name_, printable(value.name)));
    }
    index_[value.name] = static_cast<std::int32_t>(out_.values.size());
    out_.values.push_back(std::move(value));
    return {};
  }

  Result<void> add_value(const onnx::ValueInfoProto& info, Role role) {
    ForwardValue value{.name = info.name(),
                       .dtype = dtype_of_onnx(info.type().tensor_type().elem_type()),
                       .role = role};
    for (const auto& dim : info.type().tensor_type().shape().dim())
      value.shape.push_back(dim.dim_value());
    return add(std::move(value));
  }

  Result<void> add_constant(const onnx::TensorProto& tensor) {
    ForwardValue value{
        .name = tensor.name(), .dtype = dtype_of_onnx(tensor.data_type()), .role = Role::constant};
    value.shape.assign(tensor.dims().begin(), tensor.dims().end());
    if (auto contents = small_tensor(tensor); contents && !contents->is_float())
      value.integers = contents->ints;
    return add(std::move(value));
  }

  // Counted as the dense tensor it stands for.
  Result<void> add_sparse(const onnx::SparseTensorProto& sparse) {
    ForwardValue value{.name = sparse.values().name(),
                       .dtype = dtype_of_onnx(sparse.values().data_type()),
                       .role = Role::constant};
    value.shape.assign(sparse.dims().begin(), sparse.dims().end());
    return add(std::move(value));
  }

  Result<std::int32_t> find(const std::string& value) const {
    const auto at = index_.find(value);
    if (at != index_.end()) return at->second;
    return fail(ErrorKind::internal,
                fmt::format("{}: value '{}' was lost", name_, printable(value)));
  }

  Result<void> add_node(const onnx::NodeProto& node) {
    ForwardNode out{.name = unique_name(node), .domain = node.domain(), .op = node.op_type()};
    if (const auto opset = opset_.find(node.domain()); opset != opset_.end())
      out.opset = opset->second;
    HCB_TRY(out.inputs, indexes(node.input()));
    HCB_TRY(const std::vector<std::int32_t> captured, indexes(captured_names(node)));
    out.inputs.insert(out.inputs.end(), captured.begin(), captured.end());
    HCB_TRY(out.outputs, indexes(node.output()));
    for (const auto& attribute : node.attribute()) {
      if (auto value = attribute_value(attribute))
        out.attributes.push_back({attribute.name(), *std::move(value)});
      if (attribute.has_g() || attribute.graphs_size() > 0) note_body(node, attribute);
    }
    out.module = module_path(node);
    out_.nodes.push_back(std::move(out));
    return {};
  }

  Result<std::vector<std::int32_t>> indexes(const auto& names) const {
    std::vector<std::int32_t> out;
    for (const std::string& name : names) {
      if (name.empty()) {
        out.push_back(ForwardNode::kOmitted);
        continue;
      }
      HCB_TRY(const std::int32_t value, find(name));
      out.push_back(value);
    }
    return out;
  }

  void note_body(const onnx::NodeProto& node, const onnx::AttributeProto& attribute) {
    const int size = attribute.has_g() ? attribute.g().node_size() : 0;
    out_.notes.push_back(
        fmt::format("node {} is planned as one step; the cost of its {} ({} node{}) is not counted",
                    node_label(node), printable(attribute.name()), size, size == 1 ? "" : "s"));
  }

  std::string unique_name(const onnx::NodeProto& node) {
    if (!node.name().empty() && names_.insert(node.name()).second) return node.name();
    const std::string derived =
        fmt::format("{}({})", node.op_type(), node.output_size() > 0 ? node.output(0) : "");
    std::string name = derived;
    for (int i = 2; !names_.insert(name).second; ++i) name = fmt::format("{}#{}", derived, i);
    return name;
  }

  const onnx::ModelProto& model_;
  const std::string& name_;
  ForwardModel out_;
  std::unordered_map<std::string, std::int64_t> opset_;
  std::unordered_map<std::string, std::int32_t> index_;
  std::unordered_set<std::string> names_;
};

}  // namespace

Result<ForwardModel> to_forward_model(const onnx::ModelProto& model, const std::string& name) {
  return Converter(model, name).run();
}

}  // namespace hcb
