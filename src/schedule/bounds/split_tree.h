// Branch and bound on a moment program whose tree is the certificate.
//
// A node is a list of splits Σ S <= n | Σ S >= n + 1. Nodes are taken best first; a leaf's
// multipliers are the rounded duals of its linear program, and its bound is what they prove in
// integers.
#pragma once

#include <limits>
#include <vector>

#include "schedule/bounds/fixings.h"
#include "schedule/bounds/moment_program.h"

namespace hcb {

struct TreeOptions {
  // Units of time_unit(): leaves that reach it are closed. The largest value: no incumbent.
  std::int64_t incumbent = std::numeric_limits<std::int64_t>::max();
  std::size_t nodes = 2000;
  std::size_t cut_rounds = 0;      // of rounded rows, at the root; the first nodes add one each
  std::uint64_t probing_work = 0;  // at the root, on single variables
  std::uint64_t last_work = std::numeric_limits<std::uint64_t>::max();  // of the context
};

struct TreeResult {
  Certificate certificate;
  // The cheapest integral solution met: values by variable of the system; empty: none.
  std::vector<std::int8_t> solution;
};

// Adds rounded rows to `program`.
[[nodiscard]] TreeResult run_split_tree(MomentProgram& program, Fixings fixings,
                                        const TreeOptions& options, Context& context);

}  // namespace hcb
