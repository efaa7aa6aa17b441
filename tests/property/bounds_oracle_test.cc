// A slice of what tests/slow/bounds_oracle_test.cc does in full.
#include <doctest/doctest.h>

#include "support/bound_oracle.h"
#include "support/exhaustive.h"

using namespace hcb;

TEST_CASE("every 16th ordered graph of 5 nodes, every budget below the base peak") {
  OracleCounts counts;
  for (std::uint32_t edges = 0; edges < 1024; edges += 16) {
    CAPTURE(edges);
    const Graph graph = five_node_graph(edges, edges);
    CHECK(compare_under_every_budget(graph, {.tamper = edges % 128 == 0}, counts) == "");
  }
  CHECK(counts.exact > counts.infeasible);
  CHECK(counts.tampered > 0);
}

TEST_CASE("300 random graphs of 6 and 7 nodes in the three scopes") {
  OracleCounts counts;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    CHECK(compare_random(seed, {.tamper = seed % 16 == 0}, counts) == "");
  }
  CHECK(counts.exact > counts.infeasible);
}

TEST_CASE("gap6 in the three scopes, every budget below its base peak") {
  OracleCounts counts;
  CHECK(compare_under_every_budget(gap6(), {}, counts) == "");
  CHECK(counts.infeasible > 0);
}
