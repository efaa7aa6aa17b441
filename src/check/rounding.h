// Rounded rows: what integrality adds to a sum of rows.
//
//     Σ m_i · row_i :   Σ a_j z_j >= b      z_j in {0, 1}, some of them flipped: z_j = 1 - w_j
//     with d > 0 and b = d q + f, 0 < f < d:
//
//     Σ (f ⌊a_j / d⌋ + min(a_j mod d, f)) w_j  >=  f (q + 1)
//
// Example: 4 x1 + 4 x2 + 4 x3 >= 9 with d = 4 (q 2, f 1) says x1 + x2 + x3 >= 3.
// Source: mixed-integer rounding (Nemhauser and Wolsey, 1990); proof in docs/theory-bounds.md.
#pragma once

#include <span>
#include <vector>

#include "check/moments.h"

namespace hcb {

struct Multiplier {
  RowRef row;
  std::int64_t value = 0;  // >= 0
  friend bool operator==(const Multiplier&, const Multiplier&) = default;
};

// How a row follows from others.
struct RoundedRow {
  std::vector<Multiplier> sum;
  std::int64_t divisor = 1;
  std::vector<VariableRef> flipped;
  friend bool operator==(const RoundedRow&, const RoundedRow&) = default;
};

// Σ value · row; terms of one variable are joined, ascending by variable, none is 0. nullopt: a
// coefficient beyond 2^62.
struct WeightedRow {
  const Row* row = nullptr;
  std::int64_t value = 0;
};
[[nodiscard]] std::optional<Row> weighted_sum(std::span<const WeightedRow> rows);

// The row above, divided by the greatest common divisor of its coefficients and its right-hand side
// rounded up. `flipped`: by term of `sum`. nullopt: the divisor leaves no remainder.
// `sum` as weighted_sum() gives it, divisor in [1, 2^62]. O(terms).
[[nodiscard]] std::optional<Row> rounded_up(const Row& sum, std::int64_t divisor,
                                            std::span<const char> flipped);

// The row that `recipe` makes; RowKind::rounded in its sum names a row of `earlier`. Errors
// (check_failed): a row the graph does not have, a multiplier below 0, a divisor out of range, a
// flipped variable that is in no row, twice or unknown, sums beyond 2^62, nothing to round.
[[nodiscard]] Result<Row> rounded_row(const MomentSystem& system, std::span<const Row> earlier,
                                      const RoundedRow& recipe);

}  // namespace hcb
