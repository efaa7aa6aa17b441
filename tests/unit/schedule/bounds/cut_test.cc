// One moment on graphs small enough to solve by hand, and the three scopes on gap6.
#include <doctest/doctest.h>

#include "schedule/bounds/bound.h"
#include "schedule/bounds/max_flow.h"
#include "support/exhaustive.h"
#include "support/tiny_training.h"

using namespace hcb;
using hcb::test::tiny_training;
namespace tiny = hcb::test::tiny;

namespace {

BoundResult cut(const Graph& graph, Bytes budget, Scope scope = Scope::any_order) {
  Context context;
  const auto size = rounded_sizes(graph, 1).value();
  return cut_bound(graph, size, budget, scope, context).value();
}

std::optional<Nanos> oracle(const Graph& graph, Bytes budget, Scope scope) {
  return exhaustive_extra_time(graph, rounded_sizes(graph, 1).value(), budget, scope);
}

}  // namespace

TEST_CASE("a maximum flow saturates the least cut") {
  // 0 -> 2 (3), 0 -> 3 (2), 2 -> 3 (5), 2 -> 1 (2), 3 -> 1 (3): both arcs into 1, 5.
  FlowNetwork network(4);
  const std::size_t arcs[] = {network.add_arc(0, 2), network.add_arc(0, 3), network.add_arc(2, 3),
                              network.add_arc(2, 1), network.add_arc(3, 1)};
  const std::int64_t capacity[] = {3, 2, 5, 2, 3};
  for (std::size_t a = 0; a < 5; ++a) network.set_capacity(arcs[a], capacity[a]);
  Context context;
  CHECK(network.solve(0, 1, context) == 5);
  CHECK(network.flow(arcs[3]) == 2);
  CHECK(network.flow(arcs[4]) == 3);
  network.set_capacity(arcs[4], 1);
  CHECK(network.solve(0, 1, context) == 3);
}

TEST_CASE("the tiny training graph: at g3 there is no room for a beside the rest") {
  // Base peak 52 at g3: resident 8 + b 16 + gb 16 + loss 4 + a 8. At 46 bytes C = 46 - 8 - 16 - 16
  // = 6 holds the loss (4) and a quarter of a (8); f1 costs 10, so the relaxation is 10 · 6/8 = 7.5
  // and the bound, in the unit of 5, is 10.
  const BoundResult bound = cut(tiny_training(), 46, Scope::given_order);
  CHECK(bound.extra_time == 10);
  CHECK(bound.moment == tiny::g3);
  CHECK(bound.scope == Scope::given_order);
  CHECK(oracle(tiny_training(), 46, Scope::given_order) == 10);
  // In any order the loss may come after g3: 2 of the 8 bytes of a are missing, 2.5 ns.
  CHECK(cut(tiny_training(), 46).extra_time == 5);
  // A byte is worth 10 / 8 ns there.
  CHECK(static_cast<double>(bound.price_nanos) / static_cast<double>(bound.price_bytes) ==
        doctest::Approx(1.25));
}

TEST_CASE("the base peak needs nothing, so the bound is zero and has no certificate") {
  const BoundResult bound = cut(tiny_training(), 52);
  CHECK(bound.extra_time == 0);
  CHECK(bound.certificate.tree.empty());
}

TEST_CASE("too small a budget is infeasible, with the node and the bytes that are missing") {
  // g3 alone: resident 8 + b 16 + gb 16 = 40; g2 needs 8 + gb 16 + a 8 + ga 8 + gw2 2 = 42.
  const BoundResult bound = cut(tiny_training(), 41);
  CHECK(bound.status == BoundStatus::infeasible);
  const auto size = rounded_sizes(tiny_training(), 1).value();
  const auto proved = verify(tiny_training(), size, bound.certificate).value();
  CHECK(proved.infeasible);
  CHECK(oracle(tiny_training(), 41, Scope::any_order) == std::nullopt);
}

TEST_CASE("gap6: one extra in any order, six in the given order, nothing with plain gaps") {
  CHECK(oracle(gap6(), 6, Scope::any_order) == 1);
  CHECK(oracle(gap6(), 6, Scope::given_order) == 6);
  CHECK(oracle(gap6(), 6, Scope::given_order_plain_gaps) == std::nullopt);
  CHECK(cut(gap6(), 6, Scope::any_order).extra_time <= 1);
  CHECK(cut(gap6(), 6, Scope::given_order).extra_time <= 6);
  CHECK(cut(gap6(), 6, Scope::given_order).extra_time >= 1);
}
