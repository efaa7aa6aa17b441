// A split tree as data, and the certificate it is.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "schedule/bounds/fixings.h"
#include "schedule/bounds/rounded_duals.h"

namespace hcb {

struct SplitNode {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t parent = kNone;
  Branch branch;                             // below the parent
  std::uint32_t child = kNone;               // the lower one; the upper one comes next
  Wide bound = 0;                            // scaled
  bool solved = false;                       // has a proof of its own
  LeafProof proof;                           // without the reduced costs
  std::shared_ptr<const LinearBasis> start;  // the parent's

  [[nodiscard]] bool inner() const { return child != kNone; }
};

// The branches from the root to `at`, outermost first.
[[nodiscard]] std::vector<Branch> path_to(const std::vector<SplitNode>& nodes, std::uint32_t at);

// Spec, scale, pool and tree; the budget is left to the caller. A leaf that was never solved proves
// what its parent's multipliers prove.
[[nodiscard]] Certificate tree_certificate(const SplitProgram& program, const Fixings& fixings,
                                           std::vector<SplitNode> nodes);

}  // namespace hcb
