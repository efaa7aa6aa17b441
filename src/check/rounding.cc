// Valid because, with y the integer that takes the floor of a_j / d where a_j mod d < f and the
// ceiling elsewhere, and s the remainders of the former, d y + s >= d q + f, so f y + s >= f (q + 1)
// whether y exceeds q or not. A sum of coefficients stays below twice the largest before rounding.
#include "check/rounding.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>

#include <fmt/format.h>

namespace hcb {
namespace {

using Wide = __int128;
constexpr std::int64_t kMost = std::int64_t{1} << 62;

std::unexpected<Error> error(std::string message) {
  return fail(ErrorKind::check_failed, "certificate: " + std::move(message));
}

std::int64_t floor_div(std::int64_t a, std::int64_t d) { return a / d - (a % d < 0 ? 1 : 0); }

std::int64_t floor_mod(std::int64_t a, std::int64_t d) { return a % d + (a % d < 0 ? d : 0); }

// Adds, unless a number leaves [-2^62, 2^62].
bool add(Wide& sum, Wide value) {
  sum += value;
  return sum <= kMost && sum >= -Wide{kMost};
}

void divide_by_common(Row& row) {
  std::int64_t common = 0;
  for (const Term& term : row.terms) common = std::gcd(common, term.coefficient);
  if (common <= 1) return;
  for (Term& term : row.terms) term.coefficient /= common;
  row.least = -floor_div(-row.least, common);
}

}  // namespace

std::optional<Row> weighted_sum(std::span<const WeightedRow> rows) {
  std::map<std::uint32_t, Wide> coefficient;
  Wide least = 0;
  for (const auto& [row, value] : rows) {
    if (!add(least, Wide{value} * row->least)) return std::nullopt;
    for (const Term& term : row->terms) {
      if (!add(coefficient[term.variable], Wide{value} * term.coefficient)) return std::nullopt;
    }
  }
  Row sum{{}, static_cast<std::int64_t>(least)};
  for (const auto& [variable, value] : coefficient) {
    if (value != 0) sum.terms.push_back({variable, static_cast<std::int64_t>(value)});
  }
  return sum;
}

std::optional<Row> rounded_up(const Row& sum, std::int64_t divisor, std::span<const char> flipped) {
  Wide least = sum.least;
  for (std::size_t t = 0; t < sum.terms.size(); ++t) {
    if (flipped[t] && !add(least, -Wide{sum.terms[t].coefficient})) return std::nullopt;
  }
  const std::int64_t f = floor_mod(static_cast<std::int64_t>(least), divisor);
  if (f == 0) return std::nullopt;
  Row row;
  least = Wide{f} * (floor_div(static_cast<std::int64_t>(least), divisor) + 1);
  for (std::size_t t = 0; t < sum.terms.size(); ++t) {
    const auto& [variable, a] = sum.terms[t];
    const std::int64_t of_w = flipped[t] ? -a : a;
    const Wide g = Wide{f} * floor_div(of_w, divisor) + std::min(floor_mod(of_w, divisor), f);
    if (g == 0) continue;
    if (flipped[t] && !add(least, -g)) return std::nullopt;
    row.terms.push_back({variable, static_cast<std::int64_t>(flipped[t] ? -g : g)});
  }
  if (least > kMost || least < -Wide{kMost}) return std::nullopt;
  row.least = static_cast<std::int64_t>(least);
  divide_by_common(row);
  return row;
}

namespace {

Result<Row> sum_of(const MomentSystem& system, std::span<const Row> earlier,
                   const std::vector<Multiplier>& sum) {
  std::vector<Row> rows;
  for (const Multiplier& m : sum) {
    if (m.value < 0) return error(fmt::format("multiplier {} in a rounded row", m.value));
    if (m.row.kind != RowKind::rounded) {
      HCB_TRY(rows.emplace_back(), system.row(m.row));
      continue;
    }
    if (m.row.at >= earlier.size())
      return error(fmt::format("no rounded row {} before the one that uses it", m.row.at));
    rows.push_back(earlier[m.row.at]);
  }
  std::vector<WeightedRow> weighted;
  for (std::size_t r = 0; r < rows.size(); ++r) weighted.push_back({&rows[r], sum[r].value});
  auto total = weighted_sum(weighted);
  if (!total) return error("the sum of a rounded row exceeds 2^62");
  return *std::move(total);
}

Result<std::vector<char>> flips(const MomentSystem& system, const Row& sum,
                                const std::vector<VariableRef>& flipped) {
  std::vector<char> flip(sum.terms.size(), 0);
  for (const VariableRef& ref : flipped) {
    HCB_TRY(const std::uint32_t v, system.variable(ref));
    const auto at = std::ranges::lower_bound(sum.terms, v, {}, &Term::variable);
    if (at == sum.terms.end() || at->variable != v || flip[at - sum.terms.begin()])
      return error("a rounded row flips a variable it does not have, or twice");
    flip[at - sum.terms.begin()] = 1;
  }
  return flip;
}

}  // namespace

Result<Row> rounded_row(const MomentSystem& system, std::span<const Row> earlier,
                        const RoundedRow& recipe) {
  if (recipe.divisor < 1 || recipe.divisor > kMost)
    return error(fmt::format("divisor {} of a rounded row", recipe.divisor));
  HCB_TRY(const Row sum, sum_of(system, earlier, recipe.sum));
  HCB_TRY(const std::vector<char> flip, flips(system, sum, recipe.flipped));
  auto row = rounded_up(sum, recipe.divisor, flip);
  if (!row) return error("a rounded row has nothing to round");
  return *std::move(row);
}

}  // namespace hcb
