// The integer stages against exhaustive search: never above the optimum, equal to it where they say
// so, and certificates that the checker accepts.
#include <algorithm>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "schedule/bounds/bound.h"
#include "schedule/bounds/placement.h"
#include "support/exhaustive.h"

using namespace hcb;

namespace {

constexpr Scope kScopes[] = {Scope::any_order, Scope::given_order, Scope::given_order_plain_gaps};

void check_bound(const Graph& graph, Bytes budget, Scope scope, bool tell_incumbent) {
  const auto size = rounded_sizes(graph, 1).value();
  const auto least = exhaustive_extra_time(graph, size, budget, scope);
  Context context;
  const auto incumbent = tell_incumbent ? least : std::nullopt;
  const auto bound = extra_time_bound(graph, size, budget, scope, incumbent, {}, context);
  RC_ASSERT(bound.has_value());
  if (bound->status == BoundStatus::infeasible) RC_ASSERT(!least);
  if (bound->status == BoundStatus::optimal) RC_ASSERT(least && bound->extra_time == *least);
  if (least) RC_ASSERT(bound->extra_time <= *least);
  for (const auto& schedule : bound->schedules) {
    RC_ASSERT(simulate(graph, schedule, size).has_value());
    RC_ASSERT(has_plain_gaps(schedule));  // of every scope
  }
  if (bound->certificate.tree.empty()) return;
  const auto proved = verify(graph, size, bound->certificate);
  RC_ASSERT(proved.has_value());
  RC_ASSERT(proved->infeasible == (bound->status == BoundStatus::infeasible));
  RC_ASSERT(proved->extra_time == bound->extra_time);
}

}  // namespace

TEST_CASE("the integer bound never exceeds the least extra time of its scope") {
  CHECK(rc::check("bound <= optimum", [](std::uint64_t seed) {
    Prng prng(seed);
    const Graph graph = small_random_graph(prng.next(), 3 + prng.below(3));
    const auto size = rounded_sizes(graph, 1).value();
    const Bytes peak = simulate(graph, plain_sequence(graph), size).value().peak;
    const Bytes budget = prng.between(peak / 3, std::max<Bytes>(peak - 1, 0));
    for (const Scope scope : kScopes) {
      check_bound(graph, budget, scope, false);
      check_bound(graph, budget, scope, true);
    }
  }));
}

TEST_CASE("gap6 is proved in each scope") {
  const Graph graph = gap6();
  const auto size = rounded_sizes(graph, 1).value();
  const auto bound = [&](Scope scope, std::optional<Nanos> incumbent) {
    Context context;
    return extra_time_bound(graph, size, 6, scope, incumbent, {}, context).value();
  };
  CHECK(bound(Scope::any_order, 1).status == BoundStatus::optimal);
  CHECK(bound(Scope::any_order, 1).extra_time == 1);
  CHECK(bound(Scope::given_order, 6).extra_time <= 6);
  CHECK(bound(Scope::given_order, 6).extra_time > 1);
}
