// With multipliers m >= 0 on rows a·z >= b and d = D c - mᵀA: the bound is mᵀb plus the least of
// d over the boxes. Any m will do, so the duals are rounded to integers and negative ones left out.
// Source: weak duality; docs/theory-bounds.md.
#include "schedule/bounds/rounded_duals.h"

#include <algorithm>
#include <cmath>

namespace hcb {
namespace {

class Rounding {
 public:
  Rounding(const SplitProgram& program, std::span<const double> dual, double scale)
      : program_(program), dual_(dual), scale_(scale) {}

  LeafProof run(bool infeasible) && {
    const MomentProgram& rows = program_.program();
    proof_.infeasible = infeasible;
    proof_.reduced_cost.assign(rows.boxes().low.size(), 0);
    for (std::uint32_t v = 0; !infeasible && v < proof_.reduced_cost.size(); ++v)
      proof_.reduced_cost[v] = Wide{rows.cost(v)} << rows.scale().log2;
    subtract_rows();
    subtract_splits();
    const Boxes& boxes = program_.boxes();
    for (std::size_t v = 0; v < proof_.reduced_cost.size(); ++v) {
      const Wide d = proof_.reduced_cost[v];
      proof_.bound += d * (d > 0 ? boxes.low[v] : boxes.high[v]);
    }
    return std::move(proof_);
  }

 private:
  [[nodiscard]] std::int64_t rounded(double dual) const {
    const double value = dual * scale_;
    return std::abs(value) < 4e18 ? std::llround(value) : 0;
  }

  void subtract_rows() {
    const auto& source = program_.source();
    const std::size_t known = std::min(source.size(), dual_.size());  // rows may have woken since
    for (std::size_t r = 0; r < known; ++r) {
      if (source[r] == SplitProgram::kSplitRow) continue;
      const std::int64_t value = rounded(dual_[r]);
      if (value <= 0) continue;
      proof_.multipliers.push_back({program_.program().ref(source[r]), value});
      subtract(program_.program().row(source[r]), value);
    }
  }

  // Of two splits of a set on one side the inner one is the tighter: it has the row.
  void subtract_splits() {
    const auto path = program_.path();
    for (std::size_t p = path.size(); p-- > 0;) {
      const Branch& branch = path[p];
      const bool inner = std::ranges::any_of(path.subspan(p + 1), [&](const Branch& later) {
        return later.split == branch.split && later.upper == branch.upper;
      });
      const std::int64_t value = inner ? 0 : rounded(program_.dual_of(branch, dual_));
      if (value <= 0) continue;
      proof_.split_multipliers.emplace_back(static_cast<std::uint32_t>(p), value);
      Row row{{}, branch.upper ? branch.most + 1 : -branch.most};
      for (const std::uint32_t v : program_.members(branch.split))
        row.terms.push_back({v, branch.upper ? 1 : -1});
      subtract(row, value);
    }
  }

  void subtract(const Row& row, Wide multiplier) {
    for (const Term& term : row.terms)
      proof_.reduced_cost[term.variable] -= multiplier * term.coefficient;
    proof_.bound += multiplier * row.least;
  }

  const SplitProgram& program_;
  std::span<const double> dual_;
  double scale_;
  LeafProof proof_;
};

double ray_scale(std::span<const double> ray) {
  double most = 0;
  for (const double value : ray) most = std::max(most, std::abs(value));
  return most > 0 ? std::ldexp(1.0, 60) / most : 1;
}

}  // namespace

LeafProof prove_bound(const SplitProgram& program, std::span<const double> dual) {
  const double scale = std::ldexp(1.0, static_cast<int>(program.program().scale().log2));
  return Rounding(program, dual, scale).run(false);
}

std::optional<LeafProof> prove_empty(const SplitProgram& program, std::span<const double> ray) {
  for (const double sign : {1.0, -1.0}) {
    LeafProof proof = Rounding(program, ray, sign * ray_scale(ray)).run(true);
    if (proof.bound > 0) return proof;
  }
  return std::nullopt;
}

}  // namespace hcb
