// On which set of variables to split.
#pragma once

#include <vector>

#include "schedule/bounds/rounded_duals.h"

namespace hcb {

class Branching {
 public:
  // Sets of variables that have a column in `program`. Layers of a network are alike, so single
  // variables are interchangeable; sums over nodes that make as many bytes are not.
  explicit Branching(const SplitProgram& program);

  // The side Σ <= floor of the set to split on; nullopt: all sums are whole.
  [[nodiscard]] std::optional<Branch> choose(SplitProgram& program, const LinearSolution& solution,
                                             const Cutoff& cutoff, Context& context) const;

  // Single recomputations, those that cost most first.
  [[nodiscard]] std::vector<std::uint32_t> recomputations(const Program& program) const;

 private:
  using Sets = std::vector<std::vector<std::uint32_t>>;

  Sets groups_;   // recomputations of nodes that make as many bytes, by moment
  Sets singles_;  // one recomputation
  Sets kept_;     // one other variable
};

}  // namespace hcb
