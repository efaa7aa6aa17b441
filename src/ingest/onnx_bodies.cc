// Bodies inside bodies are visited by the pass over the outer one, so that every body is inferred
// once. Their depth is bounded by the wire filter.
#include "ingest/onnx_bodies.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "ingest/onnx_pass.h"

namespace hcb {
namespace {

constexpr std::string_view kTripsKey = "hcb.trips";

const onnx::AttributeProto* attribute(const onnx::NodeProto& node, std::string_view name) {
  const auto at = std::ranges::find(node.attribute(), name,
                                    [](const auto& a) -> std::string_view { return a.name(); });
  return at == node.attribute().end() ? nullptr : &*at;
}

onnx::GraphProto* body(onnx::NodeProto& node, std::string_view name) {
  for (auto& a : *node.mutable_attribute()) {
    if (a.name() == name && a.has_g()) return a.mutable_g();
  }
  return nullptr;
}

onnx::TypeProto scalar(int elem_type) {
  onnx::TypeProto type;
  type.mutable_tensor_type()->set_elem_type(elem_type);
  type.mutable_tensor_type()->mutable_shape();
  return type;
}

bool same_type(const onnx::TypeProto& a, const onnx::TypeProto& b) {
  return static_shape(&a) && static_shape(&a) == static_shape(&b) &&
         a.tensor_type().elem_type() == b.tensor_type().elem_type();
}

// `type` with a dim more at `axis` (negative: from the end of the result), or one less.
std::optional<onnx::TypeProto> with_axis(const onnx::TypeProto& type, std::int64_t axis,
                                         std::int64_t size) {
  auto dims = static_shape(&type);
  if (!dims) return std::nullopt;
  const auto rank = static_cast<std::int64_t>(dims->size()) + 1;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) return std::nullopt;
  dims->insert(dims->begin() + axis, size);
  onnx::TypeProto out = scalar(type.tensor_type().elem_type());
  for (const std::int64_t dim : *dims)
    out.mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
  return out;
}

struct Slice {
  onnx::TypeProto type;
  std::int64_t length = 0;  // of the axis taken away
};

std::optional<Slice> without_axis(const onnx::TypeProto& type, std::int64_t axis) {
  auto dims = static_shape(&type);
  if (!dims) return std::nullopt;
  const auto rank = static_cast<std::int64_t>(dims->size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) return std::nullopt;
  Slice slice{scalar(type.tensor_type().elem_type()), (*dims)[static_cast<std::size_t>(axis)]};
  dims->erase(dims->begin() + axis);
  for (const std::int64_t dim : *dims)
    slice.type.mutable_tensor_type()->mutable_shape()->add_dim()->set_dim_value(dim);
  return slice;
}

class BodyInference {
 public:
  BodyInference(const onnx::ModelProto& model, onnx::NodeProto& node, ValueTable& values,
                const std::string& name)
      : model_(model), node_(node), values_(values), name_(name) {}

  Result<bool> run() {
    if (node_.op_type() == "If") return infer_if();
    return node_.op_type() == "Loop" ? infer_loop() : infer_scan();
  }

 private:
  using Types = std::vector<onnx::TypeProto>;

  // Types of all inputs from `first` on; nullopt: one is not known.
  [[nodiscard]] std::optional<Types> input_types(int first) const {
    Types types;
    for (int i = first; i < node_.input_size(); ++i) {
      const onnx::TypeProto* type = values_.type(node_.input(i));
      if (!static_shape(type)) return std::nullopt;
      types.push_back(*type);
    }
    return types;
  }

  // The body's outputs for inputs of these types; nullopt: its shapes do not follow. The body is
  // replaced by what the pass made of it.
  [[nodiscard]] std::optional<BodyOutputs> pass(onnx::GraphProto& graph, const Types& inputs,
                                                bool loop) const {
    if (graph.input_size() != static_cast<int>(inputs.size())) return std::nullopt;
    onnx::GraphProto copy = graph;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      *copy.mutable_input(static_cast<int>(i))->mutable_type() = inputs[i];
    auto outputs = run_body_pass(model_, copy, values_, loop, name_);
    if (!outputs) return std::nullopt;  // said of the node as a whole: no cost of its body
    graph.Swap(&copy);
    return *std::move(outputs);
  }

  Result<bool> give_outputs(const Types& types) {
    for (int o = 0; o < node_.output_size() && o < static_cast<int>(types.size()); ++o) {
      if (!node_.output(o).empty())
        HCB_CHECK(values_.set_type(node_.output(o), types[static_cast<std::size_t>(o)]));
    }
    return true;
  }

  Result<bool> infer_if() {
    onnx::GraphProto* then_branch = body(node_, "then_branch");
    onnx::GraphProto* else_branch = body(node_, "else_branch");
    if (then_branch == nullptr || else_branch == nullptr) return false;
    const auto then_outputs = pass(*then_branch, {}, false);
    const auto else_outputs = pass(*else_branch, {}, false);
    if (!then_outputs || !else_outputs) return false;
    if (!std::ranges::equal(then_outputs->types, else_outputs->types, same_type)) return false;
    write_trips(node_, {Trips::Kind::exact, 1});
    return give_outputs(then_outputs->types);
  }

  // Iteration number, condition, what is carried.
  Result<bool> infer_loop() {
    onnx::GraphProto* loop = body(node_, "body");
    auto carried = input_types(2);
    if (loop == nullptr || !carried || node_.input_size() < 2) return false;
    Types inputs{scalar(onnx::TensorProto::INT64), scalar(onnx::TensorProto::BOOL)};
    inputs.insert(inputs.end(), carried->begin(), carried->end());
    const auto outputs = pass(*loop, inputs, true);
    if (!outputs || outputs->types.size() <= carried->size()) return false;
    const std::span<const onnx::TypeProto> made(outputs->types);
    if (!std::ranges::equal(made.subspan(1, carried->size()), *carried, same_type)) return false;
    const Trips trips = loop_trips(outputs->goes_on);
    write_trips(node_, trips);
    for (const onnx::TypeProto& slice : made.subspan(1 + carried->size())) {
      const bool counted = trips.kind == Trips::Kind::exact || trips.kind == Trips::Kind::at_most;
      auto stacked = counted ? with_axis(slice, 0, trips.count) : std::nullopt;
      if (!stacked) break;
      carried->push_back(*std::move(stacked));
    }
    return give_outputs(*carried);
  }

  [[nodiscard]] Trips loop_trips(bool goes_on) const {
    const SmallTensor* most = values_.made_contents(node_.input(0));
    const SmallTensor* starts = values_.made_contents(node_.input(1));
    const bool known = most != nullptr && most->size() == 1 && !most->is_float();
    if (starts != nullptr && starts->size() == 1 && starts->ints[0] == 0)
      return {Trips::Kind::exact, 0};
    if (!known) return {Trips::Kind::unknown, 1};
    const bool constant = goes_on && (node_.input(1).empty() || starts != nullptr);
    const std::int64_t count = std::max<std::int64_t>(most->ints[0], 0);
    return {constant ? Trips::Kind::exact : Trips::Kind::at_most, count};
  }

  // Element i of a list of axes; 0 where there is no list.
  [[nodiscard]] std::int64_t axis(std::string_view list, std::size_t i) const {
    const onnx::AttributeProto* axes = attribute(node_, list);
    const bool there = axes != nullptr && static_cast<int>(i) < axes->ints_size();
    return there ? axes->ints(static_cast<int>(i)) : 0;
  }

  // What is carried, then one slice of each scanned input; ONNX before opset 9 had another form.
  Result<bool> infer_scan() {
    onnx::GraphProto* loop = body(node_, "body");
    const onnx::AttributeProto* scanned = attribute(node_, "num_scan_inputs");
    auto inputs = input_types(0);
    if (loop == nullptr || scanned == nullptr || !inputs) return false;
    const auto all = static_cast<std::int64_t>(inputs->size());
    if (scanned->i() < 1 || scanned->i() > all) return false;
    const auto carried = static_cast<std::size_t>(all - scanned->i());
    std::int64_t length = 0;
    for (std::size_t i = carried; i < inputs->size(); ++i) {
      auto slice = without_axis((*inputs)[i], axis("scan_input_axes", i - carried));
      if (!slice) return false;
      length = slice->length;
      (*inputs)[i] = std::move(slice->type);
    }
    const auto outputs = pass(*loop, *inputs, false);
    if (!outputs || outputs->types.size() < carried) return false;
    Types types = outputs->types;
    if (!std::equal(types.begin(), types.begin() + static_cast<std::ptrdiff_t>(carried),
                    inputs->begin(), same_type))
      return false;
    for (std::size_t o = carried; o < types.size(); ++o) {
      auto stacked = with_axis(types[o], axis("scan_output_axes", o - carried), length);
      if (!stacked) return false;
      types[o] = *std::move(stacked);
    }
    write_trips(node_, {Trips::Kind::exact, length});
    return give_outputs(types);
  }

  const onnx::ModelProto& model_;
  onnx::NodeProto& node_;
  ValueTable& values_;
  const std::string& name_;
};

}  // namespace

bool has_bodies(const onnx::NodeProto& node) {
  const std::string& op = node.op_type();
  return node.domain().empty() && (op == "If" || op == "Loop" || op == "Scan");
}

onnx::GraphProto* taken_branch(onnx::NodeProto& node, const ValueTable& values) {
  if (!node.domain().empty() || node.op_type() != "If" || node.input_size() != 1) return nullptr;
  const SmallTensor* condition = values.made_contents(node.input(0));
  if (condition == nullptr || condition->is_float() || condition->size() != 1) return nullptr;
  onnx::GraphProto* branch = body(node, condition->ints[0] != 0 ? "then_branch" : "else_branch");
  return branch == nullptr || branch->output_size() < node.output_size() ? nullptr : branch;
}

void write_trips(onnx::NodeProto& node, Trips trips) {
  auto& entry = *node.add_metadata_props();
  entry.set_key(std::string(kTripsKey));
  entry.set_value(fmt::format("{} {}", static_cast<int>(trips.kind), trips.count));
}

Trips read_trips(const onnx::NodeProto& node) {
  for (const auto& entry : node.metadata_props()) {
    if (entry.key() != kTripsKey || entry.value().size() < 3) continue;
    Trips trips{static_cast<Trips::Kind>(entry.value()[0] - '0'), 1};
    const char* const end = entry.value().data() + entry.value().size();
    std::from_chars(entry.value().data() + 2, end, trips.count);
    return trips;
  }
  return {};
}

Result<bool> infer_bodies(const onnx::ModelProto& model, onnx::NodeProto& node, ValueTable& values,
                          const std::string& name) {
  return BodyInference(model, node, values, name).run();
}

}  // namespace hcb
