#include "report/structure_text.h"

#include <doctest/doctest.h>

#include "support/golden.h"
#include "unit/report/fabricated.h"

namespace hcb {
namespace {

TEST_CASE("structure: one line of the first screen") {
  Analysis analysis = fabricated_analysis();
  CHECK(structure_line(analysis) ==
        "structure   compresses: interval tree about 2.10 GiB of 11.8 GiB activations (2.4 % at a "
        "cut), 812 of 1,110 nodes deep   order greedy saves 205 MiB (1.4 % of the peak): --order "
        "greedy\n");
  analysis.orders.best = 0;
  analysis.hcp.compressible = false;
  CHECK(structure_line(analysis) ==
        "structure   compresses little: interval tree about 2.10 GiB of 11.8 GiB activations (2.4 "
        "% at a cut), 812 of 1,110 nodes deep\n");
  analysis.training = false;
  CHECK(structure_line(analysis) == "");
}

TEST_CASE("structure: the tables of --orders and --frontier") {
  CHECK(golden_difference(orders_text(fabricated_analysis()), "report/analyze_orders.txt") == "");
  CHECK(golden_difference(frontier_text(fabricated_analysis()), "report/analyze_frontier.txt") ==
        "");
}

}  // namespace
}  // namespace hcb
