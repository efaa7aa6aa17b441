// Every row of bytes -Σ s x >= -C is summed with rows that say where a buffer not kept comes from,
// x + r >= …, each the tightest one and s times, until recomputations cover bytes: Σ s r >= D. What
// is near 1 is flipped, every size is tried as divisor. Source: Marchand and Wolsey (2001).
#include "schedule/bounds/rounding_cuts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace hcb {
namespace {

constexpr double kWhole = 1e-6;
constexpr double kLeastDepth = 1e-3;
constexpr std::size_t kDivisors = 24;
constexpr int kSteps = 4;

// Which variables of a sum are replaced.
enum class Replace { fractional, below_one, all };

double depth_of(const Row& row, const std::vector<double>& value) {
  double left = 0;
  double norm = 0;
  for (const Term& term : row.terms) {
    const auto a = static_cast<double>(term.coefficient);
    left += a * value[term.variable];
    norm += a * a;
  }
  return norm > 0 ? (static_cast<double>(row.least) - left) / std::sqrt(norm) : 0;
}

class Search {
 public:
  Search(const MomentProgram& program, const std::vector<std::uint32_t>& first,
         const std::vector<std::uint32_t>& rows, const std::vector<double>& value, Context& context)
      : program_(program), first_(first), rows_(rows), value_(value), context_(context) {}

  void run(std::size_t knapsack, Replace replace) {
    std::map<std::size_t, std::int64_t> sum{{knapsack, 1}};
    for (int step = 0; step < kSteps; ++step) {
      const auto total = total_of(sum);
      if (!total) return;
      try_divisors(sum, *total);
      if (!extend(sum, *total, replace)) return;
    }
  }

  std::vector<RoundingCut> take(std::size_t most) && {
    std::ranges::stable_sort(found_, std::greater{}, &RoundingCut::depth);
    if (found_.size() > most) found_.resize(most);
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::optional<Row> total_of(const std::map<std::size_t, std::int64_t>& sum) {
    std::vector<WeightedRow> weighted;
    std::size_t terms = 0;
    for (const auto& [row, value] : sum) {
      weighted.push_back({&program_.row(row), value});
      terms += program_.row(row).terms.size();
    }
    context_.count(20 * terms);
    return weighted_sum(weighted);
  }

  [[nodiscard]] bool fractional(std::uint32_t v) const {
    return value_[v] > kWhole && value_[v] < 1 - kWhole;
  }

  [[nodiscard]] bool replaced(const Term& term, Replace replace) const {
    if (term.coefficient >= 0) return false;
    if (replace == Replace::fractional) return fractional(term.variable);
    return replace == Replace::all || value_[term.variable] < 1 - kWhole;
  }

  // Cancels variables that count against the row by the tightest row that lifts them.
  bool extend(std::map<std::size_t, std::int64_t>& sum, const Row& total, Replace replace) {
    bool any = false;
    for (const Term& term : total.terms) {
      if (!replaced(term, replace)) continue;
      const auto row = tightest(term.variable);
      if (!row) continue;
      std::int64_t& value = sum[*row];
      if (__builtin_sub_overflow(value, term.coefficient, &value)) return false;
      any = true;
    }
    return any;
  }

  [[nodiscard]] std::optional<std::size_t> tightest(std::uint32_t v) const {
    std::optional<std::size_t> best;
    double least = 0.5;
    for (std::uint32_t e = first_[v]; e < first_[v + 1]; ++e) {
      const Row& row = program_.row(rows_[e]);
      double slack = -static_cast<double>(row.least);
      for (const Term& term : row.terms)
        slack += static_cast<double>(term.coefficient) * value_[term.variable];
      if (slack >= least - kWhole) continue;
      least = slack;
      best = rows_[e];
    }
    return best;
  }

  void try_divisors(const std::map<std::size_t, std::int64_t>& sum, const Row& total) {
    std::vector<char> flipped;
    std::set<std::int64_t, std::greater<>> divisors;
    for (const Term& term : total.terms) {
      flipped.push_back(value_[term.variable] > 0.5 ? 1 : 0);
      if (fractional(term.variable)) divisors.insert(std::abs(term.coefficient));
    }
    std::optional<RoundingCut> best;
    std::size_t tried = 0;
    for (const std::int64_t divisor : divisors) {
      if (++tried > kDivisors) break;
      try_divisor(total, divisor, flipped, best);
    }
    for (std::int64_t part = 2; best && part <= 8; part *= 2) {
      const std::int64_t divisor = best->recipe.divisor / part;
      if (divisor > 1) try_divisor(total, divisor, flipped, best);
    }
    if (!best || !known_.insert(keyed(best->row)).second) return;
    for (const auto& [row, value] : sum) best->recipe.sum.push_back({program_.ref(row), value});
    for (std::size_t t = 0; t < flipped.size(); ++t) {
      if (flipped[t])
        best->recipe.flipped.push_back(program_.system().named(total.terms[t].variable));
    }
    found_.push_back(*std::move(best));
  }

  void try_divisor(const Row& total, std::int64_t divisor, const std::vector<char>& flipped,
                   std::optional<RoundingCut>& best) {
    context_.count(2 * total.terms.size());
    auto row = rounded_up(total, divisor, flipped);
    if (!row) return;
    const double depth = depth_of(*row, value_);
    if (depth < (best ? best->depth : kLeastDepth)) return;
    best = RoundingCut{{.divisor = divisor}, *std::move(row), depth};
  }

  using Key = std::vector<std::int64_t>;
  [[nodiscard]] static Key keyed(const Row& row) {
    Key key{row.least};
    for (const Term& term : row.terms) {
      key.push_back(term.variable);
      key.push_back(term.coefficient);
    }
    return key;
  }

  const MomentProgram& program_;
  const std::vector<std::uint32_t>& first_;
  const std::vector<std::uint32_t>& rows_;
  const std::vector<double>& value_;
  Context& context_;
  std::set<Key> known_;
  std::vector<RoundingCut> found_;
};

bool of_bytes(RowKind kind) {
  return kind == RowKind::capacity || kind == RowKind::pass || kind == RowKind::instant_cap;
}

}  // namespace

RoundingCuts::RoundingCuts(const MomentProgram& program)
    : program_(program), first_(program.boxes().low.size() + 1, 0) {
  const auto each_lift = [&](auto&& visit) {
    for (std::uint32_t r = 0; r < program.row_count(); ++r) {
      if (of_bytes(program.ref(r).kind)) continue;
      for (const Term& term : program.row(r).terms) {
        if (term.coefficient == 1) visit(r, term.variable);
      }
    }
  };
  for (std::size_t r = 0; r < program.row_count(); ++r) {
    if (of_bytes(program.ref(r).kind)) knapsacks_.push_back(r);
  }
  each_lift([&](std::uint32_t, std::uint32_t v) { ++first_[v + 1]; });
  for (std::size_t v = 1; v < first_.size(); ++v) first_[v] += first_[v - 1];
  rows_.resize(first_.back());
  std::vector<std::uint32_t> at(first_.begin(), first_.end() - 1);
  each_lift([&](std::uint32_t r, std::uint32_t v) { rows_[at[v]++] = r; });
}

std::vector<RoundingCut> RoundingCuts::find(const std::vector<double>& value, std::size_t most,
                                            Context& context) const {
  Search search(program_, first_, rows_, value, context);
  for (const std::size_t row : knapsacks_) {
    for (const Replace replace : {Replace::fractional, Replace::below_one, Replace::all})
      search.run(row, replace);
  }
  return std::move(search).take(most);
}

}  // namespace hcb
