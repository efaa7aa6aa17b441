// Abstract interpretation in one forward pass: for each node, contents are folded where its inputs
// have contents, else the library infers types, and where every input is `made` (onnx_values.h) the
// node becomes constants of known shape. Invariant: when a node is visited, all its inputs have
// been. A node whose type stays unknown leaves its outputs untyped; the first such node is the one
// reported. docs/decisions/0010 says what is folded and why no more.
#include "ingest/onnx_pass.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/defs/schema.h>

#include "base/text.h"
#include "ingest/onnx_bodies.h"
#include "ingest/onnx_fold.h"
#include "ingest/onnx_official.h"
#include "ingest/onnx_order.h"
#include "ingest/onnx_scope.h"
#include "ingest/onnx_sweep.h"
#include "ingest/onnx_unknown.h"
#include "ingest/onnx_values.h"

namespace hcb {
namespace {

bool is_default_op(const onnx::NodeProto& node, std::string_view op) {
  return node.domain().empty() && node.op_type() == op;
}

// Constant and ConstantOfShape put a tensor of the file into the graph: floats of theirs may be
// weights.
bool stores_tensor(const onnx::NodeProto& node) {
  return is_default_op(node, "Constant") || is_default_op(node, "ConstantOfShape");
}

class Pass {
 public:
  // `graph` of `model`, or a body inside it.
  Pass(const onnx::ModelProto& model, onnx::GraphProto& graph, const std::string& name,
       InferenceNotes& notes)
      : model_(model),
        graph_(graph),
        name_(name),
        notes_(notes),
        opset_(opsets_of(model).at("")),
        values_(name),
        official_(model, values_) {}

  // What a body sees: names from outside and, with `condition`, that its second input holds.
  Result<void> look_outside(const ValueTable& outside, bool condition) {
    for (const std::string& name : free_names(graph_)) HCB_CHECK(values_.adopt(outside, name));
    if (condition) condition_ = graph_.input(1).name();
    return {};
  }

  // Of a body, after run().
  [[nodiscard]] BodyOutputs outputs() const {
    BodyOutputs out;
    for (const auto& output : graph_.output()) {
      const onnx::TypeProto* type = values_.type(output.name());
      out.types.push_back(type == nullptr ? onnx::TypeProto() : *type);
    }
    const SmallTensor* first =
        graph_.output_size() == 0 ? nullptr : values_.made_contents(graph_.output(0).name());
    out.goes_on = first != nullptr && first->dtype == DType::boolean && first->ints == Shape{1};
    return out;
  }

  Result<void> run() {
    HCB_CHECK(values_.add_residents(graph_));
    if (!condition_.empty()) values_.assume(condition_, {DType::boolean, {}, {1}, {}});
    survey(graph_);
    for (auto& node : *graph_.mutable_node()) HCB_CHECK(visit(node));
    if (unknown_.any()) return std::unexpected(unknown_.error(name_));
    dead_ = sweep(graph_, values_, std::move(kept_));
    summarise();
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(const std::string& message,
                                             std::string help = {}) const {
    return fail(ErrorKind::bad_input, name_ + ": " + message, std::move(help));
  }

  // Who is read by whom, and the shapes the exporter wrote (evaluated under the binding).
  void survey(const onnx::GraphProto& graph) {
    const auto remember = [&](const onnx::ValueInfoProto& info) {
      if (static_shape(&info.type())) written_.try_emplace(info.name(), info.type());
    };
    for (const auto& info : graph.value_info()) remember(info);
    for (const auto& info : graph.output()) {
      remember(info);
      pinned_.insert(info.name());
    }
    read_.reserve(static_cast<std::size_t>(graph.node_size()));
    for (const auto& node : graph.node()) {
      for (const std::string& name : captured_names(node)) pinned_.insert(name);
      read_.insert(node.input().begin(), node.input().end());
    }
  }

  Result<void> visit(onnx::NodeProto& node) {
    if (node.domain() == "ai.onnx") node.clear_domain();
    for (std::string& input : *node.mutable_input()) {
      if (const auto alias = alias_.find(input); alias != alias_.end()) input = alias->second;
    }
    if (skip_copy_of_constant(node)) return {};
    HCB_TRY(const bool folded, fold(node));
    if (folded) return {};
    if (const auto* branch = taken_branch(node, values_)) return take(node, *branch);
    HCB_TRY(const bool inferred, bodies(node));
    if (!inferred) HCB_CHECK(infer(node));
    HCB_CHECK(use_written_shapes(node));
    HCB_CHECK(check_reshape(node));
    unknown_.look_at(node, values_, official_);
    if (makes_constants(node)) {
      become_constants(node);
    } else {
      kept_.push_back(&node);
    }
    return {};
  }

  // The nodes of a branch in place of its If.
  Result<void> take(const onnx::NodeProto& node, const onnx::GraphProto& branch) {
    onnx::GraphProto& placed = branches_.emplace_back(branch_in_place(branch, node, values_));
    survey(placed);
    for (auto& tensor : *placed.mutable_initializer()) {
      auto& added = *graph_.add_initializer();
      added.Swap(&tensor);
      HCB_CHECK(values_.add_initializer(added));
    }
    for (auto& inner : *placed.mutable_node()) HCB_CHECK(visit(inner));
    ++branches_taken_;
    return {};
  }

  // Did the types of the outputs follow from the bodies?
  Result<bool> bodies(onnx::NodeProto& node) {
    if (!has_bodies(node)) return false;
    return infer_bodies(model_, node, values_, name_);
  }

  // Identity, and Cast to the type it has already, of a constant: readers read the constant itself.
  bool skip_copy_of_constant(const onnx::NodeProto& node) {
    if (node.input_size() != 1 || node.output_size() != 1) return false;
    if (!values_.is_constant(node.input(0)) || pinned_.contains(node.output(0))) return false;
    const bool casts_to_same = is_default_op(node, "Cast") && node.attribute_size() > 0 &&
                               node.attribute(0).name() == "to" &&
                               node.attribute(0).i() == values_.elem_type(node.input(0));
    if (!casts_to_same && !is_default_op(node, "Identity")) return false;
    alias_[node.output(0)] = node.input(0);
    ++folded_;
    return true;
  }

  // Contents of the node's output from contents of its inputs, or from the shape of one.
  Result<bool> fold(const onnx::NodeProto& node) {
    if (!node.domain().empty() || node.output_size() != 1) return false;
    std::optional<SmallTensor> result;
    if (const auto shape = node.input_size() == 1 ? values_.shape(node.input(0)) : std::nullopt) {
      result = fold_shape_of(node, *shape);
    }
    if (!result) {
      const auto inputs = contents_of_inputs(node);
      if (inputs) result = fold_node(node, opset_, *inputs);
    }
    if (!result) return false;
    const bool may_be_weight =
        stores_tensor(node) && ValueTable::provenance_of(onnx_of_dtype(result->dtype),
                                                         result->dims) == Provenance::trainable;
    if (may_be_weight) return false;
    HCB_CHECK(values_.fold_to(node.output(0), *std::move(result)));
    ++folded_;
    return true;
  }

  // nullopt: some input has none.
  [[nodiscard]] std::optional<std::vector<const SmallTensor*>> contents_of_inputs(
      const onnx::NodeProto& node) const {
    std::vector<const SmallTensor*> inputs;
    for (const std::string& input : node.input()) {
      inputs.push_back(input.empty() ? nullptr : values_.made_contents(input));
      if (!input.empty() && inputs.back() == nullptr) return std::nullopt;
    }
    return inputs;
  }

  Result<void> infer(onnx::NodeProto& node) {
    const onnx::OpSchema* schema = official_.schema(node);
    if (schema == nullptr) return {};  // shapes written in the file may help
    omit_unread_outputs(*schema, node);
    HCB_TRY(const OfficialInference::Outcome outcome, official_.infer(*schema, node));
    // A complaint over an input without shape is a consequence; that input is reported.
    if (outcome.contradiction && inputs_known(node)) return contradiction(node, outcome.what);
    return {};
  }

  // Old exporters list optional outputs nobody reads (the mask of Dropout, running statistics):
  // they are not made.
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

  [[nodiscard]] bool inputs_known(const onnx::NodeProto& node) const {
    return std::ranges::all_of(node.input(), [&](const std::string& input) {
      return input.empty() || values_.shape(input);
    });
  }

  [[nodiscard]] std::unexpected<Error> contradiction(const onnx::NodeProto& node,
                                                     const std::string& what) const {
    std::vector<std::string> shapes;
    for (const std::string& input : node.input()) {
      if (!input.empty())
        shapes.push_back(printable(input) + " " + dims_text(values_.shape(input)));
    }
    const std::string inputs =
        shapes.empty() ? "" : fmt::format(" (inputs: {})", fmt::join(shapes, ", "));
    return wrong(fmt::format("node {}: {}{}", node_label(node), what, inputs),
                 "check --dim, --input-shape and --batch against the model");
  }

  // Where inference knows nothing, the file's word counts; where both speak, inference does.
  Result<void> use_written_shapes(const onnx::NodeProto& node) {
    for (const std::string& output : node.output()) {
      const auto written = output.empty() ? written_.end() : written_.find(output);
      if (written == written_.end()) continue;
      const auto inferred = values_.shape(output);
      const auto in_file = static_shape(&written->second);
      if (!inferred) {
        HCB_CHECK(values_.set_type(output, written->second));
        ++taken_from_file_;
      } else if (*inferred != *in_file && differing_++ == 0) {
        first_difference_ = fmt::format("'{}' is {}, the file says {}", printable(output),
                                        dims_text(inferred), dims_text(in_file));
      }
    }
    return {};
  }

  // ONNX's rule for Reshape takes a target without -1 as it is.
  Result<void> check_reshape(const onnx::NodeProto& node) const {
    if (!is_default_op(node, "Reshape") || node.input_size() < 1 || node.output_size() < 1)
      return {};
    const auto from = values_.shape(node.input(0));
    const auto to = values_.shape(node.output(0));
    if (!from || !to || element_count(*from) == element_count(*to)) return {};
    return wrong(
        fmt::format("node {} cannot make {} ({} elements) of {} ({} elements)", node_label(node),
                    dims_text(to), with_thousands(element_count(*to).value_or(0)), dims_text(from),
                    with_thousands(element_count(*from).value_or(0))),
        "its target shape is a constant of the file: export with a dynamic batch, or do not "
        "re-bind this dim");
  }

  // Is every output of the node the same in every step, and made from no possible weight?
  [[nodiscard]] bool makes_constants(const onnx::NodeProto& node) const {
    if (!node.domain().empty() || !is_deterministic(node.op_type()) ||
        official_.schema(node) == nullptr)
      return false;
    const auto made = [&](const std::string& input) {
      return input.empty() || values_.provenance(input) == Provenance::made;
    };
    const auto known = [&](const std::string& output) {
      return output.empty() || values_.shape(output);
    };
    return std::ranges::all_of(node.input(), made) && std::ranges::all_of(node.output(), known);
  }

  void become_constants(const onnx::NodeProto& node) {
    for (const std::string& output : node.output()) {
      if (output.empty()) continue;
      const Provenance provenance =
          stores_tensor(node) ? ValueTable::provenance_of(values_.elem_type(output),
                                                          values_.shape(output).value_or(Shape{}))
                              : Provenance::made;
      values_.harden(output, provenance, small_constant(node));
    }
    ++folded_;
  }

  // A Constant that may be a weight still serves inference when it is small (the scales of a
  // Resize).
  static const onnx::TensorProto* small_constant(const onnx::NodeProto& node) {
    if (!is_default_op(node, "Constant") || node.attribute_size() == 0 ||
        !node.attribute(0).has_t())
      return nullptr;
    const onnx::TensorProto& tensor = node.attribute(0).t();
    return small_tensor(tensor) ? &tensor : nullptr;
  }

  void summarise() const {
    const auto count = [](std::size_t n, std::string_view what) {
      return fmt::format("{} node{} {}", with_thousands(static_cast<long long>(n)),
                         n == 1 ? "" : "s", what);
    };
    if (folded_ > 0) notes_.details.push_back(count(folded_, "computed from constants folded"));
    if (dead_ > 0) notes_.details.push_back(count(dead_, "that reach no output removed"));
    if (branches_taken_ > 0)
      notes_.details.push_back(count(branches_taken_, "of type If replaced by the branch taken"));
    if (taken_from_file_ > 0) {
      notes_.lines.push_back(fmt::format("{} shape{} taken from the file's value_info",
                                         taken_from_file_, taken_from_file_ == 1 ? "" : "s"));
    }
    if (differing_ > 0) {
      notes_.lines.push_back(fmt::format("{} inferred shape{} from the file's, first: {}",
                                         differing_, differing_ == 1 ? " differs" : "s differ",
                                         first_difference_));
    }
  }

  const onnx::ModelProto& model_;
  onnx::GraphProto& graph_;
  const std::string& name_;
  InferenceNotes& notes_;
  std::int64_t opset_;
  ValueTable values_;
  OfficialInference official_;

  std::unordered_map<std::string, onnx::TypeProto> written_;  // by the exporter
  std::unordered_map<std::string, std::string> alias_;        // copy of a constant -> the constant
  std::unordered_set<std::string> pinned_;  // names that must stay: outputs, names bodies read
  std::unordered_set<std::string> read_;    // by some node
  std::vector<onnx::NodeProto*> kept_;
  std::deque<onnx::GraphProto> branches_;  // in place of their If
  std::string condition_;                  // input of a loop's body that holds

  UnknownShapes unknown_;
  std::size_t folded_ = 0;
  std::size_t dead_ = 0;
  std::size_t branches_taken_ = 0;
  std::size_t taken_from_file_ = 0;
  std::size_t differing_ = 0;
  std::string first_difference_;
};

}  // namespace

Result<void> run_pass(onnx::ModelProto& model, const std::string& name, InferenceNotes& notes) {
  hoist_body_weights(*model.mutable_graph());
  return Pass(model, *model.mutable_graph(), name, notes).run();
}

Result<BodyOutputs> run_body_pass(const onnx::ModelProto& model, onnx::GraphProto& body,
                                  const ValueTable& outside, bool condition,
                                  const std::string& name) {
  InferenceNotes notes;
  Pass pass(model, body, name, notes);
  HCB_CHECK(pass.look_outside(outside, condition));
  HCB_CHECK(pass.run());
  return pass.outputs();
}

}  // namespace hcb
