// Abstract interpretation in one forward pass. Every value has a type and one of three provenances:
//
//     dynamic    computed from a model input (or random): its node stays
//     trainable  a float initialiser or ConstantOfShape of more than one element: may become a parameter, so what is
//                computed from it is dynamic
//     made       computed from integers, booleans and float scalars of the file: becomes a constant; contents are
//                followed where small (kMostFolded)
//
// Invariant: when a node is visited, all its inputs have been. A node whose type stays unknown leaves its outputs
// untyped; the first such node with known inputs is the one reported. Afterwards a backward sweep removes nodes that
// reach no output. docs/decisions/0010 says why floats are not folded further.
#include "ingest/onnx_pass.h"

#include <algorithm>
#include <deque>
#include <new>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include "base/text.h"
#include "ingest/onnx_fold.h"
#include "ingest/onnx_order.h"

namespace hcb {
namespace {

namespace inference = onnx::shape_inference;

enum class Provenance : std::uint8_t { dynamic, trainable, made };

struct Known {
  Provenance provenance = Provenance::dynamic;
  const SmallTensor* contents = nullptr;
};

using Shape = std::vector<std::int64_t>;

// The shape of a dense tensor type whose dims are all numbers.
std::optional<Shape> static_shape(const onnx::TypeProto* type) {
  if (type == nullptr || !type->has_tensor_type() || !type->tensor_type().has_shape())
    return std::nullopt;
  if (type->tensor_type().elem_type() == 0) return std::nullopt;
  Shape shape;
  for (const auto& dim : type->tensor_type().shape().dim()) {
    if (!dim.has_dim_value()) return std::nullopt;
    shape.push_back(dim.dim_value());
  }
  return shape;
}

onnx::TypeProto tensor_type(int elem_type, const auto& dims) {
  onnx::TypeProto type;
  type.mutable_tensor_type()->set_elem_type(elem_type);
  auto& shape = *type.mutable_tensor_type()->mutable_shape();
  for (const std::int64_t dim : dims) shape.add_dim()->set_dim_value(dim);
  return type;
}

std::string dims_text(const std::optional<Shape>& shape) {
  if (!shape) return "?";
  return shape->empty() ? "scalar" : fmt::format("{}", fmt::join(*shape, "x"));
}

// ONNX's message without the tag in front.
std::string plain(std::string text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find("] ");
    if (end != std::string::npos) text.erase(0, end + 2);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '.'))
    text.pop_back();
  return printable(text);
}

class Pass {
 public:
  Pass(onnx::ModelProto& model, const std::string& name, std::vector<std::string>& notes)
      : graph_(*model.mutable_graph()),
        name_(name),
        notes_(notes),
        opsets_(opsets_of(model)),
        context_(types_, opsets_, nullptr, {}, onnx::OpSchemaRegistry::Instance(), &data_,
                 model.ir_version()) {}

  Result<void> run() {
    HCB_CHECK(add_residents());
    remember_written_shapes();
    for (auto& node : *graph_.mutable_node()) HCB_CHECK(visit(node));
    if (!first_unknown_.empty()) return unknown_shapes();
    sweep();
    write_back();
    summarise();
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& message,
                                             std::string help = {}) const {
    return fail(ErrorKind::bad_input, name_ + ": " + message, std::move(help));
  }

  static std::unordered_map<std::string, int> opsets_of(const onnx::ModelProto& model) {
    std::unordered_map<std::string, int> opsets;
    for (const auto& opset : model.opset_import()) {
      opsets[opset.domain() == "ai.onnx" ? std::string() : opset.domain()] =
          static_cast<int>(opset.version());
    }
    opsets.try_emplace("", 1);  // IR < 3 had no opset_import
    return opsets;
  }

  // ---- values

  const onnx::TypeProto* type_of(const std::string& value) const {
    const auto at = types_.find(value);
    return at == types_.end() ? nullptr : at->second;
  }

  Result<void> set_type(const std::string& value, onnx::TypeProto type) {
    const auto shape = static_shape(&type);
    if (shape) HCB_CHECK(check_size(value, type.tensor_type().elem_type(), *shape));
    types_[value] = &type_store_.emplace_back(std::move(type));
    return {};
  }

  Result<void> check_size(const std::string& value, int elem_type, const Shape& shape) const {
    const DType dtype = dtype_of_onnx(elem_type);
    if (std::ranges::any_of(shape, [](std::int64_t dim) { return dim < 0; })) {
      return wrong(
          fmt::format("tensor '{}' has a negative dim: {}", printable(value), dims_text(shape)),
          "an input is too small for the model");
    }
    if (element_count(shape) && (bits(dtype) == 0 || tensor_bytes(dtype, shape))) return {};
    return wrong(fmt::format("tensor '{}' of {} {} is larger than 2^63 bytes", printable(value),
                             dims_text(shape), hcb::name(dtype)));
  }

  void set_contents(const std::string& value, SmallTensor contents) {
    const SmallTensor& kept = contents_store_.emplace_back(std::move(contents));
    known_[value] = {Provenance::made, &kept};
    tensors_[value] = &tensor_store_.emplace_back(tensor_proto(kept));
    tensor_store_.back().set_name(value);
  }

  Result<void> add_residents() {
    for (const auto& input : graph_.input()) HCB_CHECK(set_type(input.name(), input.type()));
    for (const auto& tensor : graph_.initializer()) HCB_CHECK(add_initializer(tensor));
    for (const auto& sparse : graph_.sparse_initializer()) {
      HCB_CHECK(set_type(sparse.values().name(),
                         tensor_type(sparse.values().data_type(), sparse.dims())));
      known_[sparse.values().name()] = {Provenance::trainable, nullptr};
    }
    return {};
  }

  Result<void> add_initializer(const onnx::TensorProto& tensor) {
    HCB_CHECK(set_type(tensor.name(), tensor_type(tensor.data_type(), tensor.dims())));
    Known known{provenance_of(tensor.data_type(), tensor.dims()), nullptr};
    if (auto contents = small_tensor(tensor)) {
      known.contents = &contents_store_.emplace_back(*std::move(contents));
      tensors_[tensor.name()] = &tensor;
    }
    known_[tensor.name()] = known;
    return {};
  }

  // Of a constant in the file: floats of more than one element may be weights.
  static Provenance provenance_of(int elem_type, const auto& dims) {
    const Shape shape(dims.begin(), dims.end());
    const bool single = element_count(shape).value_or(2) <= 1;
    return is_floating(dtype_of_onnx(elem_type)) && !single ? Provenance::trainable
                                                            : Provenance::made;
  }

  // Shapes the exporter wrote (evaluated under the binding): the only ones there are for unknown operators.
  void remember_written_shapes() {
    const auto remember = [&](const onnx::ValueInfoProto& info) {
      if (static_shape(&info.type())) written_.try_emplace(info.name(), &info.type());
    };
    for (const auto& info : graph_.value_info()) remember(info);
    for (const auto& info : graph_.output()) {
      remember(info);
      pinned_.insert(info.name());
    }
    for (const auto& node : graph_.node()) {
      for (const std::string& name : captured_names(node)) pinned_.insert(name);
      read_.insert(node.input().begin(), node.input().end());
    }
  }

  // ---- one node

  Result<void> visit(onnx::NodeProto& node) {
    if (node.domain() == "ai.onnx") node.clear_domain();
    for (std::string& input : *node.mutable_input()) {
      if (const auto alias = alias_.find(input); alias != alias_.end()) input = alias->second;
    }
    if (skip_copy_of_constant(node)) return {};
    HCB_TRY(const bool folded, fold(node));
    if (folded) return {};
    HCB_TRY(const bool inferred, infer(node));
    HCB_CHECK(use_written_shapes(node));
    if (node.op_type() == "Reshape" && node.domain().empty()) HCB_CHECK(check_reshape(node));
    note_unknown(node);
    if (inferred && makes_constants(node)) {
      become_constants(node);
    } else {
      kept_.push_back(&node);
    }
    return {};
  }

  [[nodiscard]] bool is_constant(const std::string& value) const { return known_.contains(value); }

  // Identity, and Cast to the type it has already, of a constant: readers read the constant itself.
  bool skip_copy_of_constant(const onnx::NodeProto& node) {
    if (!node.domain().empty() || node.input_size() != 1 || node.output_size() != 1) return false;
    if (!is_constant(node.input(0)) || pinned_.contains(node.output(0))) return false;
    const onnx::TypeProto* type = type_of(node.input(0));
    bool copies = node.op_type() == "Identity";
    if (node.op_type() == "Cast" && type != nullptr && node.attribute_size() > 0) {
      copies = node.attribute(0).name() == "to" &&
               node.attribute(0).i() == type->tensor_type().elem_type();
    }
    if (!copies || type == nullptr) return false;
    alias_[node.output(0)] = node.input(0);
    ++folded_;
    return true;
  }

  // Contents of the node's output from contents of its inputs. A node without inputs is a constant of the file.
  Result<bool> fold(const onnx::NodeProto& node) {
    if (!node.domain().empty() || node.output_size() != 1) return false;
    std::optional<SmallTensor> result;
    if (const auto shape =
            node.input_size() == 1 ? static_shape(type_of(node.input(0))) : std::nullopt) {
      result = fold_shape_of(node, *shape);
    }
    if (!result) {
      const auto inputs = contents_of_inputs(node);
      if (!inputs) return false;
      result = fold_node(node, opsets_.at(""), *inputs);
    }
    if (!result || !is_made(node, *result)) return false;
    HCB_CHECK(set_type(node.output(0), tensor_type(onnx_of_dtype(result->dtype), result->dims)));
    set_contents(node.output(0), *std::move(result));
    ++folded_;
    return true;
  }

  [[nodiscard]] std::optional<std::vector<const SmallTensor*>> contents_of_inputs(
      const onnx::NodeProto& node) const {
    std::vector<const SmallTensor*> inputs;
    for (const std::string& input : node.input()) {
      const auto known = known_.find(input);
      if (input.empty()) {
        inputs.push_back(nullptr);
      } else if (known == known_.end() || known->second.provenance != Provenance::made ||
                 known->second.contents == nullptr) {
        return std::nullopt;
      } else {
        inputs.push_back(known->second.contents);
      }
    }
    return inputs;
  }

  // Constant and ConstantOfShape put a tensor of the file into the graph: floats of theirs may be weights.
  static bool is_made(const onnx::NodeProto& node, const SmallTensor& result) {
    const bool from_file = node.op_type() == "Constant" || node.op_type() == "ConstantOfShape";
    return !from_file ||
           provenance_of(onnx_of_dtype(result.dtype), result.dims) == Provenance::made;
  }

  // ONNX's own inference and data propagation. False: the library does not know the operator.
  Result<bool> infer(onnx::NodeProto& node) {
    const auto opset = opsets_.find(node.domain());
    const onnx::OpSchema* schema = nullptr;
    if (opset != opsets_.end()) {
      schema = onnx::OpSchemaRegistry::Schema(node.op_type(), opset->second, node.domain());
    }
    if (schema == nullptr) return false;
    omit_unread_outputs(*schema, node);
    static const onnx::ShapeInferenceOptions kOptions(false, 0, true);
    inference::InferenceContextImpl context(node, types_, tensors_, sparse_tensors_, kOptions,
                                            &data_, &context_);
    if (auto error = call_inference(*schema, context)) {
      if (!inputs_known(node)) return true;  // an unknown input confused it; that one is reported
      return contradiction(node, *error);
    }
    for (int i = 0; i < node.output_size(); ++i) {
      onnx::TypeProto* type = context.getOutputType(static_cast<std::size_t>(i));
      if (!node.output(i).empty() && type->value_case() != onnx::TypeProto::VALUE_NOT_SET) {
        HCB_CHECK(set_type(node.output(i), std::move(*type)));
      }
    }
    propagate(*schema, node);
    return true;
  }

  // Old exporters list optional outputs nobody reads (the mask of Dropout, running statistics): they are not made.
  void omit_unread_outputs(const onnx::OpSchema& schema, onnx::NodeProto& node) const {
    const auto declared =
        std::min(static_cast<std::size_t>(node.output_size()), schema.outputs().size());
    for (std::size_t i = 1; i < declared; ++i) {
      std::string& output = *node.mutable_output(static_cast<int>(i));
      const bool optional = schema.outputs()[i].GetOption() == onnx::OpSchema::Optional;
      if (optional && !read_.contains(output) && !pinned_.contains(output)) output.clear();
    }
    while (node.output_size() > 1 && node.output(node.output_size() - 1).empty())
      node.mutable_output()->RemoveLast();
  }

  static std::optional<std::string> call_inference(const onnx::OpSchema& schema,
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

  // Partly known shape vectors (a dim that depends on data beside ones that do not).
  void propagate(const onnx::OpSchema& schema, onnx::NodeProto& node) {
    if (!schema.has_data_propagation_function() || node.output_size() == 0) return;
    const auto shape = static_shape(type_of(node.output(0)));
    if (!shape || shape->size() > 1) return;
    const int elem_type = type_of(node.output(0))->tensor_type().elem_type();
    if (elem_type != onnx::TensorProto::INT64 && elem_type != onnx::TensorProto::INT32) return;
    if (element_count(*shape).value_or(0) > kMostFolded) return;
    try {
      inference::DataPropagationContextImpl context(node, types_, tensors_, data_);
      schema.GetDataPropagationFunction()(context);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception&) {
      data_.erase(node.output(
          0));  // it only ever adds knowledge: without it the shape stays unknown, and is reported
    }
  }

  [[nodiscard]] bool inputs_known(const onnx::NodeProto& node) const {
    const auto known = [&](const std::string& input) {
      return input.empty() || static_shape(type_of(input));
    };
    return std::ranges::all_of(node.input(), known);
  }

  [[nodiscard]] std::unexpected<Error> contradiction(const onnx::NodeProto& node,
                                                     const std::string& what) const {
    std::vector<std::string> shapes;
    for (const std::string& input : node.input()) {
      if (!input.empty())
        shapes.push_back(
            fmt::format("{} {}", printable(input), dims_text(static_shape(type_of(input)))));
    }
    const std::string inputs =
        shapes.empty() ? "" : fmt::format(" (inputs: {})", fmt::join(shapes, ", "));
    return wrong(fmt::format("node {}: {}{}", node_label(node), what, inputs),
                 "check --dim, --input-shape and --batch against the model");
  }

  Result<void> use_written_shapes(const onnx::NodeProto& node) {
    for (const std::string& output : node.output()) {
      const auto written = output.empty() ? written_.end() : written_.find(output);
      if (written == written_.end()) continue;
      const auto inferred = static_shape(type_of(output));
      if (!inferred) {
        HCB_CHECK(set_type(output, *written->second));
        ++taken_from_file_;
      } else if (*inferred != *static_shape(written->second)) {
        if (differing_++ == 0) {
          first_difference_ =
              fmt::format("'{}' is {}, the file says {}", printable(output), dims_text(inferred),
                          dims_text(static_shape(written->second)));
        }
      }
    }
    return {};
  }

  // ONNX's rule for Reshape takes a shape without -1 as it is.
  Result<void> check_reshape(const onnx::NodeProto& node) const {
    if (node.input_size() < 1 || node.output_size() < 1) return {};
    const auto from = static_shape(type_of(node.input(0)));
    const auto to = static_shape(type_of(node.output(0)));
    if (!from || !to || element_count(*from) == element_count(*to)) return {};
    return wrong(
        fmt::format("node {} cannot make {} ({} elements) of {} ({} elements)", node_label(node),
                    dims_text(to), with_thousands(element_count(*to).value_or(0)), dims_text(from),
                    with_thousands(element_count(*from).value_or(0))),
        "its target shape is a constant of the file: export with a dynamic batch, or do not "
        "re-bind this dim");
  }

  void note_unknown(const onnx::NodeProto& node) {
    for (const std::string& output : node.output()) {
      if (output.empty() || static_shape(type_of(output))) continue;
      ++unknown_nodes_;
      if (first_unknown_.empty()) first_unknown_ = describe_unknown(node, output);
      return;
    }
  }

  [[nodiscard]] std::string describe_unknown(const onnx::NodeProto& node,
                                             const std::string& output) const {
    const onnx::TypeProto* type = type_of(output);
    const bool not_tensor = type != nullptr && !type->has_tensor_type();
    if (not_tensor) {
      return fmt::format("value '{}' of node {} is a sequence, map, optional or sparse tensor",
                         printable(output), node_label(node));
    }
    return fmt::format("the shape of '{}' is unknown: node {} does not determine it",
                       printable(output), node_label(node));
  }

  [[nodiscard]] std::unexpected<Error> unknown_shapes() const {
    const std::size_t others = unknown_nodes_ - 1;
    const std::string follow = others == 0
                                   ? ""
                                   : fmt::format("; {} more node{} without a shape after it",
                                                 others, others == 1 ? "" : "s");
    return wrong(
        first_unknown_ + follow,
        "write the shape into the file's value_info, or bind more with --dim or --input-shape");
  }

  // ---- constants without contents

  // Is every output of the node the same in every step, and made from no possible weight?
  [[nodiscard]] bool makes_constants(const onnx::NodeProto& node) const {
    if (!node.domain().empty() || !is_deterministic(node.op_type())) return false;
    for (const std::string& input : node.input()) {
      if (input.empty()) continue;
      const auto known = known_.find(input);
      if (known == known_.end() || known->second.provenance != Provenance::made) return false;
    }
    return std::ranges::all_of(node.output(), [&](const std::string& output) {
      return output.empty() || static_shape(type_of(output));
    });
  }

  void become_constants(const onnx::NodeProto& node) {
    const bool from_file = node.op_type() == "Constant" || node.op_type() == "ConstantOfShape";
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      const auto& type = type_of(output)->tensor_type();
      const Provenance provenance =
          from_file ? provenance_of(type.elem_type(), *static_shape(type_of(output)))
                    : Provenance::made;
      known_[output] = {provenance, nullptr};
      hollow_.push_back(output);
      keep_small_contents(node, output);
    }
    ++folded_;
  }

  // A Constant that may be a weight: its contents still serve inference (scales of a Resize).
  void keep_small_contents(const onnx::NodeProto& node, const std::string& output) {
    if (node.op_type() != "Constant" || node.attribute_size() == 0 || !node.attribute(0).has_t())
      return;
    if (small_tensor(node.attribute(0).t())) tensors_[output] = &node.attribute(0).t();
  }

  // ---- the result

  // Marks, from the outputs backwards, what is needed.
  void sweep() {
    for (const auto& output : graph_.output()) needed_.insert(resolved(output.name()));
    std::vector<onnx::NodeProto*> alive;
    for (auto at = kept_.rbegin(); at != kept_.rend(); ++at) {
      const onnx::NodeProto& node = **at;
      if (std::ranges::none_of(
              node.output(), [&](const std::string& output) { return needed_.contains(output); })) {
        ++dead_;
        continue;
      }
      needed_.insert(node.input().begin(), node.input().end());
      for (const std::string& name : captured_names(node)) needed_.insert(name);
      alive.push_back(*at);
    }
    std::ranges::reverse(alive);
    kept_ = std::move(alive);
  }

  [[nodiscard]] const std::string& resolved(const std::string& value) const {
    const auto alias = alias_.find(value);
    return alias == alias_.end() ? value : alias->second;
  }

  void write_back() {
    google::protobuf::RepeatedPtrField<onnx::TensorProto> tensors;
    for (auto& tensor : *graph_.mutable_initializer()) {
      if (needed_.contains(tensor.name())) tensors.Add()->Swap(&tensor);
    }
    for (const auto& tensor : tensor_store_) {
      if (needed_.contains(tensor.name())) *tensors.Add() = tensor;
    }
    for (const std::string& value : hollow_) {
      if (needed_.contains(value)) *tensors.Add() = hollow_tensor(value);
    }
    graph_.clear_value_info();
    google::protobuf::RepeatedPtrField<onnx::NodeProto> nodes;
    for (onnx::NodeProto* node : kept_) {
      for (const std::string& output : node->output()) write_type(output);
      nodes.Add()->Swap(node);
    }
    graph_.mutable_initializer()->Swap(&tensors);
    graph_.mutable_node()->Swap(&nodes);
  }

  [[nodiscard]] onnx::TensorProto hollow_tensor(const std::string& value) const {
    onnx::TensorProto tensor;
    tensor.set_name(value);
    tensor.set_data_type(type_of(value)->tensor_type().elem_type());
    const Shape shape = static_shape(type_of(value)).value_or(Shape{});
    for (const std::int64_t dim : shape) tensor.add_dims(dim);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    return tensor;
  }

  void write_type(const std::string& output) {
    if (output.empty()) return;
    auto& info = *graph_.add_value_info();
    info.set_name(output);
    *info.mutable_type() = *type_of(output);
  }

  void summarise() const {
    const auto count = [](std::size_t n, std::string_view what) {
      return fmt::format("{} node{} {}", with_thousands(static_cast<long long>(n)),
                         n == 1 ? "" : "s", what);
    };
    if (folded_ > 0) notes_.push_back(count(folded_, "computed from constants folded"));
    if (dead_ > 0) notes_.push_back(count(dead_, "that reach no output removed"));
    if (taken_from_file_ > 0) {
      notes_.push_back(fmt::format("{} shapes taken from the file's value_info", taken_from_file_));
    }
    if (differing_ > 0) {
      notes_.push_back(fmt::format("{} inferred shapes differ from those in the file, first: {}",
                                   differing_, first_difference_));
    }
  }

  onnx::GraphProto& graph_;
  const std::string& name_;
  std::vector<std::string>& notes_;
  std::unordered_map<std::string, int> opsets_;

  // What ONNX's functions read; the stores own what the maps point at.
  std::unordered_map<std::string, onnx::TypeProto*> types_;
  std::unordered_map<std::string, const onnx::TensorProto*> tensors_;
  std::unordered_map<std::string, const onnx::SparseTensorProto*> sparse_tensors_;
  inference::DataValueMap data_;
  inference::GraphInferenceContext context_;
  std::deque<onnx::TypeProto> type_store_;
  std::deque<onnx::TensorProto> tensor_store_;
  std::deque<SmallTensor> contents_store_;

  std::unordered_map<std::string, Known> known_;  // constants only
  std::unordered_map<std::string, const onnx::TypeProto*> written_;
  std::unordered_map<std::string, std::string> alias_;  // copy of a constant -> the constant
  std::unordered_set<std::string> pinned_;  // names that must stay: outputs, names bodies read
  std::unordered_set<std::string> read_;    // by some node
  std::unordered_set<std::string> needed_;
  std::vector<onnx::NodeProto*> kept_;
  std::vector<std::string> hollow_;  // constants made here without contents, in order

  std::string first_unknown_;
  std::size_t unknown_nodes_ = 0;
  std::size_t folded_ = 0;
  std::size_t dead_ = 0;
  std::size_t taken_from_file_ = 0;
  std::size_t differing_ = 0;
  std::string first_difference_;
};

}  // namespace

Result<void> run_pass(onnx::ModelProto& model, const std::string& name,
                      std::vector<std::string>& notes) {
  return Pass(model, name, notes).run();
}

}  // namespace hcb
