// The nodes are copied into a GraphBuilder in the given order; values are declared when the first
// node touches them. A buffer from outside is declared once, through its base value, and every
// other value in it is a view of that.
#include "graph/subgraph.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "graph/builder.h"

namespace hcb {
namespace {

class Extractor {
 public:
  Extractor(const Graph& graph, IdVector<NodeId, char> kept)
      : graph_(graph),
        kept_(std::move(kept)),
        builder_(graph.dialect(), std::string(graph.graph_name())),
        new_value_(graph.value_count(), kNone<ValueId>),
        new_node_(graph.node_count(), kNone<NodeId>) {}

  Result<Graph> run() && {
    for (const NodeId n : graph_.nodes()) {
      if (kept_[n]) add_node(n);
    }
    for (const NodeId n : graph_.nodes()) {
      if (kept_[n]) link_forward(n);
    }
    for (const auto& [before, after] : graph_.order_edges()) {
      if (kept_[before] && kept_[after]) {
        builder_.add_order_edge(new_node_[before], new_node_[after]);
      }
    }
    for (const ValueId v : graph_.values()) {
      if (leaves(v)) builder_.mark_output(new_value_[v]);
    }
    return std::move(builder_).freeze();
  }

 private:
  [[nodiscard]] bool is_kept(NodeId n) const { return n != kNone<NodeId> && kept_[n]; }
  [[nodiscard]] bool is_outside(BufferId b) const { return !is_kept(graph_.owner(b)); }

  [[nodiscard]] bool leaves(ValueId v) const {
    if (!is_kept(graph_.producer(v))) return false;
    const auto outside = [&](NodeId n) { return !kept_[n]; };
    return graph_.is_output(v) || std::ranges::any_of(graph_.consumers(v), outside);
  }

  [[nodiscard]] ValueSpec spec(ValueId v) const {
    const auto shape = graph_.shape(v);
    return {.name = std::string(graph_.name(v)),
            .dtype = graph_.dtype(v),
            .shape = {shape.begin(), shape.end()},
            .role = graph_.role(v)};
  }

  // Declares a value made outside: its buffer's base value first.
  ValueId outer_value(ValueId v) {
    if (new_value_[v] != kNone<ValueId>) return new_value_[v];
    ValueSpec made = spec(v);
    if (!is_resident(made.role)) made.role = Role::input;
    const BufferId buffer = graph_.buffer(v);
    if (graph_.base_value(buffer) == v || !is_outside(buffer)) {
      made.storage = graph_.bytes(buffer);
    } else {
      made.view_of = outer_value(graph_.base_value(buffer));
    }
    return new_value_[v] = builder_.add_resident(std::move(made));
  }

  // The input of n whose storage its output v shows.
  [[nodiscard]] ValueId base_among_inputs(NodeId n, ValueId v) const {
    const auto shares = [&](ValueId x) {
      return x != kNone<ValueId> && graph_.buffer(x) == graph_.buffer(v);
    };
    return *std::ranges::find_if(graph_.inputs(n), shares);
  }

  ValueId inner_value(NodeId n, ValueId v) {
    ValueSpec made = spec(v);
    if (graph_.base_value(graph_.buffer(v)) == v) {
      made.storage = graph_.bytes(graph_.buffer(v));
    } else {
      made.view_of = new_value_[base_among_inputs(n, v)];
    }
    return new_value_[v] = builder_.add_value(std::move(made));
  }

  [[nodiscard]] bool still_donates(BufferId donor) const {
    return donor != kNone<BufferId> && (graph_.resident(donor) || !is_outside(donor));
  }

  // The position of the input of n that its output v may take over; past the end if there is none.
  [[nodiscard]] std::size_t donated_input(NodeId n, ValueId v) const {
    const auto inputs = graph_.inputs(n);
    const BufferId donor = graph_.donor(graph_.buffer(v));
    if (graph_.base_value(graph_.buffer(v)) != v || !still_donates(donor)) return inputs.size();
    const auto fits = [&](ValueId x) {
      return x != kNone<ValueId> && graph_.buffer(x) == donor &&
             tensor_bytes(graph_.dtype(x), graph_.shape(x)) ==
                 tensor_bytes(graph_.dtype(v), graph_.shape(v));
    };
    return static_cast<std::size_t>(std::ranges::find_if(inputs, fits) - inputs.begin());
  }

  [[nodiscard]] std::vector<Donation> donations(NodeId n) const {
    std::vector<Donation> donations;
    for (std::size_t i = 0; i < graph_.outputs(n).size(); ++i) {
      const std::size_t input = donated_input(n, graph_.outputs(n)[i]);
      if (input < graph_.inputs(n).size()) donations.push_back({.output = i, .input = input});
    }
    return donations;
  }

  void add_node(NodeId n) {
    NodeSpec made{.name = std::string(graph_.name(n)),
                  .op = std::string(graph_.op(n)),
                  .phase = graph_.phase(n),
                  .flags = graph_.flags(n),
                  .cost = graph_.cost(n),
                  .module = std::string(graph_.module(n)),
                  .attributes = {graph_.attributes(n).begin(), graph_.attributes(n).end()},
                  .donates = donations(n)};
    for (const ValueId v : graph_.inputs(n)) {
      const bool outer = v != kNone<ValueId> && !is_kept(graph_.producer(v));
      made.inputs.push_back(v == kNone<ValueId> ? v : outer ? outer_value(v) : new_value_[v]);
    }
    for (const ValueId v : graph_.outputs(n)) made.outputs.push_back(inner_value(n, v));
    new_node_[n] = builder_.add_node(std::move(made));
  }

  void link_forward(NodeId n) {
    const NodeId forward = graph_.forward_of(n);
    if (is_kept(forward)) builder_.mutable_node(new_node_[n]).forward = new_node_[forward];
  }

  const Graph& graph_;
  IdVector<NodeId, char> kept_;
  GraphBuilder builder_;
  IdVector<ValueId, ValueId> new_value_;  // kNone: not declared yet
  IdVector<NodeId, NodeId> new_node_;
};

}  // namespace

Result<Graph> induced_subgraph(const Graph& graph, std::span<const NodeId> nodes) {
  IdVector<NodeId, char> kept(graph.node_count(), 0);
  for (const NodeId n : nodes) {
    if (index(n) >= graph.node_count()) {
      return fail(ErrorKind::bad_input,
                  fmt::format("node {} of {}: the graph has {} nodes", index(n), graph.graph_name(),
                              graph.node_count()));
    }
    kept[n] = 1;
  }
  return Extractor(graph, std::move(kept)).run();
}

}  // namespace hcb
