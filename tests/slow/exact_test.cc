// `exact` against brute force on every ordered graph of five nodes and every budget, and no strategy
// beats it.
#include <doctest/doctest.h>

#include "support/bound_oracle.h"
#include "support/exact_oracle.h"

using namespace hcb;

namespace {

// `problem_of` adds the cases it compared; an empty text: no problem.
void check_all(std::string (*problem_of)(const Graph&, std::size_t&)) {
  std::size_t cases = 0;
  for (std::uint32_t edges = 0; edges < 1024; ++edges) {
    const std::string problem = problem_of(five_node_graph(edges, edges), cases);
    CHECK_MESSAGE(problem.empty(), "edges ", edges, ": ", problem);
  }
  CHECK(cases > 10'000);
}

}  // namespace

TEST_CASE("exact equals brute force on all 1,024 ordered graphs of 5 nodes, every budget") {
  check_all(compare_exact_with_search);
}

TEST_CASE("no strategy beats exact on any of them") { check_all(strategy_that_beats_exact); }
