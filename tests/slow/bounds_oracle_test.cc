// Every ordered graph of five nodes under every budget, and thousands of random ones of six and
// seven nodes: bounds, the exact loop and altered certificates against exhaustive search.
#include <doctest/doctest.h>

#include "support/bound_oracle.h"

using namespace hcb;

namespace {

void tell(const OracleCounts& counts) {
  MESSAGE(counts.cases, " cases, ", counts.exact, " loops exact, ", counts.infeasible,
          " of them infeasible, ", counts.tampered, " altered certificates");
}

}  // namespace

TEST_CASE("all 1,024 ordered graphs of 5 nodes, every budget below the base peak") {
  OracleCounts counts;
  for (std::uint32_t edges = 0; edges < 1024; ++edges) {
    CAPTURE(edges);
    CHECK(compare_under_every_budget(five_node_graph(edges, edges), {}, counts) == "");
  }
  tell(counts);
}

TEST_CASE("5,000 random graphs of 6 and 7 nodes with everything the memory model knows") {
  OracleCounts counts;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    CAPTURE(seed);
    CHECK(compare_random(seed, {.tamper = seed % 4 == 0}, counts) == "");
  }
  tell(counts);
}
