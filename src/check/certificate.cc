// One walk over the tree in preorder with the splits of the current path on a stack. A leaf
// accumulates d = D c - mᵀA term by term in 128-bit integers, then adds up the boxes. Invariant:
// every addition is checked, so an accepted number is exact. Source: weak duality of linear
// programming over a box; docs/theory-bounds.md.
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
};

class Verifier {
 public:
  Verifier(const Graph& graph, const MomentSystem& system, const Certificate& certificate)
      : graph_(graph),
        system_(system),
        certificate_(certificate),
        unit_(time_unit(graph)),
        low_(system.lows()),
        high_(system.highs()) {}

  Result<CertifiedBound> run() && {
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
    for (std::size_t p = 0; p < certificate_.pool.size(); ++p) {
      for (const Multiplier& m : certificate_.pool[p]) {
        if (m.value < 0)
          return error(fmt::format("certificate: multiplier {} in list {}", m.value, p));
      }
    }
    return {};
  }

  // The variable a split names, or an error.
  [[nodiscard]] Result<std::uint32_t> variable(const VariableRef& ref) const {
    const bool of_buffer = ref.kind == VariableRef::Kind::x;
    const std::size_t count = of_buffer ? graph_.buffer_count() : graph_.node_count();
    if (ref.moment >= system_.moment_count() || ref.id >= count)
      return error(
          fmt::format("certificate: a split names variable {} of moment {}", ref.id, ref.moment));
    if (of_buffer) return system_.x(ref.moment, BufferId{ref.id});
    if (ref.kind == VariableRef::Kind::t) return system_.t(ref.moment, NodeId{ref.id});
    return system_.r(ref.moment, NodeId{ref.id});
  }

  [[nodiscard]] Result<void> open_split(std::uint32_t at) {
    const ProofNode& node = certificate_.tree[at];
    if (node.most < 0 || node.most > std::numeric_limits<std::int32_t>::max())
      return error(fmt::format("certificate: tree node {} splits at {}", at, node.most));
    for (const VariableRef& ref : node.split) HCB_CHECK(variable(ref));
    path_.push_back({at, false});
    return {};
  }

  // The walk goes on in the upper half of the innermost split whose lower half it was in.
  void close_subtree() {
    while (!path_.empty() && path_.back().upper) path_.pop_back();
    if (path_.empty()) {
      done_ = true;
    } else {
      path_.back().upper = true;
    }
  }

  [[nodiscard]] Result<void> leaf(std::uint32_t at) {
    const ProofNode& node = certificate_.tree[at];
    const auto here = [&](std::string_view what) {
      return error(fmt::format("certificate: leaf {}: {}", at, what));
    };
    if (node.multipliers >= certificate_.pool.size()) return here("names no list of multipliers");
    std::vector<Wide> d(system_.variable_count(), 0);
    if (!node.infeasible && !add_costs(d)) return here("costs exceed 2^127");
    Wide bound = 0;
    for (const Multiplier& m : certificate_.pool[node.multipliers]) {
      const auto row = system_.row(m.row);
      if (!row) return here(row.error().message);
      if (!subtract(*row, m.value, d, bound)) return here("the sum exceeds 2^127");
    }
    for (const auto& [depth, value] : node.split_multipliers) {
      if (depth >= path_.size()) return here(fmt::format("no split at depth {}", depth));
      if (value < 0) return here(fmt::format("multiplier {}", value));
      if (!subtract(split_row(path_[depth]), value, d, bound)) return here("the sum exceeds 2^127");
    }
    auto low = low_;
    auto high = high_;
    if (!tighten(low, high)) return {};  // an empty box: no schedule is here
    for (std::size_t j = 0; j < d.size(); ++j) {
      if (d[j] == 0) continue;
      if (!add_product(bound, d[j] > 0 ? low[j] : high[j], d[j])) return here("exceeds 2^127");
    }
    return node.infeasible ? accept_infeasible(at, bound) : accept(bound);
  }

  [[nodiscard]] bool add_costs(std::vector<Wide>& d) const {
    for (std::size_t k = 0; k < system_.moment_count(); ++k) {
      for (const NodeId i : graph_.nodes()) {
        const Wide cost = graph_.cost(i).time / unit_;
        if (!add_product(d[system_.r(k, i)], cost, Wide{1} << certificate_.denominator_log2))
          return false;
      }
    }
    return true;
  }

  [[nodiscard]] static bool subtract(const Row& row, Wide multiplier, std::vector<Wide>& d,
                                     Wide& bound) {
    for (const Term& term : row.terms) {
      if (!add_product(d[term.variable], -multiplier, term.coefficient)) return false;
    }
    return add_product(bound, multiplier, row.least);
  }

  [[nodiscard]] Row split_row(const Branch& branch) const {
    const ProofNode& node = certificate_.tree[branch.node];
    const std::int64_t sign = branch.upper ? 1 : -1;
    Row row;
    for (const VariableRef& ref : node.split) row.terms.push_back({*variable(ref), sign});
    row.least = branch.upper ? node.most + 1 : -node.most;
    return row;
  }

  // Single variables on the path become boxes. False: an empty one.
  [[nodiscard]] bool tighten(std::vector<std::int8_t>& low, std::vector<std::int8_t>& high) const {
    for (const Branch& branch : path_) {
      const ProofNode& node = certificate_.tree[branch.node];
      if (node.split.size() != 1) continue;
      const std::uint32_t j = *variable(node.split.front());
      if (branch.upper && node.most >= 1) return false;
      if (branch.upper) low[j] = 1;
      if (!branch.upper && node.most == 0) high[j] = 0;
      if (low[j] > high[j]) return false;
    }
    return true;
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
  Nanos unit_;
  std::vector<std::int8_t> low_;
  std::vector<std::int8_t> high_;
  std::vector<Branch> path_;
  bool done_ = false;
  bool any_bound_ = false;
  Wide least_ = 0;
};

}  // namespace

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
