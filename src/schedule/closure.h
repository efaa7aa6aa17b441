// Closure: the executions that make missing buffers again from what is there.
//
//     a ──> b ──> c ──> d      there: a      missing: d      closure: b c d
//
// Invariant: an output of a node that must not run again is always there, so every missing buffer
// can be made.
#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "graph/graph.h"

namespace hcb {

class Closure {
 public:
  explicit Closure(const Graph& graph) : graph_(graph), seen_(graph.node_count(), 0) {}

  // The owners of what `node` reads and is not there, with all they need in turn, in given order.
  // `there(b)` says whether buffer b is in memory; valid until the next call.
  // O(k log k + uses) for k nodes.
  template <std::predicate<BufferId> There>
  [[nodiscard]] const std::vector<NodeId>& of_inputs(NodeId node, There there) {
    start();
    add_missing_inputs(node, there);
    return closed(there);
  }

  // The nodes wanted, whatever is there, and the owners of what they need in turn. Otherwise as
  // above.
  template <std::predicate<BufferId> There>
  [[nodiscard]] const std::vector<NodeId>& of_nodes(std::span<const NodeId> wanted, There there) {
    start();
    for (const NodeId n : wanted) add(n);
    return closed(there);
  }

 private:
  template <std::predicate<BufferId> There>
  const std::vector<NodeId>& closed(There there) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) add_missing_inputs(nodes_[i], there);
    sort();
    return nodes_;
  }

  template <std::predicate<BufferId> There>
  void add_missing_inputs(NodeId node, There there) {
    for (const BufferId b : graph_.reads(node)) {
      if (!there(b)) add(graph_.owner(b));
    }
  }

  void start();
  void add(NodeId node);
  void sort();

  const Graph& graph_;
  std::uint32_t round_ = 0;
  IdVector<NodeId, std::uint32_t> seen_;  // the round that met the node last
  std::vector<NodeId> nodes_;
};

}  // namespace hcb
