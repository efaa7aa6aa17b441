// Each claim on its own; a tree is walked over an explicit list, never by recursion.
#include "check/claims.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "check/plain_peak.h"
#include "plan/projection.h"

namespace hcb {
namespace {

class Claims {
 public:
  explicit Claims(const Checked& on) : on_(on) {}

  void check() {
    check_numbers();
    check_budget();
    check_saved();
    check_forward_order();
    check_blocks();
    check_tree();
    if (on_.plan.projection) check_projection(*on_.plan.projection);
  }

 private:
  void claim_false(std::string message) {
    on_.findings.add(Violation::claim_false, std::move(message));
  }

  void compare(std::string_view what, Wide claimed, Wide derived, std::string_view unit) {
    if (claimed == derived) return;
    claim_false(
        fmt::format("the plan claims {} of {} {}, but it is {}", what, claimed, unit, derived));
  }

  void check_numbers() {
    Wide base_time = 0;
    for (const NodeId n : on_.graph.nodes()) base_time += on_.graph.cost(n).time;
    compare("a peak", on_.plan.peak, on_.walk.peak, "bytes");
    compare("an extra time", on_.plan.extra_time, on_.walk.extra_time, "ns");
    compare("a base peak", on_.plan.base_peak, plain_peak(on_.graph, on_.size), "bytes");
    compare("a base time", on_.plan.base_time, base_time, "ns");
  }

  void check_budget() {
    if (!on_.plan.options.memory_budget) return;
    const Wide asked = on_.plan.options.memory_budget->of(on_.plan.base_peak);
    const Wide budget = asked - on_.plan.options.headroom;
    if (on_.plan.budget && *on_.plan.budget == budget) return;
    claim_false(fmt::format("the options give a budget of {} bytes, the plan has {}", budget,
                            on_.plan.budget ? fmt::format("{}", *on_.plan.budget) : "none"));
  }

  [[nodiscard]] std::string text(BufferId b) const {
    return index(b) < on_.graph.buffer_count() ? printable(on_.graph.name(b))
                                               : fmt::format("buffer {}", index(b));
  }

  void check_saved() {
    const auto [claimed, derived] = std::ranges::mismatch(on_.plan.save_nodes, on_.walk.saved);
    if (claimed == on_.plan.save_nodes.end() && derived == on_.walk.saved.end()) return;
    const auto i = claimed - on_.plan.save_nodes.begin();
    const auto entry = [&](auto at, auto end) { return at == end ? "nothing" : text(*at); };
    claim_false(fmt::format("save_nodes[{}] is {}; live before the first backward node is {}", i,
                            entry(claimed, on_.plan.save_nodes.end()),
                            entry(derived, on_.walk.saved.end())));
  }

  // A permutation of the forward nodes in which every node comes after its predecessors.
  void check_forward_order() {
    if (on_.plan.forward_order.empty()) return;
    IdVector<NodeId, char> seen(on_.graph.node_count(), 0);
    for (std::size_t i = 0; i < on_.plan.forward_order.size(); ++i) {
      const NodeId n = on_.plan.forward_order[i];
      const std::string problem = forward_problem(n, seen);
      if (!problem.empty()) return claim_false(fmt::format("forward_order[{}] {}", i, problem));
      seen[n] = 1;
    }
    for (const NodeId n : on_.graph.nodes()) {
      if (on_.graph.phase(n) != Phase::forward || seen[n]) continue;
      return claim_false(fmt::format("forward_order leaves out {}", printable(on_.graph.name(n))));
    }
  }

  [[nodiscard]] std::string forward_problem(NodeId n, const IdVector<NodeId, char>& seen) const {
    if (index(n) >= on_.graph.node_count() || on_.graph.phase(n) != Phase::forward) {
      return fmt::format("is node {}, which is no forward node", index(n));
    }
    const std::string node = printable(on_.graph.name(n));
    if (seen[n]) return fmt::format("is {}, which is there already", node);
    for (const NodeId before : on_.graph.predecessors(n)) {
      if (on_.graph.phase(before) == Phase::forward && !seen[before]) {
        return fmt::format("is {}, which comes before its input's node {}", node,
                           printable(on_.graph.name(before)));
      }
    }
    return {};
  }

  // Blocks follow each other without a gap from the first forward node to the last.
  void check_blocks() {
    std::size_t next = 0;
    for (std::size_t i = 0; i < on_.plan.blocks.size(); ++i) {
      const Block& block = on_.plan.blocks[i];
      if (block.first != next || block.last <= block.first) {
        return claim_false(
            fmt::format("blocks[{}] is [{}, {}); it must begin at {} and hold a node", i,
                        block.first, block.last, next));
      }
      next = block.last;
    }
    if (next == on_.plan.forward_order.size()) return;
    claim_false(fmt::format("the blocks end at {}, the forward order at {}", next,
                            on_.plan.forward_order.size()));
  }

  // Entry 0 holds all blocks; children part their parent in order; a leaf is one block; every entry
  // is reached once.
  void check_tree() {
    const auto& tree = on_.plan.interval_tree;
    if (tree.empty()) return;
    if (tree[0].first != 0 || tree[0].last != on_.plan.blocks.size()) {
      return claim_false(fmt::format("interval_tree[0] is [{}, {}), but there are {} blocks",
                                     tree[0].first, tree[0].last, on_.plan.blocks.size()));
    }
    std::vector<char> reached(tree.size(), 0);
    std::vector<std::size_t> open{0};
    reached[0] = 1;
    while (!open.empty()) {
      const std::size_t at = open.back();
      open.pop_back();
      const std::string problem = tree_problem(tree[at], reached);
      if (!problem.empty()) return claim_false(fmt::format("interval_tree[{}] {}", at, problem));
      open.insert(open.end(), tree[at].children.begin(), tree[at].children.end());
    }
    const auto lost = std::ranges::find(reached, 0);
    if (lost == reached.end()) return;
    claim_false(fmt::format("interval_tree[{}] is nobody's child", lost - reached.begin()));
  }

  [[nodiscard]] std::string tree_problem(const TreeNode& node, std::vector<char>& reached) const {
    if (node.children.empty()) {
      return node.last == node.first + 1
                 ? ""
                 : fmt::format("is a leaf of blocks [{}, {}); a leaf is one", node.first,
                               node.last);
    }
    std::uint32_t next = node.first;
    for (const std::uint32_t child : node.children) {
      if (child >= on_.plan.interval_tree.size())
        return fmt::format("has child {}, beyond the end", child);
      if (reached[child]) return fmt::format("has child {}, which has a parent already", child);
      reached[child] = 1;
      const TreeNode& part = on_.plan.interval_tree[child];
      if (part.first != next || part.last <= part.first) break;
      next = part.last;
    }
    if (next == node.last && node.children.size() > 1) return {};
    return fmt::format("is [{}, {}), but its children do not part it", node.first, node.last);
  }

  void check_projection(const Projection& projection) {
    for (const BufferId b : projection.kept) {
      const bool forward = index(b) < on_.graph.buffer_count() && !on_.graph.resident(b) &&
                           on_.graph.phase(on_.graph.owner(b)) == Phase::forward;
      if (!forward) {
        return claim_false(
            fmt::format("the projection keeps {}, which no forward node makes", text(b)));
      }
    }
    Findings projected;
    const auto steps = with_frees(on_.graph, projected_sequence(on_.graph, projection.kept));
    const Walk walk = walk_steps(on_.graph, on_.size, steps, projected);
    if (!projected.empty()) {
      return claim_false(fmt::format("the projection cannot run: {}", projected.first_message()));
    }
    compare("a peak of its projection", projection.peak, walk.peak, "bytes");
    compare("an extra time of its projection", projection.extra_time, walk.extra_time, "ns");
  }

  const Checked& on_;
};

}  // namespace

void check_claims(const Checked& on) { Claims(on).check(); }

}  // namespace hcb
