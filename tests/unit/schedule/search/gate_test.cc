// The regression gate of the search: on eight generated graphs, under a fixed work limit, the exact
// base peak, extra time, peak and work. A change of the trajectory shows here; it is welcome where
// the extra times do not grow.
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/search/planner.h"
#include "support/graphs.h"

namespace hcb::search {
namespace {

struct Case {
  std::string name;
  Graph (*graph)();
  std::int64_t percent;  // of the base peak
  Nanos extra;
  Bytes peak;
  std::uint64_t work;
};

const std::array<Case, 8> kCases{{
    {"chain of 64 at 30 %", [] { return unit_chain(64); }, 30, 47, 20, 58505},
    {"chain of 64 at 20 %", [] { return unit_chain(64); }, 20, 63, 13, 1000563},
    {"training 1", [] { return random_training_graph(1, 60); }, 70, 126, 2212, 1000181},
    {"training 2", [] { return random_training_graph(2, 120); }, 70, 228, 4608, 1001091},
    {"training 3", [] { return random_training_graph(3, 200); }, 80, 138, 8592, 1000107},
    {"optimizer", [] { return random_training_graph(4, 80, {.optimizer = true}); }, 90, 5, 3852,
     1000241},
    {"layered", [] { return layered_graph(5, 12, 6); }, 97, 12, 320, 1000045},
    {"transformer", [] { return transformer_graph(4, 400); }, 80, 17408, 35504388, 1125521},
}};

}  // namespace

TEST_CASE("search gate: extra time, peak and work on eight generated graphs") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    const Graph graph = c.graph();
    const auto size = rounded_sizes(graph, 1);
    const Bytes budget = simulate(graph, plain_sequence(graph), *size)->peak * c.percent / 100;
    Context context;
    const auto outcome = plan_under_budget(
        graph, *size, budget, {},
        {.work_limit = 1'000'000, .bounds = {}, .scope = Scope::given_order}, context);
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->found.has_value());
    CHECK(outcome->found->extra == c.extra);
    CHECK(outcome->found->peak == c.peak);
    CHECK(outcome->work == c.work);
    CHECK(outcome->found->extra >= outcome->bound.extra_time);
    CHECK(simulate(graph, outcome->found->sequence, *size)->peak <= budget);
  }
}

TEST_CASE("a greater work limit never gives a worse plan") {
  const Graph graph = random_training_graph(7, 150);
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, *resident_bytes(graph, *size));
  const Bytes budget = simulate(graph, plain_sequence(graph), *size)->peak * 80 / 100;
  Search once(problem, budget);
  Search often(problem, budget);
  const Context context;
  REQUIRE(once.add_start(plain_sequence(graph), 0, context));
  REQUIRE(often.add_start(plain_sequence(graph), 0, context));
  once.run(2'000'000, 0, context);
  Nanos before = often.best()->extra;
  for (std::uint64_t limit = 100'000; limit <= 2'000'000; limit += 100'000) {
    often.run(limit, 0, context);
    CHECK(often.best()->extra <= before);
    before = often.best()->extra;
  }
  CHECK(often.best()->sequence == once.best()->sequence);
}

}  // namespace hcb::search
