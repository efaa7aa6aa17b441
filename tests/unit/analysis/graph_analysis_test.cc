#include "analysis/graph_analysis.h"

#include <doctest/doctest.h>

#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

// orders_test.cc's two pairs: a (9) ─> b (1), c (9) ─> d (1), joined in e (1); x has 2 bytes.
Graph two_pairs() {
  SmallGraph g;
  const ValueId x = g.resident("x", 2);
  const ValueId a = g.value("va", 9);
  const ValueId b = g.value("vb", 1);
  const ValueId c = g.value("vc", 9);
  const ValueId d = g.value("vd", 1);
  const ValueId e = g.value("ve", 1);
  g.node({.name = "a", .inputs = {x}, .outputs = {a}, .cost = {.time = 5}});
  g.node({.name = "c", .inputs = {x}, .outputs = {c}});
  g.node({.name = "b", .inputs = {a}, .outputs = {b}});
  g.node({.name = "d", .inputs = {c}, .outputs = {d}});
  g.node({.name = "e", .inputs = {b, d}, .outputs = {e}});
  g.output(e);
  return g.freeze();
}

TEST_CASE("analyze_graph: peaks of the given order, shape of the best one") {
  const Graph graph = two_pairs();
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

TEST_CASE("analyze_graph: no cuts on request, and an empty graph") {
  CHECK(analyze_graph(two_pairs(), {.cuts = 0})->cuts.empty());
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
