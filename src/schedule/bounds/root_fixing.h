// At the root of a split tree: variables that the incumbent, the duals or single rows fix.
#pragma once

#include <optional>
#include <vector>

#include "schedule/bounds/fixings.h"
#include "schedule/bounds/propagation.h"
#include "schedule/bounds/rounded_duals.h"

namespace hcb {

class RootFixing {
 public:
  // `fixings`: what is known already. `program` must outlive this.
  RootFixing(const MomentProgram& program, Fixings fixings, Cutoff cutoff);

  [[nodiscard]] const Boxes& boxes() const { return boxes_; }
  [[nodiscard]] Fixings& fixings() { return fixings_; }
  // A row that cannot hold: nothing cheaper than the incumbent is left.
  [[nodiscard]] std::optional<std::size_t> broken() const { return broken_; }

  // Fixes what the reduced costs of `proof` fix, and what follows; false: nothing.
  bool by_reduced_cost(const LeafProof& proof, SplitProgram& at_root);
  // Solves with the other value of every variable in `order`, `values` being the solution there,
  // until the context's work reaches `last_work` or nothing comes of it; false: nothing is fixed.
  bool by_probing(const std::vector<std::uint32_t>& order, const LinearSolution& values,
                  std::uint64_t last_work, SplitProgram& at_root, Context& context);

 private:
  void propagate();
  bool probe(std::uint32_t variable, bool one, SplitProgram& at_root, Context& context);

  const MomentProgram& program_;
  Fixings fixings_;
  Cutoff cutoff_;
  Propagation propagation_;
  Boxes boxes_;
  std::optional<std::size_t> broken_;
};

}  // namespace hcb
