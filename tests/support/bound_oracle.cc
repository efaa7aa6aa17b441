#include "support/bound_oracle.h"

#include <fmt/format.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "graph/builder.h"
#include "schedule/bounds/bound.h"
#include "support/autodiff.h"
#include "support/exhaustive.h"

namespace hcb {
namespace {

class Comparison {
 public:
  Comparison(const Graph& graph, Bytes budget, const OracleChecks& checks, OracleCounts& counts)
      : graph_(graph),
        size_(rounded_sizes(graph, 1).value()),
        budget_(budget),
        checks_(checks),
        counts_(counts) {}

  std::string run() {
    for (const Scope scope :
         {Scope::any_order, Scope::given_order, Scope::given_order_plain_gaps}) {
      scope_ = scope;
      least_ = exhaustive_extra_time(graph_, size_, budget_, scope);
      ++counts_.cases;
      Context context;
      told(cut_bound(graph_, size_, budget_, scope, context), "cut");
      if (checks_.loop) {
        loop(std::nullopt);
        if (least_) loop(least_);
      }
      if (!problem_.empty()) return problem_;
    }
    return problem_;
  }

 private:
  void wrong(std::string_view what) {
    if (problem_.empty()) {
      problem_ = fmt::format("budget {}, {}, optimum {}: {}", budget_, name(scope_),
                             least_ ? fmt::format("{}", *least_) : "none", what);
    }
  }

  void loop(std::optional<Nanos> incumbent) {
    Context context;
    const auto bound = extra_time_bound(graph_, size_, budget_, scope_, incumbent, {}, context);
    told(bound, incumbent ? "loop told the optimum" : "loop");
    if (!bound) return;
    const bool exact = least_
                           ? bound->extra_time == *least_ && bound->status == BoundStatus::optimal
                           : bound->status == BoundStatus::infeasible;
    counts_.exact += exact ? 1 : 0;
    counts_.infeasible += exact && !least_ ? 1 : 0;
    if (!exact && scope_ == Scope::given_order_plain_gaps && plain())
      wrong(fmt::format("the exact loop{} stops at {}", incumbent ? " told the optimum" : "",
                        bound->extra_time));
  }

  // Without donated storage the rows of plain gaps are exact.
  [[nodiscard]] bool plain() const {
    for (const BufferId b : graph_.buffers()) {
      if (graph_.donor(b) != kNone<BufferId>) return false;
    }
    return true;
  }

  void told(const Result<BoundResult>& bound, std::string_view stage) {
    if (!bound) return wrong(fmt::format("{}: {}", stage, bound.error().message));
    const bool none = bound->status == BoundStatus::infeasible;
    if (none && least_) wrong(fmt::format("{}: infeasible", stage));
    if (least_ && bound->extra_time > *least_)
      wrong(fmt::format("{}: bound {}", stage, bound->extra_time));
    if (bound->status == BoundStatus::optimal && (!least_ || bound->extra_time != *least_))
      wrong(fmt::format("{}: says optimal at {}", stage, bound->extra_time));
    for (const auto& schedule : bound->schedules) {
      if (!simulate(graph_, schedule, size_)) wrong(fmt::format("{}: no schedule", stage));
    }
    if (bound->certificate.tree.empty()) {
      if (bound->extra_time > 0 || none) wrong(fmt::format("{}: no certificate", stage));
      return;
    }
    const auto proved = verify(graph_, size_, bound->certificate);
    if (!proved) return wrong(fmt::format("{}: {}", stage, proved.error().message));
    if (proved->infeasible != none || proved->extra_time != bound->extra_time)
      wrong(fmt::format("{}: the certificate proves {}", stage, proved->extra_time));
    if (checks_.tamper && problem_.empty()) tamper(bound->certificate);
  }

  // ---- certificates altered in one place

  void tamper(const Certificate& proof) {
    for (std::size_t list = 0; list < proof.pool.size(); ++list) {
      for (std::size_t m = 0; m < proof.pool[list].size(); ++m) tamper_multiplier(proof, list, m);
    }
    for (std::size_t at = 0; at < proof.tree.size(); ++at) tamper_tree(proof, at);
    for (std::size_t row = 0; row < proof.rounded.size(); ++row) tamper_rounded(proof, row);
    Certificate other = proof;
    ++other.budget;
    sound(other, budget_ + 1, "the budget");
    other = proof;
    if (other.denominator_log2 > 0) --other.denominator_log2;
    sound(other, budget_, "the denominator");
  }

  void tamper_multiplier(const Certificate& proof, std::size_t list, std::size_t m) {
    const std::int64_t value = proof.pool[list][m].value;
    for (const std::int64_t more : {value + 1, value + value / 2 + 1, 2 * value + 1}) {
      Certificate other = proof;
      other.pool[list][m].value = more;
      sound(other, budget_, "a multiplier");
    }
  }

  void tamper_rounded(const Certificate& proof, std::size_t row) {
    Certificate other = proof;
    for (const std::int64_t divisor : {proof.rounded[row].divisor + 1, std::int64_t{2}}) {
      other.rounded[row].divisor = divisor;
      sound(other, budget_, "a divisor");
    }
    for (std::size_t m = 0; m < proof.rounded[row].sum.size(); ++m) {
      other = proof;
      ++other.rounded[row].sum[m].value;
      sound(other, budget_, "a multiplier of a rounded row");
    }
    if (proof.rounded[row].flipped.empty()) return;
    other = proof;
    other.rounded[row].flipped.pop_back();
    sound(other, budget_, "a flip");
  }

  void tamper_tree(const Certificate& proof, std::size_t at) {
    Certificate other = proof;
    ProofNode& node = other.tree[at];
    if (!node.split.empty()) {
      for (const std::int64_t most : {node.most + 1, node.most + 7}) {
        node.most = most;
        sound(other, budget_, "a split");
      }
      other = proof;
      other.tree.erase(other.tree.begin() + static_cast<std::ptrdiff_t>(at));
      sound(other, budget_, "a split taken out");
      return;
    }
    node.infeasible = !node.infeasible;
    sound(other, budget_, "a leaf's kind");
    other = proof;
    other.tree[at].multipliers =
        (other.tree[at].multipliers + 1) %
        static_cast<std::uint32_t>(std::max<std::size_t>(proof.pool.size(), 1));
    sound(other, budget_, "a leaf's list");
    for (std::size_t s = 0; s < proof.tree[at].split_multipliers.size(); ++s) {
      other = proof;
      other.tree[at].split_multipliers[s].second *= 2;
      ++other.tree[at].split_multipliers[s].second;
      sound(other, budget_, "a split's multiplier");
    }
    other = proof;
    other.tree.erase(other.tree.begin() + static_cast<std::ptrdiff_t>(at));
    sound(other, budget_, "a leaf taken out");
  }

  // Refused, or still true.
  void sound(const Certificate& proof, Bytes budget, std::string_view what) {
    ++counts_.tampered;
    const auto proved = verify(graph_, size_, proof);
    if (!proved) return;
    std::optional<Nanos> least = least_;
    if (budget != budget_) least = exhaustive_extra_time(graph_, size_, budget, scope_);
    if (least && (proved->infeasible || proved->extra_time > *least))
      wrong(fmt::format("{} altered: proves {}", what,
                        proved->infeasible ? "infeasible" : fmt::format("{}", proved->extra_time)));
  }

  const Graph& graph_;
  IdVector<BufferId, Bytes> size_;
  Bytes budget_;
  const OracleChecks& checks_;
  OracleCounts& counts_;
  Scope scope_ = Scope::any_order;
  std::optional<Nanos> least_;
  std::string problem_;
};

}  // namespace

Bytes base_peak(const Graph& graph) {
  const auto size = rounded_sizes(graph, 1).value();
  return simulate(graph, plain_sequence(graph), size).value().peak;
}

Graph five_node_graph(std::uint32_t edges, std::uint64_t seed) {
  Prng prng(seed);
  GraphBuilder builder(Dialect::aten, "five");
  std::vector<ValueId> made;
  std::vector<char> read(5, 0);
  std::uint32_t next = 0;
  for (std::size_t n = 0; n < 5; ++n) {
    NodeSpec node{.name = fmt::format("n{}", n), .op = "op", .cost = {.time = prng.between(0, 2)}};
    for (std::size_t i = 0; i < n; ++i) {
      if ((edges >> next++ & 1) == 0) continue;
      node.inputs.push_back(made[i]);
      read[i] = 1;
    }
    made.push_back(builder.add_value(
        {.name = fmt::format("b{}", n), .dtype = DType::u8, .shape = {prng.between(0, 2)}}));
    node.outputs = {made.back()};
    builder.add_node(std::move(node));
  }
  for (std::size_t n = 0; n < 5; ++n) {
    if (!read[n]) builder.mark_output(made[n]);
  }
  return must_freeze(std::move(builder));
}

std::string compare_with_search(const Graph& graph, Bytes budget, const OracleChecks& checks,
                                OracleCounts& counts) {
  return Comparison(graph, budget, checks, counts).run();
}

std::string compare_under_every_budget(const Graph& graph, const OracleChecks& checks,
                                       OracleCounts& counts) {
  for (Bytes budget = 0; budget < base_peak(graph); ++budget) {
    const std::string problem = compare_with_search(graph, budget, checks, counts);
    if (!problem.empty()) return "budget " + std::to_string(budget) + ": " + problem;
  }
  return {};
}

std::string compare_random(std::uint64_t seed, const OracleChecks& checks, OracleCounts& counts) {
  Prng prng(seed);
  const Graph graph = small_random_graph(prng.next(), 6 + seed % 2);
  const Bytes peak = base_peak(graph);
  const Bytes budget = prng.between(peak / 3, std::max<Bytes>(peak - 1, 0));
  return compare_with_search(graph, budget, checks, counts);
}

}  // namespace hcb
