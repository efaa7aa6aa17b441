// One pass per kind of thing; a check refers only to what was checked before it. The given order is
// topological, which a single pass over the nodes proves: every input is resident or made already.
#include "ingest/hcb_verify.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "graph/types.h"
#include "ingest/hcb.h"

namespace hcb::internal {
namespace {

constexpr int kNoNode = -1;

// From which phase on a value may be read: a number of v1.Phase, or one of these.
constexpr std::uint8_t kAlways = 0;
constexpr std::uint8_t kNotMade = 255;

std::unexpected<Error> invalid(std::string message, std::string help = {}) {
  return fail(ErrorKind::bad_input, std::move(message), std::move(help));
}

std::span<const std::int64_t> shape_of(const v1::Value& value) {
  return {value.shape().data(), static_cast<std::size_t>(value.shape_size())};
}

bool is_resident_role(v1::Role role) {
  return role >= v1::ROLE_PARAMETER && role <= v1::ROLE_OPTIMIZER_STATE;
}

class Verifier {
 public:
  explicit Verifier(const v1::Graph& graph)
      : graph_(graph),
        producer_(static_cast<std::size_t>(graph.values_size()), kNoNode),
        readable_(producer_.size(), kNotMade) {}

  Result<void> run() && {
    HCB_CHECK(head());
    HCB_CHECK(inside());
    HCB_CHECK(loss());
    return gradients();
  }

  // A body may have no nodes and says nothing of a loss or gradients.
  Result<void> run_body(v1::Dialect dialect) && {
    if (graph_.dialect() != dialect) {
      return invalid(fmt::format("field dialect: {}",
                                 enumerator(v1::Dialect_Name(graph_.dialect()), graph_.dialect())));
    }
    return inside();
  }

 private:
  Result<void> inside() {
    for (int s = 0; s < graph_.storages_size(); ++s) HCB_CHECK(storage(s));
    for (int v = 0; v < graph_.values_size(); ++v) {
      HCB_CHECK(value(graph_.values(v)));
      if (is_resident_role(graph_.values(v).role()))
        readable_[static_cast<std::size_t>(v)] = kAlways;
    }
    for (int n = 0; n < graph_.nodes_size(); ++n) HCB_CHECK(node(n));
    for (int e = 0; e < graph_.order_edges_size(); ++e) HCB_CHECK(order_edge(e));
    HCB_CHECK(value_list("outputs", graph_.outputs()));
    return value_list("held", graph_.held());
  }

  static std::unexpected<Error> wrong(const v1::Node& node, std::string_view field,
                                      std::string_view what) {
    return invalid(fmt::format("node '{}' ({}): field {}: {}", printable(node.name()),
                               printable(node.op()), field, what));
  }

  static std::unexpected<Error> wrong(const v1::Value& value, std::string_view field,
                                      std::string_view what) {
    return invalid(fmt::format("value '{}': field {}: {}", printable(value.name()), field, what));
  }

  [[nodiscard]] std::string value_name(std::uint32_t v) const {
    return fmt::format("'{}'", printable(graph_.values(static_cast<int>(v)).name()));
  }

  [[nodiscard]] bool is_value(std::uint32_t v) const { return v < producer_.size(); }

  [[nodiscard]] std::string of_values() const {
    return fmt::format("of {} values", graph_.values_size());
  }

  Result<void> head() const {
    const v1::Version& version = graph_.version();
    if (version.major() > kHcbMajor) {
      return invalid(fmt::format("hcb.v1 graph of version {}.{}; this program reads {}.{} and its "
                                 "minor versions",
                                 version.major(), version.minor(), kHcbMajor, kHcbMinor),
                     "use a newer hcb, or export with an older hcb_tools");
    }
    if (version.major() == 0) return invalid("field version.major: not given");
    if (!known_dialect(graph_.dialect())) {
      return invalid(
          fmt::format("field dialect: {}; this version reads DIALECT_ATEN and DIALECT_JAX, and "
                      "DIALECT_ONNX in resolved graphs",
                      enumerator(v1::Dialect_Name(graph_.dialect()), graph_.dialect())));
    }
    if (graph_.nodes_size() == 0) return invalid("field nodes: empty: there is nothing to plan");
    return {};
  }

  // The tables of aten and jax read files; a resolved graph asks none.
  [[nodiscard]] bool known_dialect(v1::Dialect dialect) const {
    return dialect == v1::DIALECT_ATEN || dialect == v1::DIALECT_JAX ||
           (graph_.resolved() && dialect == v1::DIALECT_ONNX);
  }

  static std::string enumerator(const std::string& name, int number) {
    return name.empty() ? fmt::format("{} (unknown)", number) : name;
  }

  Result<void> storage(int s) const {
    const std::int64_t bytes = graph_.storages(s).bytes();
    if (bytes >= 0) return {};
    return invalid(fmt::format("storage {}: field bytes: {} is negative", s, bytes));
  }

  Result<void> value(const v1::Value& value) const {
    if (value.dtype() < v1::DTYPE_UNDEFINED || value.dtype() > v1::DTYPE_KEY)
      return wrong(value, "dtype", fmt::format("{} is no element type", int{value.dtype()}));
    if (value.role() < v1::ROLE_PARAMETER || value.role() > v1::ROLE_GRADIENT)
      return wrong(value, "role", enumerator(v1::Role_Name(value.role()), value.role()));
    for (const std::int64_t dim : value.shape()) {
      if (dim < 0) return wrong(value, "shape", fmt::format("dim {} is negative", dim));
    }
    if (value.strides_size() != 0 && value.strides_size() != value.shape_size()) {
      return wrong(value, "strides",
                   fmt::format("{} strides for {} dims", value.strides_size(), value.shape_size()));
    }
    HCB_CHECK(fits(value));
    const std::uint32_t base = value.view_of_plus_one();
    if (base > producer_.size())
      return wrong(value, "view_of_plus_one", fmt::format("{} {}", base, of_values()));
    HCB_CHECK(data(value));
    return gradient_of(value);
  }

  // All elements of a constant, or none.
  static Result<void> data(const v1::Value& value) {
    if (value.data().empty()) return {};
    if (value.role() != v1::ROLE_CONSTANT)
      return wrong(value, "data", fmt::format("given for {}", v1::Role_Name(value.role())));
    const auto wanted = tensor_bytes(static_cast<DType>(value.dtype()), shape_of(value));
    if (wanted && *wanted == std::ssize(value.data())) return {};
    return wrong(value, "data",
                 fmt::format("{} bytes for {} of shape {}", value.data().size(),
                             name(static_cast<DType>(value.dtype())), shape_text(shape_of(value))));
  }

  Result<void> gradient_of(const v1::Value& value) const {
    const std::uint32_t of = value.gradient_of_plus_one();
    if (of == 0) return {};
    if (!is_value(of - 1))
      return wrong(value, "gradient_of_plus_one", fmt::format("{} {}", of, of_values()));
    const v1::Value& source = graph_.values(static_cast<int>(of - 1));
    if (value.role() == v1::ROLE_GRADIENT && is_resident_role(source.role()) &&
        std::ranges::equal(shape_of(source), shape_of(value))) {
      return {};
    }
    return wrong(
        value, "gradient_of_plus_one",
        fmt::format("{} of shape {} cannot be the gradient of {} ({} of shape {})",
                    v1::Role_Name(value.role()), shape_text(shape_of(value)), value_name(of - 1),
                    v1::Role_Name(source.role()), shape_text(shape_of(source))));
  }

  Result<void> fits(const v1::Value& value) const {
    if (value.storage() >= static_cast<std::uint32_t>(graph_.storages_size())) {
      return wrong(value, "storage",
                   fmt::format("{} of {} storages", value.storage(), graph_.storages_size()));
    }
    for (const std::int64_t stride : value.strides()) {
      if (stride < 0) return wrong(value, "strides", fmt::format("{} is negative", stride));
    }
    if (value.storage_offset() < 0) {
      return wrong(value, "storage_offset", fmt::format("{} is negative", value.storage_offset()));
    }
    const auto shape = shape_of(value);
    if (!element_count(shape)) return wrong(value, "shape", "more than 2^63 elements");
    const auto needed = extent_bytes(value);
    const Bytes given = graph_.storages(static_cast<int>(value.storage())).bytes();
    if (needed && *needed <= given) return {};
    return wrong(value, "storage",
                 fmt::format("{} bytes hold no {} of shape {}{}", given,
                             name(static_cast<DType>(value.dtype())), shape_text(shape),
                             needed ? fmt::format(", which reaches to byte {}", *needed) : ""));
  }

  Result<void> node(int n) {
    const v1::Node& node = graph_.nodes(n);
    HCB_CHECK(enumerators(node));
    if (node.dialect() != graph_.dialect() && node.dialect() != v1::DIALECT_UNSPECIFIED)
      return wrong(node, "dialect", enumerator(v1::Dialect_Name(node.dialect()), node.dialect()));
    for (int i = 0; i < node.bodies_size(); ++i) HCB_CHECK(body(node, i));
    for (int i = 0; i < node.inputs_plus_one_size(); ++i) HCB_CHECK(input(n, i));
    for (int i = 0; i < node.outputs_size(); ++i) HCB_CHECK(output(n, i));
    for (const v1::Donation& donation : node.donates()) HCB_CHECK(this->donation(node, donation));
    for (int i = 0; i < node.writes_size(); ++i) HCB_CHECK(write(node, i));
    HCB_CHECK(cost(node));
    return forward(n);
  }

  // Nested as deep as protobuf lets a message be (100).
  Result<void> body(const v1::Node& node, int i) const {
    const v1::ScanBody& body = node.bodies(i);
    const std::string field = fmt::format("bodies[{}]", i);
    if (node.dialect() != v1::DIALECT_JAX)
      return wrong(node, field, "only nodes of DIALECT_JAX have bodies");
    if (auto inside = Verifier(body.graph()).run_body(v1::DIALECT_JAX); !inside)
      return wrong(node, field, inside.error().message);
    if (body.length() < 0)
      return wrong(node, field, fmt::format("length {} is negative", body.length()));
    const auto inputs = std::ranges::count_if(body.graph().values(), [](const v1::Value& value) {
      return value.role() == v1::ROLE_INPUT;
    });
    const std::int64_t said = std::int64_t{body.consts()} + body.carries() + body.xs();
    if (inputs == said) return {};
    return wrong(node, field,
                 fmt::format("{} consts, {} carries and {} xs, but {} values of ROLE_INPUT",
                             body.consts(), body.carries(), body.xs(), inputs));
  }

  static Result<void> enumerators(const v1::Node& node) {
    if (node.op().empty()) return wrong(node, "op", "not given");
    if (node.phase() < v1::PHASE_FORWARD || node.phase() > v1::PHASE_OPTIMIZER)
      return wrong(node, "phase", enumerator(v1::Phase_Name(node.phase()), node.phase()));
    if (node.replay() != v1::REPLAY_PURE && node.replay() != v1::REPLAY_NEVER)
      return wrong(node, "replay", enumerator(v1::Replay_Name(node.replay()), node.replay()));
    for (const int effect : node.effects()) {
      if (effect < v1::EFFECT_STATE || effect > v1::EFFECT_HOST) {
        return wrong(node, "effects",
                     enumerator(v1::Effect_Name(static_cast<v1::Effect>(effect)), effect));
      }
      if ((effect == v1::EFFECT_COLLECTIVE || effect == v1::EFFECT_HOST) &&
          node.replay() != v1::REPLAY_NEVER) {
        return wrong(node, "replay",
                     "REPLAY_PURE, but a collective or host effect may happen once only");
      }
    }
    return {};
  }

  Result<void> input(int n, int i) const {
    const v1::Node& node = graph_.nodes(n);
    const std::uint32_t plus_one = node.inputs_plus_one(i);
    if (plus_one == 0) return {};
    const auto field = [&] { return fmt::format("inputs_plus_one[{}]", i); };
    if (!is_value(plus_one - 1))
      return wrong(node, field(), fmt::format("{} {}", plus_one, of_values()));
    if (readable_[plus_one - 1] <= node.phase()) return {};
    const int producer = producer_[plus_one - 1];
    if (producer == kNoNode) {
      return wrong(node, field(),
                   fmt::format("{} is made by no node before this one", value_name(plus_one - 1)));
    }
    const v1::Node& maker = graph_.nodes(producer);
    return wrong(node, "phase",
                 fmt::format("{}, but it reads {} of node '{}' of {}", v1::Phase_Name(node.phase()),
                             value_name(plus_one - 1), printable(maker.name()),
                             v1::Phase_Name(maker.phase())));
  }

  Result<void> output(int n, int i) {
    const v1::Node& node = graph_.nodes(n);
    const std::uint32_t v = node.outputs(i);
    const auto field = [&] { return fmt::format("outputs[{}]", i); };
    if (!is_value(v)) return wrong(node, field(), fmt::format("{} {}", v, of_values()));
    const v1::Value& value = graph_.values(static_cast<int>(v));
    if (is_resident_role(value.role())) {
      return wrong(
          node, field(),
          fmt::format("{} is {}, which no node makes", value_name(v), v1::Role_Name(value.role())));
    }
    if (producer_[v] != kNoNode) {
      return wrong(node, field(),
                   fmt::format("{} is made by node '{}' already", value_name(v),
                               printable(graph_.nodes(producer_[v]).name())));
    }
    producer_[v] = n;
    readable_[v] = static_cast<std::uint8_t>(node.phase());
    return {};
  }

  static Result<void> donation(const v1::Node& node, const v1::Donation& donation) {
    if (donation.output() < static_cast<std::uint32_t>(node.outputs_size()) &&
        donation.input() < static_cast<std::uint32_t>(node.inputs_plus_one_size()) &&
        node.inputs_plus_one(static_cast<int>(donation.input())) != 0) {
      return {};
    }
    return wrong(node, "donates",
                 fmt::format("output {} takes over input {}: out of range", donation.output(),
                             donation.input()));
  }

  // What a call overwrites is state, or dies in it: its new contents are an output.
  static Result<void> write(const v1::Node& node, int i) {
    const std::uint32_t at = node.writes(i);
    const std::string field = fmt::format("writes[{}]", i);
    if (at >= static_cast<std::uint32_t>(node.inputs_plus_one_size()) ||
        node.inputs_plus_one(static_cast<int>(at)) == 0) {
      return wrong(node, field, fmt::format("input {} is not there", at));
    }
    if (!node.effects().empty()) return {};
    return wrong(node, field, fmt::format("{}, but field effects is empty", at));
  }

  static Result<void> cost(const v1::Node& node) {
    const v1::Cost& cost = node.cost();
    if (std::min({cost.flops(), cost.bytes_moved(), cost.workspace_bytes(), cost.time_ns()}) < 0)
      return wrong(node, "cost", "a negative number");
    const auto& sizes = cost.output_storage_bytes();
    if (!sizes.empty() && sizes.size() != node.outputs_size()) {
      return wrong(node, "cost.output_storage_bytes",
                   fmt::format("{} sizes for {} outputs", sizes.size(), node.outputs_size()));
    }
    if (std::ranges::any_of(sizes, [](std::int64_t bytes) { return bytes < 0; }))
      return wrong(node, "cost.output_storage_bytes", "a negative number");
    return {};
  }

  Result<void> forward(int n) const {
    const v1::Node& node = graph_.nodes(n);
    if (node.forward_plus_one() == 0) return {};
    const std::uint32_t at = node.forward_plus_one() - 1;
    if (at < static_cast<std::uint32_t>(n) &&
        graph_.nodes(static_cast<int>(at)).phase() == v1::PHASE_FORWARD) {
      return {};
    }
    return wrong(node, "forward_plus_one",
                 fmt::format("{} is no forward node before this one", node.forward_plus_one()));
  }

  Result<void> order_edge(int e) const {
    const v1::OrderEdge& edge = graph_.order_edges(e);
    const auto nodes = static_cast<std::uint32_t>(graph_.nodes_size());
    if (edge.before() < edge.after() && edge.after() < nodes) return {};
    return invalid(
        fmt::format("field order_edges[{}]: {} before {} of {} nodes: out of range, or "
                    "against the given order",
                    e, edge.before(), edge.after(), nodes));
  }

  template <class Indexes>
  Result<void> value_list(std::string_view field, const Indexes& list) const {
    for (int i = 0; i < list.size(); ++i) {
      const std::uint32_t v = list.Get(i);
      if (!is_value(v))
        return invalid(fmt::format("field {}[{}]: {} {}", field, i, v, of_values()));
      if (readable_[v] == kNotMade) {
        return invalid(fmt::format("field {}[{}]: {} is made by no node", field, i, value_name(v)));
      }
    }
    return {};
  }

  Result<void> loss() const {
    const std::uint32_t plus_one = graph_.loss_plus_one();
    if (plus_one == 0) return {};
    if (!is_value(plus_one - 1))
      return invalid(fmt::format("field loss_plus_one: {} {}", plus_one, of_values()));
    const auto is_loss = [&](std::uint32_t v) { return v == plus_one - 1; };
    if (std::ranges::any_of(graph_.outputs(), is_loss)) return {};
    return invalid(fmt::format("field loss_plus_one: {} is no output", value_name(plus_one - 1)));
  }

  // A training step that hands back no gradient, and updates nothing with one, is no training step.
  Result<void> gradients() const {
    if (!is_joint(graph_)) return {};
    const auto is_gradient = [&](std::uint32_t v) {
      return graph_.values(static_cast<int>(v)).role() == v1::ROLE_GRADIENT;
    };
    if (std::ranges::any_of(graph_.outputs(), is_gradient)) return {};
    for (const v1::Node& node : graph_.nodes()) {
      if (node.phase() == v1::PHASE_OPTIMIZER) return {};
    }
    return invalid(
        "field outputs: the graph has backward nodes, but none of its outputs has ROLE_GRADIENT",
        "export the gradients of the parameters, or the update that consumes them");
  }

  const v1::Graph& graph_;
  std::vector<int> producer_;           // by value; kNoNode: resident, or not made yet
  std::vector<std::uint8_t> readable_;  // by value; small, for it is looked at for every input
};

}  // namespace

bool is_joint(const v1::Graph& graph) {
  return std::ranges::any_of(
      graph.nodes(), [](const v1::Node& node) { return node.phase() == v1::PHASE_BACKWARD; });
}

Result<void> verify_hcb(const v1::Graph& graph) { return Verifier(graph).run(); }

}  // namespace hcb::internal
