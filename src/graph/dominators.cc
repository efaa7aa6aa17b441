// In an acyclic graph the immediate dominator of a node is the lowest common ancestor, in the tree
// built so far, of its predecessors, so one sweep in topological order suffices. Each node of the
// tree carries a jump pointer to an ancestor whose distance follows the skew-binary numbers, which
// makes an ancestor query O(log depth) with two words per node.
// Sources: Aho, Hopcroft, Ullman, On finding lowest common ancestors in trees, 1976 (dominators of
// acyclic graphs); Myers, An applicative random-access stack, 1983 (jump pointers).
//
// Why not Boost's lengauer_tarjan_dominator_tree: its path compression
// (ancestor_with_lowest_semi_) calls itself to the depth of the search tree. On a chain of n nodes
// with an edge from the first to the last it overflows a stack of 256 KiB between n = 7,000 and
// n = 8,000 (Boost 1.74 on these traits, g++ 12 -O2), and it needs a single entry. On such a chain
// of a million nodes, with stack enough, it takes 345 ms of CPU time; this takes 7 ms.
#include <utility>

#include "graph/topology.h"

namespace hcb {
namespace {

// A growing tree under a virtual root, kNone, of depth 0.
class JumpTree {
 public:
  explicit JumpTree(std::size_t count) : jump_(count, kNone<NodeId>) {
    tree_.parent.assign(count, kNone<NodeId>);
    tree_.depth.assign(count, 0);
  }

  void hang(NodeId n, NodeId parent) {
    tree_.parent[n] = parent;
    tree_.depth[n] = depth(parent) + 1;
    const NodeId over = jump(parent);
    const bool equal_leaps = depth(parent) - depth(over) == depth(over) - depth(jump(over));
    jump_[n] = equal_leaps ? jump(over) : parent;
  }

  // Jump pointers depend on the depth alone, so both sides of a common depth leap together.
  [[nodiscard]] NodeId lowest_common_ancestor(NodeId a, NodeId b) const {
    if (depth(a) > depth(b)) std::swap(a, b);
    while (depth(b) > depth(a)) b = depth(jump(b)) >= depth(a) ? jump(b) : tree_.parent[b];
    while (a != b) {
      const bool apart = jump(a) != jump(b);
      a = apart ? jump(a) : tree_.parent[a];
      b = apart ? jump(b) : tree_.parent[b];
    }
    return a;
  }

  [[nodiscard]] DominatorTree take() && { return std::move(tree_); }

 private:
  [[nodiscard]] std::uint32_t depth(NodeId n) const {
    return n == kNone<NodeId> ? 0 : tree_.depth[n];
  }
  [[nodiscard]] NodeId jump(NodeId n) const { return n == kNone<NodeId> ? n : jump_[n]; }

  DominatorTree tree_;
  IdVector<NodeId, NodeId> jump_;
};

// `order`: nodes such that those in before(n) come before n.
template <class Order, class Before>
DominatorTree dominator_tree(std::size_t count, const Order& order, Before before) {
  JumpTree tree(count);
  for (const NodeId n : order) {
    const std::span<const NodeId> row = before(n);
    NodeId parent = row.empty() ? kNone<NodeId> : row[0];
    for (const NodeId p : row) parent = tree.lowest_common_ancestor(parent, p);
    tree.hang(n, parent);
  }
  return std::move(tree).take();
}

}  // namespace

bool DominatorTree::dominates(NodeId a, NodeId b) const {
  while (depth[b] > depth[a]) b = parent[b];
  return a == b;
}

DominatorTree dominators(const Graph& graph) {
  return dominator_tree(graph.node_count(), graph.nodes(),
                        [&](NodeId n) { return graph.predecessors(n); });
}

DominatorTree post_dominators(const Graph& graph) {
  std::vector<NodeId> reversed;
  reversed.reserve(graph.node_count());
  for (std::size_t i = graph.node_count(); i-- > 0;) reversed.push_back(id_at<NodeId>(i));
  return dominator_tree(graph.node_count(), reversed,
                        [&](NodeId n) { return graph.successors(n); });
}

}  // namespace hcb
