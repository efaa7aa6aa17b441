// One walk over the tree in preorder with the splits of the current path on a stack and the boxes
// they leave. A leaf accumulates d = D c - mᵀA in 128-bit integers for the variables its rows
// mention; what the others add, D c at their lower ends, is kept up to date along the walk.
// Invariant: every addition is checked, so an accepted number is exact. Source: weak duality of
// linear programming over a box; docs/theory-bounds.md.
#include "check/certificate.h"

#include <limits>
#include <numeric>

#include <fmt/format.h>

namespace hcb {
namespace {

using Wide = __int128;

std::unexpected<Error> error(std::string message) {
  return fail(ErrorKind::check_failed, std::move(message));
}

[[nodiscard]] bool add_product(Wide& sum, Wide a, Wide b) {
  Wide product = 0;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_add_overflow(sum, product, &sum);
}

// A split on the way from the root to where the walk stands.
struct Branch {
  std::uint32_t node = 0;  // in Certificate::tree
  bool upper = false;      // Σ S >= most + 1, else Σ S <= most
  // A split of one variable: which, and its box outside the split.
  bool single = false;
  std::uint32_t variable = 0;
  std::int8_t low = 0;
  std::int8_t high = 0;
  bool empties = false;  // leaves the box empty
};

class Verifier {
 public:
  Verifier(const Graph& graph, const MomentSystem& system, const Certificate& certificate)
      : graph_(graph),
        system_(system),
        certificate_(certificate),
        unit_(time_unit(graph)),
        low_(system.lows()),
        high_(system.highs()),
        d_(system.variable_count(), 0),
        touched_(system.variable_count(), 0) {}

  Result<CertifiedBound> run() && {
    for (const RoundedRow& recipe : certificate_.rounded) {
      HCB_TRY(Row row, rounded_row(system_, rounded_, recipe));
      rounded_.push_back(std::move(row));
    }
    HCB_CHECK(check_pool());
    for (std::uint32_t at = 0; at < certificate_.tree.size(); ++at) {
      if (done_) return error(fmt::format("certificate: tree node {} hangs nowhere", at));
      const ProofNode& node = certificate_.tree[at];
      if (!node.split.empty()) {
        HCB_CHECK(open_split(at));
        continue;
      }
      HCB_CHECK(leaf(at));
      close_subtree();
    }
    if (!done_) return error("certificate: the tree is not complete");
    return conclude();
  }

 private:
  [[nodiscard]] Result<void> check_pool() const {
    if (certificate_.denominator_log2 > 62)
      return error(fmt::format("certificate: denominator 2^{}", certificate_.denominator_log2));
    Wide total = 0;  // so that sums of scaled costs stay exact
    for (const NodeId i : graph_.nodes()) {
      if (!add_product(total, scaled_cost(system_.r(0, i)), system_.moment_count()))
        return error("certificate: scaled costs exceed 2^127");
    }
    for (std::size_t p = 0; p < certificate_.pool.size(); ++p) {
      for (const Multiplier& m : certificate_.pool[p]) {
        if (m.value < 0)
          return error(fmt::format("certificate: multiplier {} in list {}", m.value, p));
      }
    }
    return {};
  }

  [[nodiscard]] Result<void> open_split(std::uint32_t at) {
    const ProofNode& node = certificate_.tree[at];
    if (node.most < 0 || node.most > std::numeric_limits<std::int32_t>::max())
      return error(fmt::format("certificate: tree node {} splits at {}", at, node.most));
    Branch branch{.node = at, .single = node.split.size() == 1};
    for (const VariableRef& ref : node.split) {
      HCB_TRY(branch.variable, system_.variable(ref));
    }
    path_.push_back(branch);
    enter();
    return {};
  }

  // A split of one variable becomes its box.
  void enter() {
    Branch& branch = path_.back();
    const std::int64_t most = certificate_.tree[branch.node].most;
    const std::uint32_t j = branch.variable;
    if (!branch.single) return;
    branch.low = low_[j];
    branch.high = high_[j];
    if (branch.upper) {
      if (low_[j] == 0) lower_ends_ += scaled_cost(j);
      low_[j] = 1;
    } else if (most == 0) {
      high_[j] = 0;
    }
    branch.empties = low_[j] > high_[j] || (branch.upper && most >= 1);
    empty_ += branch.empties ? 1 : 0;
  }

  void leave() {
    const Branch& branch = path_.back();
    if (!branch.single) return;
    if (low_[branch.variable] > branch.low) lower_ends_ -= scaled_cost(branch.variable);
    low_[branch.variable] = branch.low;
    high_[branch.variable] = branch.high;
    empty_ -= branch.empties ? 1 : 0;
  }

  // D c of a variable: below 2^125 and, all together, checked by check_pool().
  [[nodiscard]] Wide scaled_cost(std::uint32_t variable) const {
    const NodeId i = system_.recomputed(variable);
    if (i == kNone<NodeId>) return 0;
    return Wide{graph_.cost(i).time / unit_} << certificate_.denominator_log2;
  }

  // The walk goes on in the upper half of the innermost split whose lower half it was in.
  void close_subtree() {
    while (!path_.empty() && path_.back().upper) {
      leave();
      path_.pop_back();
    }
    done_ = path_.empty();
    if (done_) return;
    leave();
    path_.back().upper = true;
    enter();
  }

  [[nodiscard]] Result<void> leaf(std::uint32_t at) {
    const ProofNode& node = certificate_.tree[at];
    const auto here = [&](std::string_view what) {
      return error(fmt::format("certificate: leaf {}: {}", at, what));
    };
    if (node.multipliers >= certificate_.pool.size()) return here("names no list of multipliers");
    Wide bound = 0;
    for (const Multiplier& m : certificate_.pool[node.multipliers]) {
      if (m.row.kind == RowKind::rounded) {
        if (m.row.at >= rounded_.size()) return here(fmt::format("no rounded row {}", m.row.at));
        if (!subtract(rounded_[m.row.at], m.value, bound)) return here("the sum exceeds 2^127");
        continue;
      }
      const auto row = system_.row(m.row);
      if (!row) return here(row.error().message);
      if (!subtract(*row, m.value, bound)) return here("the sum exceeds 2^127");
    }
    for (const auto& [depth, value] : node.split_multipliers) {
      if (depth >= path_.size()) return here(fmt::format("no split at depth {}", depth));
      if (value < 0) return here(fmt::format("multiplier {}", value));
      if (!subtract(split_row(path_[depth]), value, bound)) return here("the sum exceeds 2^127");
    }
    if (!add_boxes(node.infeasible, bound)) return here("the sum exceeds 2^127");
    if (empty_ > 0) return {};  // no schedule is here
    return node.infeasible ? accept_infeasible(at, bound) : accept(bound);
  }

  // Adds the least of d over the box, and clears d for the next leaf.
  [[nodiscard]] bool add_boxes(bool infeasible, Wide& bound) {
    bool fits = infeasible || add_product(bound, 1, lower_ends_);
    for (const std::uint32_t j : touched_list_) {
      const Wide cost = infeasible ? 0 : scaled_cost(j);
      Wide d = cost;
      fits = fits && !__builtin_add_overflow(d, d_[j], &d) &&
             add_product(bound, d > 0 ? low_[j] : high_[j], d) &&
             add_product(bound, -low_[j], cost);
      d_[j] = 0;
      touched_[j] = 0;
    }
    touched_list_.clear();
    return fits;
  }

  [[nodiscard]] bool subtract(const Row& row, Wide multiplier, Wide& bound) {
    for (const Term& term : row.terms) {
      if (!touched_[term.variable]) touched_list_.push_back(term.variable);
      touched_[term.variable] = 1;
      if (!add_product(d_[term.variable], -multiplier, term.coefficient)) return false;
    }
    return add_product(bound, multiplier, row.least);
  }

  [[nodiscard]] Row split_row(const Branch& branch) const {
    const ProofNode& node = certificate_.tree[branch.node];
    const std::int64_t sign = branch.upper ? 1 : -1;
    Row row;
    for (const VariableRef& ref : node.split) row.terms.push_back({*system_.variable(ref), sign});
    row.least = branch.upper ? node.most + 1 : -node.most;
    return row;
  }

  [[nodiscard]] Result<void> accept_infeasible(std::uint32_t at, Wide bound) const {
    if (bound > 0) return {};
    return error(fmt::format("certificate: leaf {} is not shown to be empty", at));
  }

  [[nodiscard]] Result<void> accept(Wide bound) {
    if (!any_bound_ || bound < least_) least_ = bound;
    any_bound_ = true;
    return {};
  }

  [[nodiscard]] Result<CertifiedBound> conclude() const {
    CertifiedBound result{.scope = certificate_.spec.scope};
    if (!any_bound_) {
      result.infeasible = true;
      return result;
    }
    if (least_ <= 0) return result;
    const Wide denominator = Wide{1} << certificate_.denominator_log2;
    const Wide units = (least_ - 1) / denominator + 1;
    const Wide total = units * unit_;
    if (units > std::numeric_limits<Nanos>::max() || total > std::numeric_limits<Nanos>::max())
      return error("certificate: the bound exceeds 2^63 ns");
    result.extra_time = static_cast<Nanos>(total);
    return result;
  }

  const Graph& graph_;
  const MomentSystem& system_;
  const Certificate& certificate_;
  std::vector<Row> rounded_;
  Nanos unit_;
  std::vector<std::int8_t> low_;
  std::vector<std::int8_t> high_;
  std::vector<Wide> d_;  // -mᵀA of the current leaf
  std::vector<char> touched_;
  std::vector<std::uint32_t> touched_list_;
  std::vector<Branch> path_;
  Wide lower_ends_ = 0;  // Σ D c low over all variables
  int empty_ = 0;        // splits on the path that leave nothing
  bool done_ = false;
  bool any_bound_ = false;
  Wide least_ = 0;
};

}  // namespace

bool decides_that_nothing_fits(const CertifiedBound& bound, bool keep_order) {
  if (!bound.infeasible) return false;
  return bound.scope == Scope::any_order || (bound.scope == Scope::given_order && keep_order);
}

Nanos time_unit(const Graph& graph) {
  Nanos unit = 0;
  for (const NodeId n : graph.nodes()) unit = std::gcd(unit, graph.cost(n).time);
  return unit == 0 ? 1 : unit;
}

Result<CertifiedBound> verify(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                              const Certificate& certificate) {
  HCB_TRY(const MomentSystem system,
          MomentSystem::make(graph, size, certificate.budget, certificate.spec));
  return Verifier(graph, system, certificate).run();
}

}  // namespace hcb
