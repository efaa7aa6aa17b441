// A budget reached in rungs. On the chain of 64 (1 byte per buffer) each rung drops a few buffers.
#include "schedule/search/descent.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "support/graphs.h"

namespace hcb::search {
namespace {

constexpr std::uint64_t kRungWork = 200'000;

struct Chain {
  Graph graph = unit_chain(64);
  IdVector<BufferId, Bytes> size = *rounded_sizes(graph, 1);
  Problem problem{graph, size, *resident_bytes(graph, size)};
  Bytes base_peak = simulate(graph, plain_sequence(graph), size)->peak;
};

}  // namespace

TEST_CASE("a descent ends at its budget and at the rung below it, with valid sequences") {
  const Chain chain;
  const Context context;
  const Bytes budget = chain.base_peak / 4;
  const Descent descent = descend(chain.problem, budget, kRungWork, context);
  REQUIRE(descent.reached.size() == 2);
  for (const Rung& rung : descent.reached) {
    const auto told = simulate(chain.graph, rung.sequence, chain.size);
    REQUIRE(told.has_value());
    CHECK(told->peak == rung.peak);
    CHECK(rung.peak <= budget);
  }
  CHECK(descent.work > 0);
}

TEST_CASE("budgets between two rungs share the rung below them") {
  const Chain chain;
  const Context context;
  const Descent high = descend(chain.problem, 20, kRungWork, context);
  const Descent low = descend(chain.problem, 19, kRungWork, context);
  REQUIRE(high.reached.size() == 2);
  REQUIRE(low.reached.size() == 2);
  CHECK(high.reached[1].sequence == low.reached[1].sequence);
}

TEST_CASE("a descent towards what cannot be reached ends, and says how far it came") {
  const Chain chain;
  const Context context;
  const Descent descent = descend(chain.problem, 1, kRungWork, context);
  REQUIRE(descent.reached.size() == 1);
  const Rung& last = descent.reached.front();
  CHECK(last.peak > 1);
  CHECK(last.peak < chain.base_peak);
  CHECK(simulate(chain.graph, last.sequence, chain.size)->peak == last.peak);
}

TEST_CASE("a budget of the base peak is reached by the plain order") {
  const Chain chain;
  const Context context;
  const Descent descent = descend(chain.problem, chain.base_peak, kRungWork, context);
  CHECK(descent.reached.front().sequence == plain_sequence(chain.graph));
}

}  // namespace hcb::search
