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
#include "ingest/activation_type.h"
#include "ingest/onnx_bodies.h"
#include "ingest/onnx_body_cost.h"
#include "ingest/onnx_order.h"
#include "ingest/onnx_tensor.h"
#include "ingest/training_model.h"

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

bool holds_graph(const onnx::NodeProto& node) {
  return std::ranges::any_of(node.attribute(), [](const auto& a) { return a.has_g(); });
}

// Nodes with bodies by what is known of their cost.
struct BodyNotes {
  std::size_t counted = 0;
  std::vector<std::string> at_most;   // their condition may end them earlier
  std::vector<std::string> once;      // how often they run is not known
  std::vector<std::string> unshaped;  // shapes inside are not known

  // Those of a body are the same trouble outside.
  void add(const BodyNotes& inside) {
    at_most.insert(at_most.end(), inside.at_most.begin(), inside.at_most.end());
    once.insert(once.end(), inside.once.begin(), inside.once.end());
    unshaped.insert(unshaped.end(), inside.unshaped.begin(), inside.unshaped.end());
  }
};

class Converter {
 public:
  Converter(const onnx::ModelProto& model, const std::string& name, ActivationType type)
      : model_(model), graph_(model.graph()), name_(name), type_(type) {}

  // A body inside the graph of `outside`.
  Converter(const Converter& outside, const onnx::GraphProto& body)
      : model_(outside.model_), graph_(body), name_(outside.name_), type_(outside.type_) {
    for (const std::string& name : free_names(body)) {
      const auto at = outside.index_.find(name);
      if (at == outside.index_.end()) continue;
      index_[name] = static_cast<std::int32_t>(out_.values.size());
      out_.values.push_back(outside.out_.values[static_cast<std::size_t>(at->second)]);
      if (out_.values.back().role == Role::activation) out_.values.back().role = Role::input;
      out_.values.back().is_output = false;
    }
  }

  Result<ForwardModel> run() {
    HCB_CHECK(read());
    note_bodies();
    return std::move(out_);
  }

 private:
  Result<void> read() {
    collect_opsets();
    for (const auto& input : graph_.input()) HCB_CHECK(add_value(input, Role::input));
    for (const auto& tensor : graph_.initializer()) HCB_CHECK(add_constant(tensor));
    for (const auto& sparse : graph_.sparse_initializer()) HCB_CHECK(add_sparse(sparse));
    for (const auto& info : graph_.value_info()) HCB_CHECK(add_value(info, Role::activation));
    for (const auto& node : graph_.node()) HCB_CHECK(add_node(node));
    for (const auto& output : graph_.output()) {
      HCB_TRY(const std::int32_t value, find(output.name()));
      out_.values[static_cast<std::size_t>(value)].is_output = true;
    }
    return {};
  }

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
    }
    if (holds_graph(node)) HCB_CHECK(read_bodies(node, out));
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

  Result<void> read_bodies(const onnx::NodeProto& node, ForwardNode& out) {
    const Trips trips = read_trips(node);
    if (trips.kind == Trips::Kind::unshaped) {
      bodies_.unshaped.push_back(node_label(node));
      return {};
    }
    ++bodies_.counted;
    if (trips.kind == Trips::Kind::at_most) bodies_.at_most.push_back(node_label(node));
    if (trips.kind == Trips::Kind::unknown) bodies_.once.push_back(node_label(node));
    const bool branches = node.op_type() == "If";
    for (const auto& attribute : node.attribute()) {
      if (!attribute.has_g()) continue;
      Converter inside(*this, attribute.g());
      HCB_CHECK(inside.read());
      ForwardModel& body = inside.out_;
      bodies_.add(inside.bodies_);
      narrow_floats(body, type_);
      const BodyCost once = cost_of_body(body, branches);
      const Count carried = branches ? Count(0) : inside.carried_bytes(node);
      out.body = larger(out.body, branches ? once : repeated(once, trips.count, carried));
      HCB_CHECK(find_weights(body, attribute.g(), out));
    }
    return {};
  }

  // Values from outside that are parameters as far as the body goes.
  Result<void> find_weights(const ForwardModel& body, const onnx::GraphProto& graph,
                            ForwardNode& out) const {
    internal::TrainingModel described = internal::describe(body, {});
    HCB_CHECK(internal::find_parameters(described, {}));
    const std::size_t outside = free_names(graph).size();
    for (std::size_t v = 0; v < std::min(outside, body.values.size()); ++v) {
      const auto at = index_.find(body.values[v].name);
      if (described.role[v] == Role::parameter && at != index_.end())
        out.body_weights.push_back(at->second);
    }
    return {};
  }

  // What the body of a Loop (behind its condition) or Scan hands to its next run.
  [[nodiscard]] Count carried_bytes(const onnx::NodeProto& node) const {
    const int first = node.op_type() == "Loop" ? 1 : 0;
    int end = node.input_size() - first;
    for (const auto& attribute : node.attribute()) {
      if (attribute.name() == "num_scan_inputs") end -= static_cast<int>(attribute.i());
    }
    Count total = 0;
    for (int o = first; o < std::min(end, graph_.output_size()); ++o) {
      const auto at = index_.find(graph_.output(o).name());
      if (at == index_.end()) continue;
      const ForwardValue& value = out_.values[static_cast<std::size_t>(at->second)];
      total += tensor_bytes(value.dtype, value.shape).value_or(0);
    }
    return total;
  }

  void note_bodies() {
    const auto note = [this](const std::vector<std::string>& nodes, std::string_view what) {
      if (nodes.empty()) return;
      const std::string others =
          nodes.size() == 1 ? "" : fmt::format(" (and {} more)", nodes.size() - 1);
      out_.notes.push_back(fmt::format("node {}{}: {}", nodes.front(), others, what));
    };
    if (bodies_.counted > 0) {
      out_.notes.push_back(fmt::format(
          "{} If, Loop or Scan node{} planned as one step{} with the cost of the bodies",
          bodies_.counted, bodies_.counted == 1 ? "" : "s", bodies_.counted == 1 ? "" : " each"));
    }
    note(bodies_.at_most, "its condition may end it earlier; the most iterations are counted");
    note(bodies_.once, "how often its body runs is not known; one iteration is counted");
    note(bodies_.unshaped, "shapes inside its bodies are not known; their cost is not counted");
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
  const onnx::GraphProto& graph_;
  const std::string& name_;
  ActivationType type_;
  BodyNotes bodies_;
  ForwardModel out_;
  std::unordered_map<std::string, std::int64_t> opset_;
  std::unordered_map<std::string, std::int32_t> index_;
  std::unordered_set<std::string> names_;
};

}  // namespace

Result<ForwardModel> to_forward_model(const onnx::ModelProto& model, const std::string& name,
                                      ActivationType type) {
  return Converter(model, name, type).run();
}

}  // namespace hcb
