// Fixings come first, as splits of one variable with a closed leaf on the other side; the tree hangs
// below the last one. Preorder, so leaves "= 0" of fixings to one come before what is below them and
// leaves "= 1" behind it.
#include "schedule/bounds/tree_proof.h"

#include <algorithm>

namespace hcb {
namespace {

class Writer {
 public:
  Writer(const SplitProgram& program, const Fixings& fixings, std::vector<SplitNode> nodes)
      : program_(program), fixings_(fixings), nodes_(std::move(nodes)) {}

  Certificate run() && {
    const MomentProgram& rows = program_.program();
    proof_.spec = rows.system().spec();
    proof_.denominator_log2 = rows.scale().log2;
    proof_.rounded = rows.rounded();
    proof_.pool = fixings_.lists;
    for (const Fixing& fixing : fixings_.items) {
      proof_.tree.push_back({.split = {fixing.variable}});
      if (fixing.one) proof_.tree.push_back(leaf_of(fixing));
    }
    inherit();
    write_tree();
    for (std::size_t f = fixings_.items.size(); f-- > 0;) {
      if (!fixings_.items[f].one) proof_.tree.push_back(leaf_of(fixings_.items[f]));
    }
    return std::move(proof_);
  }

 private:
  [[nodiscard]] static ProofNode leaf_of(const Fixing& fixing) {
    return {.multipliers = fixing.why, .infeasible = fixing.infeasible};
  }

  void inherit() {
    for (SplitNode& node : nodes_) {
      if (!node.solved && node.parent != SplitNode::kNone) node.proof = nodes_[node.parent].proof;
    }
  }

  void write_tree() {
    std::vector<std::uint32_t> stack{0};
    while (!stack.empty()) {
      const SplitNode& node = nodes_[stack.back()];
      stack.pop_back();
      proof_.tree.push_back(node.inner() ? split_of(nodes_[node.child].branch) : leaf_of(node));
      if (!node.inner()) continue;
      stack.push_back(node.child + 1);
      stack.push_back(node.child);
    }
  }

  [[nodiscard]] ProofNode split_of(const Branch& branch) const {
    ProofNode out{.most = branch.most};
    for (const std::uint32_t v : program_.members(branch.split))
      out.split.push_back(program_.program().system().named(v));
    return out;
  }

  ProofNode leaf_of(const SplitNode& node) {
    ProofNode out{.multipliers = pooled(node.proof.multipliers),
                  .split_multipliers = node.proof.split_multipliers,
                  .infeasible = node.proof.infeasible};
    for (auto& [depth, value] : out.split_multipliers)
      depth += static_cast<std::uint32_t>(fixings_.items.size());
    return out;
  }

  std::uint32_t pooled(const std::vector<Multiplier>& list) {
    if (proof_.pool.empty() || proof_.pool.back() != list) proof_.pool.push_back(list);
    return static_cast<std::uint32_t>(proof_.pool.size() - 1);
  }

  const SplitProgram& program_;
  const Fixings& fixings_;
  std::vector<SplitNode> nodes_;
  Certificate proof_;
};

}  // namespace

std::vector<Branch> path_to(const std::vector<SplitNode>& nodes, std::uint32_t at) {
  std::vector<Branch> path;
  for (; nodes[at].parent != SplitNode::kNone; at = nodes[at].parent)
    path.push_back(nodes[at].branch);
  std::ranges::reverse(path);
  return path;
}

Certificate tree_certificate(const SplitProgram& program, const Fixings& fixings,
                             std::vector<SplitNode> nodes) {
  return Writer(program, fixings, std::move(nodes)).run();
}

}  // namespace hcb
