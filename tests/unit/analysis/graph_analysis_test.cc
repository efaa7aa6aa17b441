#include "analysis/graph_analysis.h"

#include <doctest/doctest.h>

#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

TEST_CASE("analyze_graph: peaks of the given order, shape of the best one") {
  const Graph graph = two_pairs(2, 5);
  const auto found = analyze_graph(graph, {.alignment = 1, .cuts = 2});
  REQUIRE(found.has_value());
  CHECK(found->step.peak == 2 + 9 + 9 + 1);
  CHECK(found->step.at == "b");
  CHECK(found->base_time == 5);
  CHECK(found->bound.bytes.bound == 2 + 9 + 1);
  CHECK(found->memory_ratio_permyriad == 17500);  // 21 / 12
  CHECK(found->frontier.summary.width == 18);     // in the given order
  REQUIRE(found->orders.compared.size() == 6);
  CHECK(found->orders.compared[found->orders.best].name == "depth-first");
  CHECK(found->orders.saves() == 8);  // 21 - (2 + 1 + 9 + 1)
  CHECK(found->orders.not_tried.empty());
  CHECK(found->hcp.frontier.width == 10);  // b and c, in the best order
  // Cuts a|b c d e: 9; ab|c: 1; abc|d: 10; abcd|e: 2. Two spread over four: 1 and 3; the widest: 2.
  REQUIRE(found->cuts.size() == 3);
  CHECK(found->cuts[0].cut == 1);
  CHECK(found->cuts[0].before == "c");
  CHECK(found->cuts[0].bytes == 1);
  CHECK(found->cuts[1].bytes == 10);
  CHECK(found->cuts[1].buffers == 2);
  CHECK(found->cuts[1].largest == std::vector<std::string>{"vc", "vb"});
  CHECK(found->cuts[2].bytes == 2);
}

TEST_CASE("analyze_graph: without the structure, the peaks and bounds alone") {
  const Graph graph = two_pairs(2, 5);
  const auto found = analyze_graph(graph, {.alignment = 1, .structure = false});
  REQUIRE(found.has_value());
  CHECK(found->step.peak == 21);
  CHECK(found->base_time == 5);
  CHECK(found->memory_ratio_permyriad == 17500);
  CHECK(found->frontier.summary.cuts == 0);
  CHECK(found->orders.compared.empty());
  CHECK(found->cuts.empty());
}

TEST_CASE("analyze_graph: no cuts on request, and an empty graph") {
  CHECK(analyze_graph(two_pairs(2, 5), {.cuts = 0})->cuts.empty());
  SmallGraph g;
  const ValueId x = g.resident("x", 3);
  g.output(x);
  const auto found = analyze_graph(g.freeze(), {.alignment = 1});
  REQUIRE(found.has_value());
  CHECK(found->step.peak == 3);
  CHECK(found->cuts.empty());
  CHECK(found->hcp.reasons.empty());
}

}  // namespace
}  // namespace hcb
