// A serialized message is the concatenation of its fields, so the file is put together from small
// messages with one value or node each: beside the text itself nothing grows with the graph. Fields
// are in the order of their numbers, as protobuf libraries write them.
//
// Each buffer is a storage of its own; a view names an input of its node that has its buffer.
#include "ingest/hcb_write.h"

#include <algorithm>
#include <climits>

#include <fmt/format.h>

#include "base/text.h"
#include "hcb/v1/graph.pb.h"
#include "ingest/hcb.h"
#include "ingest/hcb_attributes.h"

namespace hcb {
namespace {

Result<std::string> written_name(std::string_view what, std::string_view name) {
  if (printable(name) == name) return std::string(name);
  return fail(
      ErrorKind::bad_input,
      fmt::format("{} '{}': its name holds bytes that hcb.v1 cannot hold", what, printable(name)),
      "rename it in the model");
}

template <StrongId Id>
std::uint32_t plus_one(Id id) {
  return id == kNone<Id> ? 0 : std::to_underlying(id) + 1;
}

class Writer {
 public:
  explicit Writer(const Graph& graph) : graph_(graph) {}

  Result<std::string> run() && {
    HCB_CHECK(head());
    for (const BufferId b : graph_.buffers()) storage(b);
    for (const ValueId v : graph_.values()) HCB_CHECK(value(v));
    for (const NodeId n : graph_.nodes()) HCB_CHECK(node(n));
    tail();
    if (out_.size() <= INT_MAX) return std::move(out_);
    return fail(ErrorKind::bad_input,
                fmt::format("{} bytes: more than 2^31 - 1, the most an hcb.v1 file can have",
                            with_thousands(static_cast<long long>(out_.size()))));
  }

 private:
  void append(const v1::Graph& part) { part.AppendToString(&out_); }

  Result<void> head() {
    v1::Graph part;
    part.mutable_version()->set_major(kHcbMajor);
    part.mutable_version()->set_minor(kHcbMinor);
    append(part);  // first: readers know the format by it
    part.Clear();
    HCB_TRY(const std::string name, written_name("graph", graph_.graph_name()));
    part.set_name(name);
    part.set_dialect(
        static_cast<v1::Dialect>(v1::DIALECT_ONNX + static_cast<int>(graph_.dialect())));
    append(part);
    return {};
  }

  void storage(BufferId b) {
    v1::Graph part;
    part.add_storages()->set_bytes(graph_.bytes(b));
    append(part);
  }

  [[nodiscard]] bool is_view(ValueId v) const { return graph_.base_value(graph_.buffer(v)) != v; }

  // What v is a view of: of several inputs with its buffer the first one declared.
  [[nodiscard]] ValueId viewed(ValueId v) const {
    const BufferId buffer = graph_.buffer(v);
    if (graph_.producer(v) == kNone<NodeId>) return graph_.base_value(buffer);
    ValueId found = kNone<ValueId>;
    for (const ValueId input : graph_.inputs(graph_.producer(v))) {
      if (input != kNone<ValueId> && graph_.buffer(input) == buffer) found = std::min(found, input);
    }
    return found;
  }

  // A view may repeat what it shows; its extent is then that of one element.
  void add_strides(v1::Value& value, ValueId v) const {
    const auto needed = tensor_bytes(graph_.dtype(v), graph_.shape(v));
    if (needed && *needed <= graph_.bytes(graph_.buffer(v))) return;
    for (int i = 0; i < value.shape_size(); ++i) value.add_strides(0);
  }

  Result<void> value(ValueId v) {
    v1::Graph part;
    v1::Value& value = *part.add_values();
    HCB_TRY(*value.mutable_name(), written_name("value", graph_.name(v)));
    value.set_dtype(static_cast<v1::DType>(graph_.dtype(v)));
    value.set_role(static_cast<v1::Role>(v1::ROLE_PARAMETER + static_cast<int>(graph_.role(v))));
    for (const std::int64_t dim : graph_.shape(v)) value.add_shape(dim);
    value.set_storage(std::to_underlying(graph_.buffer(v)));
    if (is_view(v)) {
      value.set_view_of_plus_one(plus_one(viewed(v)));
      add_strides(value, v);
    }
    append(part);
    return {};
  }

  void add_flags(v1::Node& node, NodeId n) const {
    const NodeFlags& flags = graph_.flags(n);
    node.set_view(flags.view);
    node.set_random(flags.random);
    node.set_default_rule(flags.default_rule);
    node.set_replay(flags.never_replay ? v1::REPLAY_NEVER : v1::REPLAY_PURE);
    if (flags.effect) node.add_effects(v1::EFFECT_STATE);
  }

  void add_cost(v1::Node& node, NodeId n) const {
    const Cost& cost = graph_.cost(n);
    node.mutable_cost()->set_flops(cost.flops);
    node.mutable_cost()->set_bytes_moved(cost.bytes_moved);
    node.mutable_cost()->set_workspace_bytes(cost.workspace);
    node.mutable_cost()->set_time_ns(cost.time);
  }

  void add_donations(v1::Node& node, NodeId n) const {
    const auto outputs = graph_.outputs(n);
    const auto inputs = graph_.inputs(n);
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      const BufferId donor = graph_.donor(graph_.buffer(outputs[o]));
      if (is_view(outputs[o]) || donor == kNone<BufferId>) continue;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        if (inputs[i] == kNone<ValueId> || graph_.buffer(inputs[i]) != donor) continue;
        v1::Donation& donation = *node.add_donates();
        donation.set_output(static_cast<std::uint32_t>(o));
        donation.set_input(static_cast<std::uint32_t>(i));
        break;
      }
    }
  }

  Result<void> node(NodeId n) {
    v1::Graph part;
    v1::Node& node = *part.add_nodes();
    HCB_TRY(*node.mutable_name(), written_name("node", graph_.name(n)));
    HCB_TRY(*node.mutable_op(), written_name("op", graph_.op(n)));
    HCB_TRY(*node.mutable_module(), written_name("module", graph_.module(n)));
    for (const ValueId v : graph_.inputs(n)) node.add_inputs_plus_one(plus_one(v));
    for (const ValueId v : graph_.outputs(n)) node.add_outputs(std::to_underlying(v));
    node.set_phase(static_cast<v1::Phase>(v1::PHASE_FORWARD + static_cast<int>(graph_.phase(n))));
    node.set_forward_plus_one(plus_one(graph_.forward_of(n)));
    for (const Attribute& attribute : graph_.attributes(n))
      internal::add_attribute(node, attribute);
    add_flags(node, n);
    add_cost(node, n);
    add_donations(node, n);
    append(part);
    return {};
  }

  void tail() {
    v1::Graph part;
    for (const auto& [before, after] : graph_.order_edges()) {
      v1::OrderEdge& edge = *part.add_order_edges();
      edge.set_before(std::to_underlying(before));
      edge.set_after(std::to_underlying(after));
    }
    for (const ValueId v : graph_.outputs()) part.add_outputs(std::to_underlying(v));
    part.set_resolved(true);
    append(part);
  }

  const Graph& graph_;
  std::string out_;
};

}  // namespace

Result<std::string> write_hcb(const Graph& graph) { return Writer(graph).run(); }

}  // namespace hcb
