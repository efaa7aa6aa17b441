// Graph: what a training step computes, frozen.
//
// Nodes consume and produce values; a value lives in a buffer, and views share the buffer of their
// base:
//
//     input x ──> Conv ──> y ──> Reshape ──> z ──> MatMul ──> out
//     values      x  y  z  out        buffers   [x] [y z] [out]      z is a view: no bytes of its own
//
// Node ids are the *given order*, which is topological: every input of a node is made by a smaller
// id, and order edges go from smaller to larger ids. All data are parallel arrays by id and
// compressed rows; nothing changes after freeze().
//
// Buffers are resident (parameters, inputs, constants, optimizer state: alive throughout, made by
// no node) or owned by exactly one node. Byte sizes are storage bytes before rounding.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "graph/types.h"

namespace hcb {

class GraphFreezer;

class Graph {
 public:
  [[nodiscard]] std::string_view graph_name() const { return graph_name_; }
  [[nodiscard]] Dialect dialect() const { return dialect_; }

  [[nodiscard]] std::size_t node_count() const { return node_name_.size(); }
  [[nodiscard]] std::size_t value_count() const { return value_name_.size(); }
  [[nodiscard]] std::size_t buffer_count() const { return buffer_bytes_.size(); }
  [[nodiscard]] auto nodes() const { return ids<NodeId>(node_count()); }
  [[nodiscard]] auto values() const { return ids<ValueId>(value_count()); }
  [[nodiscard]] auto buffers() const { return ids<BufferId>(buffer_count()); }

  // Nodes.
  [[nodiscard]] std::string_view name(NodeId n) const { return node_name_[n]; }
  [[nodiscard]] std::string_view op(NodeId n) const { return op_names_[node_op_[n]]; }
  // Path or source line; may be empty.
  [[nodiscard]] std::string_view module(NodeId n) const { return node_module_[n]; }
  [[nodiscard]] Phase phase(NodeId n) const { return node_phase_[n]; }
  [[nodiscard]] NodeFlags flags(NodeId n) const { return node_flags_[n]; }
  [[nodiscard]] const Cost& cost(NodeId n) const { return node_cost_[n]; }
  [[nodiscard]] std::span<const Attribute> attributes(NodeId n) const {
    return node_attributes_[n];
  }
  // The forward node whose gradients a backward node computes (or sums); kNone if unknown.
  [[nodiscard]] NodeId forward_of(NodeId n) const { return node_forward_[n]; }
  // Values in argument order. An omitted optional argument is kNone<ValueId>.
  [[nodiscard]] std::span<const ValueId> inputs(NodeId n) const { return node_inputs_[n]; }
  [[nodiscard]] std::span<const ValueId> outputs(NodeId n) const { return node_outputs_[n]; }
  // Distinct buffers, ascending. `reads` leaves out residents; `makes` are those the node
  // allocates, which includes buffers that reuse an input's storage (see donor).
  [[nodiscard]] std::span<const BufferId> reads(NodeId n) const { return reads_[n]; }
  [[nodiscard]] std::span<const BufferId> makes(NodeId n) const { return makes_[n]; }
  // Neighbours over data and order edges: distinct, ascending.
  [[nodiscard]] std::span<const NodeId> predecessors(NodeId n) const { return predecessors_[n]; }
  [[nodiscard]] std::span<const NodeId> successors(NodeId n) const { return successors_[n]; }
  // Order edges alone, as given.
  [[nodiscard]] std::span<const std::pair<NodeId, NodeId>> order_edges() const {
    return order_edges_;
  }

  // Values.
  [[nodiscard]] std::string_view name(ValueId v) const { return value_name_[v]; }
  [[nodiscard]] DType dtype(ValueId v) const { return value_dtype_[v]; }
  [[nodiscard]] std::span<const std::int64_t> shape(ValueId v) const { return value_shape_[v]; }
  [[nodiscard]] Role role(ValueId v) const { return value_role_[v]; }
  [[nodiscard]] BufferId buffer(ValueId v) const { return value_buffer_[v]; }
  [[nodiscard]] NodeId producer(ValueId v) const { return value_producer_[v]; }  // kNone: resident
  [[nodiscard]] std::span<const NodeId> consumers(ValueId v) const { return value_consumers_[v]; }
  [[nodiscard]] bool is_output(ValueId v) const { return value_is_output_[v]; }
  [[nodiscard]] std::span<const ValueId> outputs() const { return outputs_; }

  // Buffers.
  [[nodiscard]] Bytes bytes(BufferId b) const { return buffer_bytes_[b]; }
  [[nodiscard]] NodeId owner(BufferId b) const { return buffer_owner_[b]; }  // kNone: resident
  [[nodiscard]] bool resident(BufferId b) const { return buffer_owner_[b] == kNone<NodeId>; }
  // The value that is no view.
  [[nodiscard]] ValueId base_value(BufferId b) const { return buffer_value_[b]; }
  [[nodiscard]] std::string_view name(BufferId b) const { return name(base_value(b)); }
  [[nodiscard]] Role role(BufferId b) const { return role(base_value(b)); }
  // Distinct, ascending.
  [[nodiscard]] std::span<const NodeId> readers(BufferId b) const { return readers_[b]; }
  // Lives to the end of the step.
  [[nodiscard]] bool is_output(BufferId b) const { return buffer_is_output_[b]; }
  // The buffer read by owner(b) whose storage b takes over if its life ends at that execution;
  // kNone: none. A resident donor is one the owner mutates: b then always takes its storage, and no
  // reader of the donor may run after owner(b).
  [[nodiscard]] BufferId donor(BufferId b) const { return buffer_donor_[b]; }

  // The same graph with other execution times (by node), e.g. measured ones.
  [[nodiscard]] Graph with_costs(IdVector<NodeId, Cost> costs) const;
  // The same graph with other storage bytes (by buffer, >= 0).
  [[nodiscard]] Graph with_bytes(IdVector<BufferId, Bytes> bytes) const;

 private:
  friend class GraphFreezer;
  Graph() = default;

  std::string graph_name_;
  Dialect dialect_ = Dialect::onnx;
  std::vector<std::string> op_names_;

  IdVector<NodeId, std::string> node_name_;
  IdVector<NodeId, std::uint32_t> node_op_;
  IdVector<NodeId, std::string> node_module_;
  IdVector<NodeId, Phase> node_phase_;
  IdVector<NodeId, NodeFlags> node_flags_;
  IdVector<NodeId, Cost> node_cost_;
  IdVector<NodeId, std::vector<Attribute>> node_attributes_;
  IdVector<NodeId, NodeId> node_forward_;
  Csr<NodeId, ValueId> node_inputs_;
  Csr<NodeId, ValueId> node_outputs_;
  Csr<NodeId, BufferId> reads_;
  Csr<NodeId, BufferId> makes_;
  Csr<NodeId, NodeId> predecessors_;
  Csr<NodeId, NodeId> successors_;
  std::vector<std::pair<NodeId, NodeId>> order_edges_;

  IdVector<ValueId, std::string> value_name_;
  IdVector<ValueId, DType> value_dtype_;
  Csr<ValueId, std::int64_t> value_shape_;
  IdVector<ValueId, Role> value_role_;
  IdVector<ValueId, BufferId> value_buffer_;
  IdVector<ValueId, NodeId> value_producer_;
  Csr<ValueId, NodeId> value_consumers_;
  IdVector<ValueId, char> value_is_output_;
  std::vector<ValueId> outputs_;

  IdVector<BufferId, Bytes> buffer_bytes_;
  IdVector<BufferId, NodeId> buffer_owner_;
  IdVector<BufferId, ValueId> buffer_value_;
  Csr<BufferId, NodeId> readers_;
  IdVector<BufferId, char> buffer_is_output_;
  IdVector<BufferId, BufferId> buffer_donor_;
};

// Storage bytes of every buffer rounded up to `alignment`, donors' takers at their own size. Error:
// an overflow, naming the value. O(buffers).
[[nodiscard]] Result<IdVector<BufferId, Bytes>> rounded_sizes(const Graph& graph, Bytes alignment);

// Sum of the rounded sizes of all resident buffers. Error: overflow.
[[nodiscard]] Result<Bytes> resident_bytes(const Graph& graph,
                                           const IdVector<BufferId, Bytes>& size);

// Sum of the times of all nodes once.
[[nodiscard]] Nanos base_time(const Graph& graph);

}  // namespace hcb
