// What the rounded duals of a linear program prove, in integers.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "schedule/bounds/split_program.h"

namespace hcb {

using Wide = __int128;

// When a scaled bound shows that nothing is cheaper than what is known.
struct Cutoff {
  // Units of time_unit(). The largest value: nothing is known.
  std::int64_t incumbent = std::numeric_limits<std::int64_t>::max();
  std::uint32_t log2 = 0;

  [[nodiscard]] bool known() const { return incumbent != std::numeric_limits<std::int64_t>::max(); }
  // Does the bound, rounded up to units, reach the incumbent?
  [[nodiscard]] bool closes(Wide bound) const {
    return known() && bound > (Wide{incumbent - 1} << log2);
  }
};

struct LeafProof {
  Wide bound = 0;  // scaled
  bool infeasible = false;
  std::vector<Multiplier> multipliers;
  // (place on the path, value)
  std::vector<std::pair<std::uint32_t, std::int64_t>> split_multipliers;
  std::vector<Wide> reduced_cost;  // by variable, scaled
};

// At the node that `program` is at. O(variables + terms of the rows with a dual).
[[nodiscard]] LeafProof prove_bound(const SplitProgram& program, std::span<const double> dual);
// `ray`: of an infeasible program; nullopt: rounded it shows nothing.
[[nodiscard]] std::optional<LeafProof> prove_empty(const SplitProgram& program,
                                                   std::span<const double> ray);

}  // namespace hcb
