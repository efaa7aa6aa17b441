// A slice of what tests/slow/bounds_oracle_test.cc does in full.
#include <doctest/doctest.h>

#include "support/bound_oracle.h"
#include "support/exhaustive.h"
#include "support/prng.h"

using namespace hcb;

TEST_CASE("every 16th ordered graph of 5 nodes, every budget below the base peak") {
  OracleCounts counts;
  for (std::uint32_t edges = 0; edges < 1024; edges += 16) {
    const Graph graph = five_node_graph(edges, edges);
    for (Bytes budget = 0; budget < base_peak(graph); ++budget) {
      const std::string problem =
          compare_with_search(graph, budget, {.tamper = edges % 128 == 0}, counts);
      CHECK_MESSAGE(problem.empty(), "edges ", edges, ": ", problem);
    }
  }
  CHECK(counts.exact > counts.infeasible);
  CHECK(counts.tampered > 0);
}

TEST_CASE("300 random graphs of 6 and 7 nodes in the three scopes") {
  OracleCounts counts;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Prng prng(seed);
    const Graph graph = small_random_graph(prng.next(), 6 + seed % 2);
    const Bytes peak = base_peak(graph);
    const Bytes budget = prng.between(peak / 3, std::max<Bytes>(peak - 1, 0));
    const std::string problem =
        compare_with_search(graph, budget, {.tamper = seed % 16 == 0}, counts);
    CHECK_MESSAGE(problem.empty(), "seed ", seed, ": ", problem);
  }
  CHECK(counts.exact > counts.infeasible);
}

TEST_CASE("gap6 in the three scopes, every budget below its base peak") {
  OracleCounts counts;
  for (Bytes budget = 0; budget < base_peak(gap6()); ++budget) {
    const std::string problem = compare_with_search(gap6(), budget, {}, counts);
    CHECK_MESSAGE(problem.empty(), problem);
  }
  CHECK(counts.infeasible > 0);
}
