// A budget reached in rungs. On the chain of 64 (1 byte per buffer) each rung drops a few buffers.
#include "schedule/search/descent.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "support/graphs.h"

namespace hcb::search {
namespace {

struct Chain {
  Graph graph = unit_chain(64);
  IdVector<BufferId, Bytes> size = *rounded_sizes(graph, 1);
  Problem problem{graph, size, *resident_bytes(graph, size)};
  Bytes base_peak = simulate(graph, plain_sequence(graph), size)->peak;
};

}  // namespace

TEST_CASE("a descent ends at its budget, with a valid sequence") {
  const Chain chain;
  const Context context;
  const Bytes budget = chain.base_peak / 4;
  const Descent descent = descend(chain.problem, budget, context);
  const auto told = simulate(chain.graph, descent.sequence, chain.size);
  REQUIRE(told.has_value());
  CHECK(descent.peak <= budget);
  CHECK(told->peak == descent.peak);
  CHECK(descent.work > 0);
}

TEST_CASE("a descent towards what cannot be reached ends, and says how far it came") {
  const Chain chain;
  const Context context;
  const Descent descent = descend(chain.problem, 1, context);
  CHECK(descent.peak > 1);
  CHECK(descent.peak < chain.base_peak);
  CHECK(simulate(chain.graph, descent.sequence, chain.size)->peak == descent.peak);
}

TEST_CASE("a budget of the base peak needs no rung") {
  const Chain chain;
  const Context context;
  const Descent descent = descend(chain.problem, chain.base_peak, context);
  CHECK(descent.sequence == plain_sequence(chain.graph));
  CHECK(descent.work == 0);
}

}  // namespace hcb::search
