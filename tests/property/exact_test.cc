// A slice of what tests/slow/exact_test.cc does in full, and small graphs with everything the memory
// model knows.
#include <doctest/doctest.h>

#include "support/bound_oracle.h"
#include "support/exact_oracle.h"
#include "support/exhaustive.h"
#include "support/graphs.h"

using namespace hcb;

TEST_CASE("exact equals brute force on every 16th ordered graph of 5 nodes, every budget") {
  std::size_t cases = 0;
  for (std::uint32_t edges = 0; edges < 1024; edges += 16) {
    const std::string problem = compare_exact_with_search(five_node_graph(edges, edges), cases);
    CHECK_MESSAGE(problem.empty(), "edges ", edges, ": ", problem);
  }
  CHECK(cases > 600);
}

TEST_CASE("exact equals brute force with donations, once-only nodes, workspaces and order edges") {
  std::size_t cases = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string problem =
        compare_exact_with_search(small_random_graph(seed, 6 + seed % 2), cases);
    CHECK_MESSAGE(problem.empty(), "seed ", seed, ": ", problem);
  }
  CHECK(cases > 500);
}

TEST_CASE("no strategy beats exact on small training graphs") {
  std::size_t cases = 0;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Graph graph = random_training_graph(seed, 3, {.max_elements = 4});
    const std::string problem = strategy_that_beats_exact(graph, cases);
    CHECK_MESSAGE(problem.empty(), "seed ", seed, ": ", problem);
  }
  CHECK(cases > 50);
}
