// Bounds against exhaustive search on small random graphs, in each of the three scopes.
#include <algorithm>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "schedule/bounds/bound.h"
#include "support/exhaustive.h"

using namespace hcb;

namespace {

constexpr Scope kScopes[] = {Scope::any_order, Scope::given_order, Scope::given_order_plain_gaps};

// A budget between the largest single node and the base peak.
Bytes some_budget(const Graph& graph, const IdVector<BufferId, Bytes>& size, Prng& prng) {
  const Bytes peak = simulate(graph, plain_sequence(graph), size).value().peak;
  return prng.between(peak / 3, std::max<Bytes>(peak - 1, 0));
}

std::vector<NodeId> some_moments(const Graph& graph, Scope scope, Prng& prng) {
  std::vector<NodeId> moments;
  NodeId at = id_at<NodeId>(prng.below(graph.node_count()));
  moments.push_back(at);
  while (prng.chance(60) && index(at) + 1 < graph.node_count()) {
    const auto next = scope == Scope::any_order ? graph.successors(at) : std::span<const NodeId>{};
    if (scope == Scope::any_order && next.empty()) break;
    at =
        scope == Scope::any_order
            ? next[prng.below(next.size())]
            : id_at<NodeId>(index(at) + 1 +
                            (prng.chance(70) ? 0 : prng.below(graph.node_count() - index(at) - 1)));
    moments.push_back(at);
  }
  return moments;
}

// All rows the system has.
std::vector<RowRef> all_rows(const MomentSystem& system) {
  std::vector<RowRef> rows;
  const Graph& graph = system.graph();
  const auto add = [&](RowRef ref) {
    if (system.row(ref)) rows.push_back(ref);
  };
  for (std::size_t kind = 0; kind < kRowKinds; ++kind) {
    const std::size_t places = std::max(system.moment_count(), system.spec().instants.size());
    for (std::uint32_t at = 0; at < places; ++at) {
      const auto row = static_cast<RowKind>(kind);
      add({row, at});
      for (const NodeId n : graph.nodes()) add({row, at, n});
      for (const BufferId b : graph.buffers()) add({row, at, kNone<NodeId>, b});
      for (const NodeId n : graph.nodes()) {
        for (const BufferId b : graph.buffers()) add({row, at, n, b});
      }
    }
  }
  return rows;
}

// A certificate with random moments, rows, multipliers and splits.
Certificate random_certificate(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                               Bytes budget, Scope scope, Prng& prng) {
  Certificate proof{.spec = {.scope = scope, .moments = some_moments(graph, scope, prng)},
                    .budget = budget,
                    .denominator_log2 = 2};
  if (scope == Scope::given_order_plain_gaps) {
    for (std::uint32_t k = 0; k + 1 < proof.spec.moments.size(); ++k) {
      if (index(proof.spec.moments[k]) + 1 != index(proof.spec.moments[k + 1])) continue;
      for (std::size_t i = 0; i < index(proof.spec.moments[k]); ++i)
        proof.spec.instants.push_back({k, id_at<NodeId>(i)});
    }
  }
  const MomentSystem system = MomentSystem::make(graph, size, budget, proof.spec).value();
  const auto rows = all_rows(system);
  const int share = static_cast<int>(prng.between(10, 90));
  for (int list = 0; list < 3; ++list) {
    auto& entries = proof.pool.emplace_back();
    for (const RowRef& row : rows) {
      if (prng.chance(share)) entries.push_back({row, prng.between(1, 8)});
    }
  }
  const auto split = [&] {
    ProofNode node{.most = prng.between(0, 1)};
    for (std::size_t n = 1 + prng.below(2); n > 0; --n)
      node.split.push_back({static_cast<VariableRef::Kind>(prng.below(2)),
                            static_cast<std::uint32_t>(prng.below(proof.spec.moments.size())),
                            static_cast<std::uint32_t>(prng.below(graph.node_count()))});
    return node;
  };
  const auto leaf = [&](std::uint32_t list) {
    return ProofNode{.multipliers = list, .split_multipliers = {{0, prng.between(0, 8)}}};
  };
  proof.tree = {split(), leaf(0), split(), leaf(1), leaf(2)};
  return proof;
}

}  // namespace

TEST_CASE("the cut never exceeds the least extra time of its scope") {
  CHECK(rc::check("cut <= optimum", [](std::uint64_t seed) {
    Prng prng(seed);
    const Graph graph = small_random_graph(prng.next(), 3 + prng.below(3));
    const auto size = rounded_sizes(graph, 1).value();
    const Bytes budget = some_budget(graph, size, prng);
    for (const Scope scope : kScopes) {
      Context context;
      const auto bound = cut_bound(graph, size, budget, scope, context);
      RC_ASSERT(bound.has_value());
      const auto least = exhaustive_extra_time(graph, size, budget, scope);
      if (bound->status == BoundStatus::infeasible) RC_ASSERT(!least);
      if (least) RC_ASSERT(bound->extra_time <= *least);
      for (const auto& schedule : bound->schedules)
        RC_ASSERT(simulate(graph, schedule, size).has_value());
    }
  }));
}

TEST_CASE("no multipliers, rows, splits or moments whatever prove more than the truth") {
  CHECK(rc::check("any certificate <= optimum", [](std::uint64_t seed) {
    Prng prng(seed);
    const Graph graph = small_random_graph(prng.next(), 3 + prng.below(3));
    const auto size = rounded_sizes(graph, 1).value();
    const Bytes budget = some_budget(graph, size, prng);
    for (const Scope scope : kScopes) {
      const auto least = exhaustive_extra_time(graph, size, budget, scope);
      for (int again = 0; again < 20; ++again) {
        const Certificate proof = random_certificate(graph, size, budget, scope, prng);
        const auto bound = verify(graph, size, proof);
        RC_ASSERT(bound.has_value());
        if (bound->infeasible) RC_ASSERT(!least);
        if (least) RC_ASSERT(bound->extra_time <= *least);
      }
    }
  }));
}
