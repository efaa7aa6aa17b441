// Recursive replay with an explicit stack. Emits executions only; what is in memory is the policy
// of this file: `kept` buffers are held on purpose (frontiers on the path, buffers that may be made
// once only, outputs, gradients, late values), `fresh` ones were made in the current pass. A replay
// runs only those nodes of its blocks whose results someone waits for (a backward slice), and
// whatever a node reads and is neither kept nor fresh is made again by closure just before it; with
// the default policy of uses.h no closure is ever needed.
// Sources: Chen, Xu, Zhang, Guestrin, Training deep nets with sublinear memory cost (2016), section
// 4.3, for the recursion; Griewank, Achieving logarithmic growth of temporal and spatial complexity
// in reverse automatic differentiation (1992). Exact costs: docs/theory.md.
#include "schedule/interval_tree.h"

#include <algorithm>
#include <ranges>

#include "schedule/closure.h"

namespace hcb {
namespace {

class Replayer {
 public:
  Replayer(const Graph& graph, const ForwardOrder& order, const Blocks& blocks, const Uses& uses,
           std::span<const TreeNode> tree, std::span<const char> stored, std::size_t most,
           Context& context)
      : graph_(graph),
        order_(order),
        blocks_(blocks),
        uses_(uses),
        tree_(tree),
        stored_(stored),
        most_(most),
        context_(context),
        closure_(graph),
        kept_(graph.buffer_count(), false),
        fresh_(graph.buffer_count(), 0),
        made_at_(graph.buffer_count(), kTail),
        wanted_(graph.buffer_count(), 0) {
    sequence_.reserve(2 * graph.node_count());
  }

  Result<std::vector<NodeId>> run() {
    const Result<void> walked = walk();
    context_.count(sequence_.size());
    HCB_CHECK(walked);
    return std::move(sequence_);
  }

 private:
  // An open node of the tree; children are replayed from the last to the first.
  struct Frame {
    std::uint32_t node;
    std::uint32_t children_left;
  };

  Result<void> walk() {
    std::vector<Frame> stack;
    HCB_CHECK(open(0, stack));
    while (!stack.empty()) {
      Frame& frame = stack.back();
      const std::vector<std::uint32_t>& children = tree_[frame.node].children;
      if (frame.children_left < children.size()) {
        release_frontier_of(children, frame.children_left);
      }
      if (frame.children_left == 0) {
        stack.pop_back();
      } else {
        HCB_CHECK(open(children[--frame.children_left], stack));
      }
    }
    begin_pass(kTail, kTail);
    for (const NodeId n : blocks_.group(kTail)) execute(n, kTail);
    return within_limit();
  }

  [[nodiscard]] bool over_limit() const { return sequence_.size() > most_; }

  [[nodiscard]] Result<void> within_limit() const {
    return over_limit() ? fail(ErrorKind::limit, "too many executions") : Result<void>{};
  }

  Result<void> open(std::uint32_t node, std::vector<Frame>& stack) {
    HCB_CHECK(context_.check());
    HCB_CHECK(within_limit());
    if (tree_[node].children.empty()) {
      run_leaf(static_cast<BlockIndex>(tree_[node].first));
    } else {
      run_to_cuts(tree_[node]);
    }
    stack.push_back({node, static_cast<std::uint32_t>(tree_[node].children.size())});
    return {};
  }

  // Runs [first, last cut) of a tree node and keeps the frontiers at its cuts.
  void run_to_cuts(const TreeNode& node) {
    const auto end = static_cast<BlockIndex>(node.last);
    const auto first = static_cast<BlockIndex>(node.first);
    const auto last_cut = static_cast<BlockIndex>(tree_[node.children.back()].first);
    begin_pass(first, end);
    const bool first_time = first >= first_unrun_;
    if (!first_time) slice_to_cuts(node);
    for (std::size_t j = 0; j + 1 < node.children.size(); ++j) {
      run_child(tree_[node.children[j]], first_time);
    }
    first_unrun_ = std::max(first_unrun_, last_cut);
    for (std::size_t j = 0; j + 1 < node.children.size(); ++j) keep_frontier(node, j, first_time);
  }

  void run_child(const TreeNode& child, bool first_time) {
    cut_ = static_cast<BlockIndex>(child.last);
    for (auto j = static_cast<BlockIndex>(child.first); j < cut_; ++j) run_block(j, first_time);
  }

  void run_block(BlockIndex j, bool first_time) {
    for (const NodeId n : blocks_.nodes(order_, j, j + 1)) {
      if (first_time || is_wanted(n)) execute(n, j);
    }
  }

  [[nodiscard]] bool is_stored(const TreeNode& node) const {
    return node.children.empty() && !stored_.empty() && stored_[node.first] != 0;
  }

  // The first block whose uses a child waits for when the pass of its parent is over: what comes
  // behind it, or its own backward as well.
  [[nodiscard]] BlockIndex waits_from(const TreeNode& child) const {
    return static_cast<BlockIndex>(is_stored(child) ? child.first : child.last);
  }

  // Marks what the cuts of `node` wait for, from the last block back.
  void slice_to_cuts(const TreeNode& node) {
    for (std::size_t j = node.children.size() - 1; j-- > 0;) {
      const TreeNode& child = tree_[node.children[j]];
      const BlockIndex from = waits_from(child);
      slice(static_cast<BlockIndex>(child.first), static_cast<BlockIndex>(child.last),
            [&](BufferId b) { return uses_.any(b, from, end_); });
    }
  }

  // Marks the nodes of blocks [first, last) that must run: those that make a buffer for which
  // waited_for holds and that is not kept, or one that a marked node reads.
  template <class WaitedFor>
  void slice(BlockIndex first, BlockIndex last, WaitedFor waited_for) {
    for (const NodeId n : blocks_.nodes(order_, first, last) | std::views::reverse) {
      if (order_.once[n]) continue;
      bool needed = is_wanted(n);
      for (const BufferId b : graph_.makes(n)) needed = needed || (!kept_[b] && waited_for(b));
      if (needed) want_node(n);
    }
  }

  void want_node(NodeId n) {
    for (const BufferId b : graph_.makes(n)) wanted_[b] = pass_;
    for (const BufferId b : graph_.reads(n)) {
      if (!kept_[b] && !uses_.closed(b, blocks_.block_of[n])) wanted_[b] = pass_;
    }
  }

  [[nodiscard]] bool is_wanted(NodeId n) const {
    return !order_.once[n] &&
           std::ranges::any_of(graph_.makes(n), [&](BufferId b) { return wanted_[b] == pass_; });
  }

  // Behind a pass: of what child j's blocks made, only what a use at or behind its cut needs is
  // held on (and what its own backward reads, where it is stored).
  void keep_frontier(const TreeNode& node, std::size_t j, bool first_time) {
    const TreeNode& child = tree_[node.children[j]];
    const auto cut = static_cast<BlockIndex>(child.last);
    const BlockIndex from = waits_from(child);
    for (const NodeId n : blocks_.nodes(order_, static_cast<BlockIndex>(child.first), cut)) {
      for (const BufferId b : graph_.makes(n)) {
        const bool held = uses_.any(b, from, end_) || (first_time && uses_.once_until(b) >= cut);
        kept_[b] = kept_[b] || (fresh_[b] == pass_ && held);
      }
    }
  }

  // Child j of a tree node is done: the frontier before it is held no longer, but for what belongs
  // to earlier cuts as well, which is what was made before child j - 1, and for a stored block, whose
  // own leaf lets it go.
  void release_frontier_of(const std::vector<std::uint32_t>& children, std::size_t j) {
    if (j == 0) return;
    const TreeNode& before = tree_[children[j - 1]];
    if (is_stored(before)) return;
    drop(static_cast<BlockIndex>(before.first), static_cast<BlockIndex>(before.last));
  }

  void drop(BlockIndex first, BlockIndex last) {
    for (const NodeId n : blocks_.nodes(order_, first, last)) {
      for (const BufferId b : graph_.makes(n)) kept_[b] = is_permanent(b);
    }
  }

  void run_leaf(BlockIndex j) {
    begin_pass(j, j + 1);
    const bool first_time = j >= first_unrun_;
    if (!first_time) {
      slice(j, j + 1, [&](BufferId b) {
        const auto uses = uses_.of(b);
        return !uses.empty() && uses.front() <= j;
      });
    }
    cut_ = j + 1;
    run_block(j, first_time);
    first_unrun_ = std::max(first_unrun_, j + 1);
    for (const NodeId n : blocks_.group(j)) execute(n, j);
    keep_late(j);
  }

  void keep_late(BlockIndex j) {
    for (const NodeId n : blocks_.nodes(order_, j, j + 1)) {
      for (const BufferId b : graph_.makes(n)) kept_[b] = is_permanent(b) || uses_.has_late_use(b);
    }
  }

  void begin_pass(BlockIndex first, BlockIndex end) {
    ++pass_;
    cut_ = first;
    end_ = end;
  }

  // Over the limit nothing is done any more; the walk ends with the error soon after.
  void execute(NodeId n, BlockIndex at) {
    if (over_limit()) return;
    for (const BufferId b : graph_.reads(n)) {
      if (!is_there(b, at)) {
        make_inputs_again(n, at);
        break;
      }
    }
    emit(n, at);
  }

  [[nodiscard]] bool is_there(BufferId b, BlockIndex at) const {
    if (kept_[b]) return true;
    if (fresh_[b] != pass_) return false;
    return made_at_[b] == at || !uses_.closed(b, at);
  }

  // What is in memory anyway, so that a closure may start from it: not what only happens to have
  // been made earlier in this pass.
  [[nodiscard]] bool is_held(BufferId b, BlockIndex at) const {
    if (kept_[b]) return true;
    return fresh_[b] == pass_ && (made_at_[b] == at || uses_.any(b, std::min(at, cut_), end_));
  }

  void make_inputs_again(NodeId n, BlockIndex at) {
    const auto& again = closure_.of_inputs(
        n, [&](BufferId b) { return !order_.is_forward[graph_.owner(b)] || is_held(b, at); });
    for (const NodeId m : again) emit(m, at);
  }

  void emit(NodeId n, BlockIndex at) {
    sequence_.push_back(n);
    for (const BufferId b : graph_.makes(n)) {
      fresh_[b] = pass_;
      made_at_[b] = at;
      if (is_permanent(b)) kept_[b] = true;
    }
  }

  // Held from its first production on: not to be made again, or not to be lost.
  [[nodiscard]] bool is_permanent(BufferId b) const {
    const NodeId owner = graph_.owner(b);
    return !order_.is_forward[owner] || order_.once[owner] || graph_.is_output(b);
  }

  const Graph& graph_;
  const ForwardOrder& order_;
  const Blocks& blocks_;
  const Uses& uses_;
  std::span<const TreeNode> tree_;
  std::span<const char> stored_;
  std::size_t most_;
  Context& context_;
  Closure closure_;
  std::vector<NodeId> sequence_;
  IdVector<BufferId, char> kept_;
  IdVector<BufferId, std::uint32_t> fresh_;   // the pass that made it last
  IdVector<BufferId, BlockIndex> made_at_;    // the block at which it was made last
  IdVector<BufferId, std::uint32_t> wanted_;  // the pass whose slice wants it
  std::uint32_t pass_ = 0;
  BlockIndex cut_ = 0;          // the next cut of the running pass
  BlockIndex end_ = 0;          // the last block (exclusive) of the tree node being replayed
  BlockIndex first_unrun_ = 0;  // blocks from here on have never run
};

}  // namespace

Result<std::vector<NodeId>> replay(const Graph& graph, const ForwardOrder& order,
                                   const Blocks& blocks, const Uses& uses,
                                   std::span<const TreeNode> tree, std::span<const char> stored,
                                   std::size_t most, Context& context) {
  return Replayer(graph, order, blocks, uses, tree, stored, most, context).run();
}

}  // namespace hcb
