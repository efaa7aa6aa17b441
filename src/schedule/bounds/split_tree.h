// Branch and bound on a moment program whose tree is the certificate.
//
// A node is a list of splits Σ S <= n | Σ S >= n + 1. Layers of a network are alike, so single
// variables are interchangeable and splitting on them gets nowhere; the sums over nodes that make
// as many bytes break the symmetry. Nodes are taken best first; a leaf's multipliers are the
// rounded duals of its linear program, and its bound is what they prove in integers.
#pragma once

#include <limits>
#include <optional>
#include <vector>

#include "schedule/bounds/program.h"

namespace hcb {

// A variable that has one value in every schedule cheaper than the incumbent, and why.
struct Fixing {
  VariableRef variable;
  std::uint32_t why = 0;  // list of Fixings::lists: proves the incumbent's cost on the other side,
  bool infeasible = false;  // or that nothing is there, given the fixings before this one
  bool one = false;         // the value
};

struct Fixings {
  std::vector<std::vector<Multiplier>> lists;
  std::vector<Fixing> items;
};

struct TreeOptions {
  // Units of time_unit(): leaves that reach it are closed. The largest value: no incumbent.
  std::int64_t incumbent = std::numeric_limits<std::int64_t>::max();
  std::size_t nodes = 2000;
  std::uint64_t probing_work = 0;  // at the root, on single variables
  std::uint64_t last_work = std::numeric_limits<std::uint64_t>::max();  // of the context
};

struct TreeResult {
  Certificate certificate;
  std::int64_t bound = 0;  // in units, of the whole tree
  bool closed = false;     // every leaf reaches the incumbent, or the best one is integral
  bool infeasible = false;
  std::size_t nodes = 0;
  // The cheapest integral solution met: values by variable of the system; empty: none.
  std::vector<std::int8_t> solution;
  std::int64_t solution_cost = 0;
};

[[nodiscard]] TreeResult run_split_tree(const Program& program, Fixings fixings,
                                        const TreeOptions& options, Context& context);

}  // namespace hcb
