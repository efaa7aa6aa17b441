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

  // The side Σ <= floor of the set to split on; nullopt: all sums are whole. `basis`: the solution's. What is learnt from
  // trying a set both ways serves later calls.
  [[nodiscard]] std::optional<Branch> choose(SplitProgram& program, const LinearSolution& solution,
                                             const Cutoff& cutoff, const LinearBasis& basis,
                                             Context& context);

  // Single recomputations, those that cost most first.
  [[nodiscard]] std::vector<std::uint32_t> recomputations(const MomentProgram& program) const;

 private:
  // A set of variables, and the mean gain of the objective per unit that its sum is moved.
  struct Set {
    std::vector<std::uint32_t> members;
    double gain_down = 0;
    double gain_up = 0;
    int tries = 0;
  };
  struct Choice;

  static void collect(std::vector<Set>& sets, const SplitProgram& program,
                      const LinearSolution& solution, std::vector<Choice>& found);
  static double gain(Choice& choice, SplitProgram& program, const LinearSolution& solution,
                     double worst, const LinearBasis& basis, Context& context);

  std::vector<Set> groups_;   // recomputations of nodes that make as many bytes, by moment
  std::vector<Set> singles_;  // one recomputation
  std::vector<Set> kept_;     // one other variable
};

}  // namespace hcb
