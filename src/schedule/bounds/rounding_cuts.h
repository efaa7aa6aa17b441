// Rounded rows that a fractional solution violates.
#pragma once

#include <cstdint>
#include <vector>

#include "base/context.h"
#include "check/rounding.h"
#include "schedule/bounds/moment_program.h"

namespace hcb {

struct RoundingCut {
  RoundedRow recipe;
  Row row;
  double depth = 0;  // how far beyond the row the solution is
};

class RoundingCuts {
 public:
  // `program` must outlive this; rows added to it later are not summed.
  explicit RoundingCuts(const MomentProgram& program);

  // At most `most`, deepest first. `value`: by variable of the system. Counts a unit a term.
  [[nodiscard]] std::vector<RoundingCut> find(const std::vector<double>& value, std::size_t most,
                                              Context& context) const;

 private:
  const MomentProgram& program_;
  std::vector<std::size_t> knapsacks_;  // rows of bytes
  // Rows of small coefficients by the variables they lift: row `rows_[e]` for e in
  // [first_[v], first_[v + 1]) has v with +1.
  std::vector<std::uint32_t> first_;
  std::vector<std::uint32_t> rows_;
};

}  // namespace hcb
