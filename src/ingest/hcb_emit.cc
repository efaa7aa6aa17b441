// Values and nodes in file order, so that ids are positions in the file; for inference the backward
// and what it makes are left out.
#include "ingest/hcb_emit.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "ingest/device_file.h"
#include "ingest/hcb_attributes.h"
#include "ingest/hcb_bodies.h"
#include "ingest/hcb_loops.h"
#include "ingest/hcb_rules.h"
#include "ingest/hcb_storage.h"
#include "ingest/hcb_verify.h"
#include "ingest/training_emission.h"
#include "ingest/training_optimizer.h"
#include "ops/attention.h"
#include "ops/cost.h"

namespace hcb::internal {
namespace {

std::span<const std::int64_t> shape_of(const v1::Value& value) {
  return {value.shape().data(), static_cast<std::size_t>(value.shape_size())};
}

bool has_effect(const v1::Node& node, v1::Effect effect) {
  return std::ranges::find(node.effects(), effect) != node.effects().end();
}

class Emitter {
 public:
  Emitter(const v1::Graph& file, const std::string& graph_name, const Options& options,
          const Device& device, HcbStorages storages)
      : file_(file),
        options_(options),
        device_(device),
        storages_(std::move(storages)),
        builder_(static_cast<Dialect>(file.dialect() - v1::DIALECT_ONNX), graph_name),
        value_(static_cast<std::size_t>(file.values_size()), kNone<ValueId>),
        node_(static_cast<std::size_t>(file.nodes_size()), kNone<NodeId>) {}

  Result<TrainingGraph> run() && {
    for (int v = 0; v < file_.values_size(); ++v) HCB_CHECK(value(v));
    for (int n = 0; n < file_.nodes_size(); ++n) HCB_CHECK(node(n));
    order_edges();
    for (const auto* list : {&file_.outputs(), &file_.held()}) {
      for (const std::uint32_t v : *list) mark_output(v);
    }
    HCB_CHECK(optimizer_states());
    HCB_CHECK(report());
    HCB_TRY(Graph graph, std::move(builder_).freeze());
    const bool estimated = !file_.resolved() && measured_ == 0;
    if (estimated && options_.cost_model == CostModel::fused) {
      graph = graph.with_costs(fused_attention_costs(graph, device_));
    }
    return TrainingGraph{.graph = std::move(graph), .report = std::move(report_)};
  }

 private:
  [[nodiscard]] bool wanted(int n) const {
    return n < 0 || !options_.inference || file_.nodes(n).phase() == v1::PHASE_FORWARD;
  }

  [[nodiscard]] std::int32_t producer(int v) const {
    return storages_.producer[static_cast<std::size_t>(v)];
  }

  // Measured storage bytes of an output, else those of its storage.
  [[nodiscard]] Bytes bytes_of(int v) const {
    const Bytes declared = file_.storages(static_cast<int>(file_.values(v).storage())).bytes();
    if (producer(v) < 0) return declared;
    const v1::Node& node = file_.nodes(producer(v));
    const auto& measured = node.cost().output_storage_bytes();
    if (measured.empty()) return declared;
    return measured.Get(storages_.output_position[static_cast<std::size_t>(v)]);
  }

  // Dims that repeat the same elements (stride 0) are stored once.
  static std::vector<std::int64_t> stored_shape(const v1::Value& value) {
    std::vector<std::int64_t> shape(value.shape().begin(), value.shape().end());
    for (int i = 0; i < value.strides_size(); ++i) {
      auto& dim = shape[static_cast<std::size_t>(i)];
      if (value.strides(i) == 0 && dim > 1) dim = 1;
    }
    return shape;
  }

  Result<void> value(int v) {
    if (!wanted(producer(v))) return {};
    const v1::Value& in = file_.values(v);
    const std::int32_t base = storages_.view_of[static_cast<std::size_t>(v)];
    ValueSpec spec{.name = in.name(),
                   .dtype = static_cast<DType>(in.dtype()),
                   .role = static_cast<Role>(in.role() - v1::ROLE_PARAMETER)};
    if (base == kNoBase) {
      spec.shape = stored_shape(in);
      spec.storage = bytes_of(v);
    } else {
      spec.shape.assign(in.shape().begin(), in.shape().end());
      spec.view_of = value_[static_cast<std::size_t>(base)];
    }
    if (!is_resident(spec.role) && producer(v) < 0) return unmade(in);
    value_[static_cast<std::size_t>(v)] = is_resident(spec.role)
                                              ? builder_.add_resident(std::move(spec))
                                              : builder_.add_value(std::move(spec));
    return {};
  }

  static Result<void> unmade(const v1::Value& value) {
    return fail(ErrorKind::bad_input,
                fmt::format("value '{}': field role: {}, but no node makes it",
                            printable(value.name()), v1::Role_Name(value.role())));
  }

  [[nodiscard]] OpTensor tensor(std::uint32_t v) const {
    const v1::Value& value = file_.values(static_cast<int>(v));
    if (value.dtype() == v1::DTYPE_UNDEFINED) return {};
    return {.present = true,
            .dtype = static_cast<DType>(value.dtype()),
            .shape = shape_of(value),
            .constant = value.role() == v1::ROLE_CONSTANT};
  }

  [[nodiscard]] bool is_view(std::uint32_t v) const { return storages_.view_of[v] != kNoBase; }

  // The file's word, which has to agree with what its outputs are.
  Result<bool> view_flag(const v1::Node& node) const {
    const bool views = node.outputs_size() > 0 &&
                       std::ranges::all_of(node.outputs(), [&](auto v) { return is_view(v); });
    if (node.view() && !views) {
      return fail(ErrorKind::bad_input,
                  fmt::format("node '{}' ({}): field view: true, but not every output is a view",
                              printable(node.name()), printable(node.op())));
    }
    return views && !has_effect(node, v1::EFFECT_MUTATION);
  }

  [[nodiscard]] NodeSpec spec_of(int n) const {
    const v1::Node& in = file_.nodes(n);
    NodeSpec spec{.name = in.name(),
                  .op = in.op(),
                  .phase = static_cast<Phase>(in.phase() - v1::PHASE_FORWARD),
                  .module = in.module().empty() ? in.source() : in.module(),
                  .donates = storages_.donates[static_cast<std::size_t>(n)]};
    for (const std::uint32_t plus_one : in.inputs_plus_one())
      spec.inputs.push_back(plus_one == 0 ? kNone<ValueId> : value_[plus_one - 1]);
    for (const std::uint32_t v : in.outputs()) spec.outputs.push_back(value_[v]);
    if (in.forward_plus_one() != 0) spec.forward = node_[in.forward_plus_one() - 1];
    return spec;
  }

  // Everything as the file says it.
  Result<void> resolved_node(int n) {
    const v1::Node& in = file_.nodes(n);
    NodeSpec spec = spec_of(n);
    HCB_CHECK(view_flag(in));
    spec.flags = {.view = in.view(),
                  .random = in.random(),
                  .effect = !in.effects().empty(),
                  .never_replay = storages_.once[static_cast<std::size_t>(n)] != 0,
                  .default_rule = in.default_rule()};
    if (spec.flags.default_rule) ++by_default_[in.op()];
    const v1::Cost& cost = in.cost();
    spec.cost = {.flops = cost.flops(),
                 .bytes_moved = cost.bytes_moved(),
                 .workspace = cost.workspace_bytes(),
                 .time = cost.time_ns()};
    spec.attributes = attributes_of(in);
    HCB_CHECK(add_time(in, spec.cost.time));
    node_[static_cast<std::size_t>(n)] = builder_.add_node(std::move(spec));
    return {};
  }

  Result<void> node(int n) {
    if (!wanted(n)) return {};
    const v1::Node& in = file_.nodes(n);
    if (file_.resolved()) return resolved_node(n);
    const HcbRule rule(in, file_.dialect());
    NodeSpec spec = spec_of(n);
    HCB_TRY(const bool view, view_flag(in));
    spec.flags = {.view = view,
                  .random = in.random() || has_effect(in, v1::EFFECT_RANDOM) || rule.random(),
                  .effect = has_effect(in, v1::EFFECT_STATE) ||
                            has_effect(in, v1::EFFECT_COLLECTIVE) ||
                            has_effect(in, v1::EFFECT_HOST),
                  .never_replay = storages_.once[static_cast<std::size_t>(n)] != 0,
                  .default_rule = !rule.known() && !view};
    if (spec.flags.default_rule) ++by_default_[in.op()];
    note_hidden_size(in, rule);
    OpCall call{.attributes = {}};
    for (const std::uint32_t plus_one : in.inputs_plus_one())
      call.inputs.push_back(plus_one == 0 ? OpTensor{} : tensor(plus_one - 1));
    for (const std::uint32_t v : in.outputs()) call.outputs.push_back(tensor(v));
    HCB_TRY(spec.cost, cost(n, rule, call, view));
    node_[static_cast<std::size_t>(n)] = builder_.add_node(std::move(spec));
    return {};
  }

  Result<Cost> cost(int n, const HcbRule& rule, OpCall& call, bool view) {
    const v1::Node& node = file_.nodes(n);
    const bool jax = file_.dialect() == v1::DIALECT_JAX;
    const std::vector<Attribute> attributes =
        jax ? jax_attributes_of(node) : cost_attributes_of(node);
    call.attributes = attributes;
    const v1::Cost& given = node.cost();
    const auto or_given = [](std::int64_t number, Count estimated) {
      return number > 0 ? Count(number) : estimated;
    };
    const Work work{.flops = or_given(given.flops(), rule.flops(call)),
                    .bytes_moved = or_given(given.bytes_moved(), rule.bytes_moved(call)),
                    .workspace = given.workspace_bytes(),
                    .dtype = leading_dtype(call),
                    .view = view,
                    .fusible = rule.pointwise()};
    auto estimated = estimate(work, device_, options_.cost_model);
    if (!estimated) {
      return fail(ErrorKind::bad_input,
                  fmt::format("node '{}' ({}): its FLOPs, bytes or time exceed 63 bits",
                              printable(node.name()), printable(node.op())));
    }
    if (runs_bodies(node)) HCB_CHECK(add_bodies(n, *estimated));
    if (given.measured()) {
      ++measured_;
      estimated->time = given.time_ns();
      estimated->workspace = given.workspace_bytes();
    }
    HCB_CHECK(add_time(node, estimated->time));
    return *estimated;
  }

  // Loops and branches cost what is inside them, where the file does not say what they cost.
  Result<void> add_bodies(int n, Cost& cost) {
    const v1::Node& node = file_.nodes(n);
    HCB_TRY(const BodiesCost inside, cost_of_bodies(node, options_, device_));
    inside_.emplace(n, inside);
    for (const auto& [op, count] : inside.by_default) by_default_[op] += count;
    const v1::Cost& given = node.cost();
    if (given.flops() == 0) cost.flops = inside.cost.flops;
    if (given.bytes_moved() == 0) cost.bytes_moved = inside.cost.bytes_moved;
    if (given.workspace_bytes() == 0) cost.workspace = inside.cost.workspace;
    cost.time = inside.cost.time;
    return {};
  }

  Result<void> add_time(const v1::Node& node, Nanos time) {
    const auto total = checked_add(total_time_, time);
    if (!total) {
      return fail(ErrorKind::bad_input,
                  fmt::format("node '{}' ({}): field cost.time_ns: {} ns, with those before "
                              "it more than 2^63 ns",
                              printable(node.name()), printable(node.op()), time));
    }
    total_time_ = *total;
    return {};
  }

  // Fake tensors of some kernels are empty where the real ones are not.
  void note_hidden_size(const v1::Node& node, const HcbRule& rule) {
    if (!rule.hidden_size() || !node.cost().output_storage_bytes().empty()) return;
    for (const std::uint32_t v : node.outputs()) {
      const v1::Value& value = file_.values(static_cast<int>(v));
      if (value.dtype() == v1::DTYPE_UNDEFINED || bytes_of(static_cast<int>(v)) != 0) continue;
      if (hidden_++ == 0) first_hidden_ = fmt::format("'{}' of {}", value.name(), node.op());
    }
  }

  void order_edges() {
    std::vector<std::pair<NodeId, NodeId>> edges;
    for (const v1::OrderEdge& edge : file_.order_edges()) {
      const NodeId before = node_[edge.before()];
      const NodeId after = node_[edge.after()];
      if (before != kNone<NodeId> && after != kNone<NodeId>) edges.emplace_back(before, after);
    }
    if (!file_.resolved()) {
      std::ranges::sort(edges);
      const auto rest = std::ranges::unique(edges);
      edges.erase(rest.begin(), rest.end());
    }
    for (const auto& [before, after] : edges) builder_.add_order_edge(before, after);
  }

  void mark_output(std::uint32_t v) {
    if (value_[v] == kNone<ValueId>) return;
    builder_.mark_output(value_[v]);
    const std::int32_t made_by = producer(static_cast<int>(v));
    if (made_by >= 0 && file_.nodes(made_by).phase() == v1::PHASE_FORWARD)
      report_.seeds.push_back(file_.values(static_cast<int>(v)).name());
  }

  [[nodiscard]] bool is_parameter(int v) const {
    return file_.values(v).role() == v1::ROLE_PARAMETER && !is_view(static_cast<std::uint32_t>(v));
  }

  [[nodiscard]] bool updates_itself() const {
    return std::ranges::any_of(
        file_.nodes(), [](const v1::Node& node) { return node.phase() == v1::PHASE_OPTIMIZER; });
  }

  Result<void> optimizer_states() {
    HCB_CHECK(check_optimizer(options_));
    if (options_.optimizer == Optimizer::none || options_.inference || !is_joint(file_)) return {};
    if (updates_itself()) {
      return fail(ErrorKind::usage, "--optimizer: the file has its optimizer step in it",
                  "leave --optimizer out");
    }
    for (int v = 0; v < file_.values_size(); ++v) {
      if (!is_parameter(v)) continue;
      ValueSpec parameter = builder_.value(value_[static_cast<std::size_t>(v)]);
      const bool master = has_master(options_, parameter.dtype, DType::undefined);
      for (const auto& state :
           internal::optimizer_states(options_.optimizer, parameter.dtype, master)) {
        ValueSpec spec = parameter;
        spec.name = fmt::format("{}/{}", spec.name, state.name);
        spec.dtype = state.dtype;
        spec.storage.reset();
        spec.role = Role::optimizer_state;
        builder_.add_resident(std::move(spec));
      }
    }
    return {};
  }

  Result<void> report() {
    Count elements = 0;
    Count bytes = 0;
    OptimizerBytes optimizer;
    for (int v = 0; v < file_.values_size(); ++v) {
      if (!is_parameter(v)) continue;
      elements += tensor(static_cast<std::uint32_t>(v)).elements();
      bytes += bytes_of(v);
      optimizer.add(options_, tensor(static_cast<std::uint32_t>(v)), DType::undefined);
    }
    if (!elements.value() || !(bytes + optimizer.adamw).value())
      return fail(ErrorKind::bad_input, "the parameters exceed 2^63 bytes");
    report_.parameter_count = *elements.value();
    report_.parameter_bytes = *bytes.value();
    report_.default_rule_ops.assign(by_default_.begin(), by_default_.end());
    if (is_joint(file_) && !options_.inference && !updates_itself()) {
      report_.optimizer_bytes = *optimizer.counted.value();
      report_.adamw_would_add = *optimizer.adamw.value() - report_.optimizer_bytes;
    }
    if (!options_.inference) report_.loops = find_loops(file_, inside_);
    notes();
    return {};
  }

  void notes() {
    if (!is_joint(file_) && !options_.inference) {
      report_.notes.emplace_back(
          "the file has no backward nodes: planned as inference; export the joint graph to plan "
          "training");
    }
    if (hidden_ > 0) {
      report_.notes.push_back(fmt::format(
          "{} output{} of 0 bytes whose real size is known only after a measurement, first {}",
          hidden_, hidden_ == 1 ? "" : "s", first_hidden_));
    }
    if (file_.resolved())
      report_.notes.emplace_back("times, sizes and flags are those of the file, on any --device");
    if (measured_ == 0) return;
    const v1::Profile& profile = file_.profile();
    report_.notes.push_back(fmt::format(
        "times and workspaces of {} of {} nodes were measured ({}, {} threads, torch {})",
        measured_, node_.size(), profile.device(), profile.threads(), profile.torch_version()));
  }

  const v1::Graph& file_;
  const Options& options_;
  const Device& device_;
  const HcbStorages storages_;
  GraphBuilder builder_;
  std::vector<ValueId> value_;  // by value of the file; kNone: not in the graph
  std::vector<NodeId> node_;
  std::map<std::string, std::size_t> by_default_;
  std::map<int, BodiesCost> inside_;  // of the nodes that run bodies
  std::size_t hidden_ = 0;
  std::string first_hidden_;
  std::size_t measured_ = 0;
  Nanos total_time_ = 0;
  IngestReport report_;
};

}  // namespace

Result<TrainingGraph> emit_hcb(const v1::Graph& file, const std::string& graph_name,
                               const Options& options) {
  HCB_TRY(const Device device, device_of(options.device));
  return emit_hcb(file, graph_name, options, device);
}

Result<TrainingGraph> emit_hcb(const v1::Graph& file, const std::string& graph_name,
                               const Options& options, const Device& device) {
  HCB_TRY(HcbStorages storages, find_storages(file));
  return Emitter(file, graph_name, options, device, std::move(storages)).run();
}

}  // namespace hcb::internal
