// What single rows say about single variables, given the boxes of the others.
#pragma once

#include <optional>
#include <vector>

#include "schedule/bounds/moment_program.h"

namespace hcb {

// A variable that a row alone fixes.
struct Implied {
  std::uint32_t variable = 0;
  std::size_t row = 0;  // of the program: the other value violates it, whatever the rest is
  bool one = false;
};

class Propagation {
 public:
  explicit Propagation(const MomentProgram& program);

  // Tightens the boxes as far as single rows go and tells how, in order. Stops at a row that cannot
  // hold at all: its number goes to `broken` (nullopt: none). O(terms of the rows looked at, each
  // once per change of one of its variables).
  [[nodiscard]] std::vector<Implied> run(Boxes& boxes, std::optional<std::size_t>& broken) const;

 private:
  const MomentProgram& program_;
  std::vector<std::uint32_t> first_;  // rows by variable
  std::vector<std::uint32_t> rows_;
};

}  // namespace hcb
