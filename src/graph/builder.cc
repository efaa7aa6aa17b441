// freeze() works in three passes: verify the parts, choose the order, copy everything into flat
// arrays under the new node ids. Each pass is linear but for the heap of a renumbering.
#include "graph/builder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "graph/verify.h"

namespace hcb {
namespace {

// Sorts and drops duplicates.
template <class T>
void make_set(std::vector<T>& items) {
  std::ranges::sort(items);
  const auto rest = std::ranges::unique(items);
  items.erase(rest.begin(), rest.end());
}

// By node the rows that it is in: ascending, each once.
Csr<NodeId, NodeId> turned(const Csr<NodeId, NodeId>& rows) {
  std::vector<std::pair<NodeId, NodeId>> pairs;
  pairs.reserve(rows.item_count());
  IdVector<NodeId, NodeId> last(rows.rows(), kNone<NodeId>);
  for (const NodeId row : ids<NodeId>(rows.rows())) {
    for (const NodeId n : rows[row]) {
      if (std::exchange(last[n], row) != row) pairs.emplace_back(n, row);
    }
  }
  return Csr<NodeId, NodeId>::from_pairs(rows.rows(), pairs);
}

}  // namespace

GraphBuilder::GraphBuilder(Dialect dialect, std::string graph_name)
    : dialect_(dialect), graph_name_(std::move(graph_name)) {}

ValueId GraphBuilder::add_resident(ValueSpec spec) { return values_.push_back(std::move(spec)); }
ValueId GraphBuilder::add_value(ValueSpec spec) { return values_.push_back(std::move(spec)); }
NodeId GraphBuilder::add_node(NodeSpec spec) { return nodes_.push_back(std::move(spec)); }
void GraphBuilder::add_order_edge(NodeId before, NodeId after) {
  order_edges_.emplace_back(before, after);
}

void GraphBuilder::mark_output(ValueId value) { outputs_.push_back(value); }

// Copies the builder's parts into a Graph whose node ids follow `order`.
class GraphFreezer {
 public:
  GraphFreezer(IdVector<ValueId, ValueSpec> values, IdVector<NodeId, NodeSpec> nodes,
               std::vector<NodeId> order, IdVector<ValueId, NodeId> producer)
      : values_(std::move(values)),
        nodes_(std::move(nodes)),
        order_(std::move(order)),
        producer_(std::move(producer)) {
    new_id_.resize(nodes_.size());
    for (std::size_t i = 0; i < order_.size(); ++i) new_id_[order_[i]] = id_at<NodeId>(i);
  }

  Result<Graph> run(Dialect dialect, std::string graph_name,
                    std::span<const std::pair<NodeId, NodeId>> order_edges,
                    std::span<const ValueId> outputs) && {
    graph_.dialect_ = dialect;
    graph_.graph_name_ = std::move(graph_name);
    for (const auto& [before, after] : order_edges) {
      graph_.order_edges_.emplace_back(new_id_[before], new_id_[after]);
    }
    HCB_CHECK(make_buffers());
    copy_nodes();
    link_values();
    link_nodes();
    mark_outputs(outputs);
    copy_values();
    return std::move(graph_);
  }

 private:
  [[nodiscard]] NodeId renumbered(NodeId old) const {
    return old == kNone<NodeId> ? old : new_id_[old];
  }

  Result<void> make_buffers() {
    graph_.value_buffer_.assign(values_.size(), kNone<BufferId>);
    for (const ValueId v : ids<ValueId>(values_.size())) {
      if (values_[v].view_of != kNone<ValueId>) {
        graph_.value_buffer_[v] = graph_.value_buffer_[values_[v].view_of];
        continue;
      }
      HCB_TRY(const Bytes bytes, internal::storage_bytes(values_[v]));
      graph_.value_buffer_[v] = graph_.buffer_bytes_.push_back(bytes);
      graph_.buffer_owner_.push_back(renumbered(producer_[v]));
      graph_.buffer_value_.push_back(v);
    }
    graph_.buffer_donor_.assign(graph_.buffer_count(), kNone<BufferId>);
    graph_.buffer_is_output_.assign(graph_.buffer_count(), 0);
    return {};
  }

  std::uint32_t intern(const std::string& op) {
    const auto [at, inserted] =
        op_ids_.try_emplace(op, static_cast<std::uint32_t>(graph_.op_names_.size()));
    if (inserted) graph_.op_names_.push_back(op);
    return at->second;
  }

  void copy_nodes() {
    const auto size = [&](auto&... rows) { (rows.resize(order_.size()), ...); };
    size(graph_.node_op_, graph_.node_phase_, graph_.node_flags_, graph_.node_cost_,
         graph_.node_forward_, graph_.node_name_, graph_.node_module_, graph_.node_attributes_);
    for (const NodeId n : ids<NodeId>(order_.size())) {
      NodeSpec& node = nodes_[order_[index(n)]];
      graph_.node_op_[n] = intern(node.op);
      graph_.node_phase_[n] = node.phase;
      graph_.node_flags_[n] = node.flags;
      graph_.node_cost_[n] = node.cost;
      graph_.node_forward_[n] = renumbered(node.forward);
      graph_.node_inputs_.add_row(node.inputs);
      graph_.node_outputs_.add_row(node.outputs);
      set_donors(node);
      graph_.node_name_[n] = std::move(node.name);
      graph_.node_module_[n] = std::move(node.module);
      graph_.node_attributes_[n] = std::move(node.attributes);
    }
  }

  // A donor whose storage is not the size of the output (the input is a view of something larger)
  // cannot be taken over.
  void set_donors(const NodeSpec& node) {
    for (const Donation& d : node.donates) {
      const BufferId out = graph_.value_buffer_[node.outputs[d.output]];
      const BufferId in = graph_.value_buffer_[node.inputs[d.input]];
      if (graph_.buffer_bytes_[out] == graph_.buffer_bytes_[in]) graph_.buffer_donor_[out] = in;
    }
  }

  // Nodes come in ascending order, so rows of readers ascend; one that reads twice counts once.
  void link_values() {
    std::vector<std::pair<ValueId, NodeId>> uses;
    std::vector<std::pair<BufferId, NodeId>> reads;
    IdVector<ValueId, NodeId> last_use(values_.size(), kNone<NodeId>);
    IdVector<BufferId, NodeId> last_read(graph_.buffer_count(), kNone<NodeId>);
    for (const NodeId n : graph_.nodes()) {
      for (const ValueId v : graph_.inputs(n)) {
        if (v == kNone<ValueId>) continue;
        const BufferId b = graph_.buffer(v);
        if (std::exchange(last_use[v], n) != n) uses.emplace_back(v, n);
        if (std::exchange(last_read[b], n) != n) reads.emplace_back(b, n);
      }
    }
    graph_.value_consumers_ = Csr<ValueId, NodeId>::from_pairs(values_.size(), uses);
    graph_.readers_ = Csr<BufferId, NodeId>::from_pairs(graph_.buffer_count(), reads);
    graph_.value_producer_.assign(values_.size(), kNone<NodeId>);
    for (const ValueId v : ids<ValueId>(values_.size()))
      graph_.value_producer_[v] = renumbered(producer_[v]);
  }

  void link_nodes() {
    std::vector<std::pair<NodeId, NodeId>> edges = graph_.order_edges_;
    for (const NodeId n : graph_.nodes()) {
      add_buffer_rows(n);
      for (const ValueId v : graph_.inputs(n)) {
        if (v != kNone<ValueId> && graph_.producer(v) != kNone<NodeId>)
          edges.emplace_back(graph_.producer(v), n);
      }
    }
    graph_.predecessors_ = turned(Csr<NodeId, NodeId>::from_pairs(graph_.node_count(), edges));
    graph_.successors_ = turned(graph_.predecessors_);
  }

  void add_buffer_rows(NodeId n) {
    row_.clear();
    for (const ValueId v : graph_.inputs(n)) {
      if (v != kNone<ValueId> && !graph_.resident(graph_.buffer(v)))
        row_.push_back(graph_.buffer(v));
    }
    make_set(row_);
    graph_.reads_.add_row(row_);
    row_.clear();
    for (const ValueId v : graph_.outputs(n)) {
      if (graph_.owner(graph_.buffer(v)) == n) row_.push_back(graph_.buffer(v));
    }
    make_set(row_);
    graph_.makes_.add_row(row_);
  }

  void mark_outputs(std::span<const ValueId> outputs) {
    graph_.value_is_output_.assign(values_.size(), 0);
    for (const ValueId v : outputs) {
      if (graph_.value_is_output_[v]) continue;
      graph_.outputs_.push_back(v);
      graph_.value_is_output_[v] = 1;
      graph_.buffer_is_output_[graph_.buffer(v)] = 1;
    }
  }

  void copy_values() {
    graph_.value_dtype_.resize(values_.size());
    graph_.value_role_.resize(values_.size());
    graph_.value_name_.resize(values_.size());
    for (const ValueId v : ids<ValueId>(values_.size())) {
      graph_.value_dtype_[v] = values_[v].dtype;
      graph_.value_role_[v] = values_[v].role;
      graph_.value_shape_.add_row(values_[v].shape);
      graph_.value_name_[v] = std::move(values_[v].name);
    }
  }

  IdVector<ValueId, ValueSpec> values_;
  IdVector<NodeId, NodeSpec> nodes_;
  std::vector<NodeId> order_;
  IdVector<ValueId, NodeId> producer_;
  IdVector<NodeId, NodeId> new_id_;
  std::unordered_map<std::string, std::uint32_t> op_ids_;
  std::vector<BufferId> row_;  // of the node at hand
  Graph graph_;
};

Result<Graph> GraphBuilder::freeze() && {
  const internal::Parts parts{values_, nodes_, order_edges_, outputs_};
  HCB_TRY(auto producer, internal::verify_parts(parts));
  HCB_TRY(auto order, internal::given_order(parts, producer));
  return GraphFreezer(std::move(values_), std::move(nodes_), std::move(order), std::move(producer))
      .run(dialect_, std::move(graph_name_), order_edges_, outputs_);
}

}  // namespace hcb
