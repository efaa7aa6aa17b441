// Certificate: a proof, checkable in linear time with integers alone, that no schedule of a scope
// meets a byte budget at less than so much extra time.
//
//                        Σ S <= n ?                 inner node: S a set of 0/1 variables; every
//                       /          \                schedule is on one side
//                  leaf 0         r[0,f3] <= 0 ?
//                                /            \     leaf: multipliers >= 0 on rows (moments.h)
//                           leaf 1           leaf 2
//
// For rows A z >= b, boxes low <= z <= high and integer multipliers m >= 0 let d = D c - mᵀA. Every
// feasible z has D cᵀz = mᵀA z + dᵀz >= mᵀb + Σ_j min(low_j d_j, high_j d_j) =: L, whatever m is.
// So extra time >= the least L / D over the leaves: wrong multipliers make a weak proof, never a
// false one. Rows are the graph's and those that follow from them by rounding.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check/rounding.h"

namespace hcb {

// Tree nodes stand in preorder: an inner node, its subtree for Σ S <= most, then its subtree for
// Σ S >= most + 1.
struct ProofNode {
  std::vector<VariableRef> split;  // not empty: an inner node
  std::int64_t most = 0;           // inner node
  std::uint32_t multipliers = 0;   // leaf: index into Certificate::pool
  // Leaf: multipliers of the split rows on its path, (depth, value), the root at depth 0. A split
  // of one variable tightens that variable's box as well and needs none.
  std::vector<std::pair<std::uint32_t, std::int64_t>> split_multipliers;
  bool infeasible = false;  // leaf: claims that no schedule is here at all (c := 0, L > 0)
  friend bool operator==(const ProofNode&, const ProofNode&) = default;
};

struct Certificate {
  MomentSpec spec;
  Bytes budget = 0;
  std::uint32_t denominator_log2 = 0;         // D = 2^s, s <= 62
  std::vector<RoundedRow> rounded;            // each of the graph's rows and those before it
  std::vector<std::vector<Multiplier>> pool;  // lists that leaves refer to
  std::vector<ProofNode> tree;
  friend bool operator==(const Certificate&, const Certificate&) = default;
};

// What a certificate proves.
struct CertifiedBound {
  Scope scope = Scope::any_order;
  Nanos extra_time = 0;     // no schedule of the scope within the budget has less
  bool infeasible = false;  // no schedule of the scope is within the budget; extra_time is 0 then
};

// May this bound say that a budget does not fit? In any order always; of the given order only where
// that order is to be kept; with plain gaps never, since schedules outside that scope may fit.
[[nodiscard]] bool decides_that_nothing_fits(const CertifiedBound& bound, bool keep_order);

// Verifies against the graph and nothing else. Costs are divided by their greatest common divisor
// first, and the bound is rounded up to a multiple of it. Errors (check_failed, naming leaf and
// row): a row the graph does not have; a wrong rounded row; a negative multiplier; a malformed tree; 128-bit overflow;
// an infeasible leaf whose L is not positive.
// `size`: rounded. O(moments · (nodes + edges) + leaves · (variables + multipliers)).
[[nodiscard]] Result<CertifiedBound> verify(const Graph& graph,
                                            const IdVector<BufferId, Bytes>& size,
                                            const Certificate& certificate);

// Greatest common divisor of the times of all nodes, 1 if all are zero: the unit of extra time.
[[nodiscard]] Nanos time_unit(const Graph& graph);

// Canonical JSON: the same certificate gives the same bytes.
[[nodiscard]] std::string to_json(const Certificate& certificate);
// Errors (bad_input): not JSON, a wrong type or a number out of range, an unknown key or kind.
[[nodiscard]] Result<Certificate> certificate_from_json(std::string_view text);

}  // namespace hcb
