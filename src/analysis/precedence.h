// What must run before what when every node runs once: the edges of a graph and the rules that are
// no edges (graph/implied.h), as one pair of rows.
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "graph/implied.h"

namespace hcb {

class Precedence {
 public:
  // O(nodes + edges).
  explicit Precedence(const Graph& graph) : graph_(graph) { add_implied(); }

  [[nodiscard]] const Graph& graph() const { return graph_; }
  // Distinct; ascending unless rules add some.
  [[nodiscard]] std::span<const NodeId> predecessors(NodeId n) const {
    return merged_ ? before_[n] : graph_.predecessors(n);
  }
  [[nodiscard]] std::span<const NodeId> successors(NodeId n) const {
    return merged_ ? after_[n] : graph_.successors(n);
  }

 private:
  void add_implied();

  const Graph& graph_;
  bool merged_ = false;
  Csr<NodeId, NodeId> before_;  // where rules add something
  Csr<NodeId, NodeId> after_;
};

// Is `order` every node once, and behind all its predecessors? O(nodes + edges).
[[nodiscard]] bool is_valid_order(const Precedence& precedence, std::span<const NodeId> order);

}  // namespace hcb
