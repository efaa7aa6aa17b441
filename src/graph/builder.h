// GraphBuilder: the only way to make a Graph. Values and nodes are added in any order that names
// values before their use; freeze() verifies everything and renumbers nodes so that ids are a
// topological order.
//
//     GraphBuilder b(Dialect::onnx, "tiny");
//     const ValueId w = b.add_resident({.name = "w", .shape = {4, 4}, .role = Role::parameter});
//     const ValueId x = b.add_resident({.name = "x", .shape = {2, 4}, .role = Role::input});
//     const ValueId y = b.add_value({.name = "y", .shape = {2, 4}});
//     b.add_node({.name = "mm", .op = "MatMul", .inputs = {x, w}, .outputs = {y}});
//     b.mark_output(y);
//     Result<Graph> graph = std::move(b).freeze();
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/graph.h"

namespace hcb {

struct ValueSpec {
  std::string name;  // unique in the graph
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  Role role = Role::activation;
  std::optional<Bytes> storage;  // storage bytes; default: shape × dtype
  // Shares that value's buffer; must be an input of the producing node.
  ValueId view_of = kNone<ValueId>;
};

// Output `output` (position) takes over the storage of input `input` (position) if that input's
// life ends there.
struct Donation {
  std::size_t output = 0;
  std::size_t input = 0;
};

struct NodeSpec {
  std::string name;  // unique in the graph
  std::string op;
  Phase phase = Phase::forward;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  NodeFlags flags;
  Cost cost;
  std::string module;
  NodeId forward = kNone<NodeId>;
  std::vector<Attribute> attributes;
  std::vector<Donation> donates;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(Dialect dialect, std::string graph_name = {});

  ValueId add_resident(ValueSpec spec);  // role must be resident
  ValueId add_value(ValueSpec spec);     // to be made by a node; role must not be resident
  NodeId add_node(NodeSpec spec);        // ids before freeze(): in order of addition
  void add_order_edge(NodeId before, NodeId after);
  void mark_output(ValueId value);  // lives to the end of the step; twice is once

  [[nodiscard]] const ValueSpec& value(ValueId v) const { return values_[v]; }
  [[nodiscard]] const NodeSpec& node(NodeId n) const { return nodes_[n]; }
  [[nodiscard]] NodeSpec& mutable_node(NodeId n) { return nodes_[n]; }
  [[nodiscard]] std::size_t node_count() const { return nodes_.size(); }
  [[nodiscard]] std::size_t value_count() const { return values_.size(); }

  // Verifies and freezes. Errors (bad_input, naming the node or value): duplicate or empty names; a
  // value no node makes or two nodes make; an undeclared value id; an output that nobody declares;
  // a cycle, with its path; a size that overflows or a storage smaller than shape × dtype; a view
  // whose base is no input of its node; a donation between unequal sizes, out of range or of
  // storage already given away. If the order of addition is topological it is kept; else nodes are
  // renumbered by the topological order that takes the smallest id next. O((nodes + edges) log
  // nodes).
  [[nodiscard]] Result<Graph> freeze() &&;

 private:
  Dialect dialect_;
  std::string graph_name_;
  IdVector<ValueId, ValueSpec> values_;
  IdVector<NodeId, NodeSpec> nodes_;
  std::vector<std::pair<NodeId, NodeId>> order_edges_;
  std::vector<ValueId> outputs_;
};

}  // namespace hcb
