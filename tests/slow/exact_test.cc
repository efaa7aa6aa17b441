// `exact` against brute force on every ordered graph of five nodes and every budget, and no strategy
// beats it.
#include <doctest/doctest.h>

#include "support/bound_oracle.h"
#include "support/exact_oracle.h"

using namespace hcb;

TEST_CASE("exact equals brute force on all 1,024 ordered graphs of 5 nodes, every budget") {
  std::size_t cases = 0;
  for (std::uint32_t edges = 0; edges < 1024; ++edges) {
    const Graph graph = five_node_graph(edges, edges);
    const std::string problem = compare_exact_with_search(graph, cases);
    CHECK_MESSAGE(problem.empty(), "edges ", edges, ": ", problem);
  }
  CHECK(cases > 10'000);
}

TEST_CASE("no strategy beats exact on any of them") {
  std::size_t cases = 0;
  for (std::uint32_t edges = 0; edges < 1024; ++edges) {
    const Graph graph = five_node_graph(edges, edges);
    const std::string problem = strategy_that_beats_exact(graph, cases);
    CHECK_MESSAGE(problem.empty(), "edges ", edges, ": ", problem);
  }
  CHECK(cases > 10'000);
}
