// Every ordered graph of five nodes under every budget, and thousands of random ones of six and
// seven nodes: bounds, the exact loop and altered certificates against exhaustive search.
#include <doctest/doctest.h>

#include "support/bound_oracle.h"
#include "support/exhaustive.h"
#include "support/prng.h"

using namespace hcb;

TEST_CASE("all 1,024 ordered graphs of 5 nodes, every budget below the base peak") {
  OracleCounts counts;
  for (std::uint32_t edges = 0; edges < 1024; ++edges) {
    const Graph graph = five_node_graph(edges, edges);
    for (Bytes budget = 0; budget < base_peak(graph); ++budget) {
      const std::string problem = compare_with_search(graph, budget, {.tamper = true}, counts);
      CHECK_MESSAGE(problem.empty(), "edges ", edges, ": ", problem);
    }
  }
  MESSAGE(counts.cases, " cases, ", counts.exact, " loops exact, ", counts.infeasible,
          " of them infeasible, ", counts.tampered, " altered certificates");
}

TEST_CASE("5,000 random graphs of 6 and 7 nodes with everything the memory model knows") {
  OracleCounts counts;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    Prng prng(seed);
    const Graph graph = small_random_graph(prng.next(), 6 + seed % 2);
    const Bytes peak = base_peak(graph);
    const Bytes budget = prng.between(peak / 3, std::max<Bytes>(peak - 1, 0));
    const std::string problem =
        compare_with_search(graph, budget, {.tamper = seed % 4 == 0}, counts);
    CHECK_MESSAGE(problem.empty(), "seed ", seed, ": ", problem);
  }
  MESSAGE(counts.cases, " cases, ", counts.exact, " loops exact, ", counts.infeasible,
          " of them infeasible, ", counts.tampered, " altered certificates");
}
