#include "analysis/orders.h"

#include <string>

#include <doctest/doctest.h>

#include "analysis/greedy_order.h"
#include "analysis/ready_order.h"
#include "check/simulate.h"
#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

// Names without blanks between them: "abc".
std::string text(const Graph& graph, const std::vector<NodeId>& order) {
  std::string names;
  for (const NodeId n : order) names += graph.name(n);
  return names;
}

Bytes peak_of(const Graph& graph, const std::vector<NodeId>& order) {
  const auto simulation = simulate(graph, order, exact_sizes(graph));
  REQUIRE(simulation.has_value());
  return simulation->peak;
}

// a ─> b ─> d and e ─> f, as in the header of ready_order.h.
Graph two_chains() {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("va", 1);
  const ValueId b = g.value("vb", 1);
  const ValueId e = g.value("ve", 1);
  g.node({.name = "a", .inputs = {x}, .outputs = {a}});
  g.node({.name = "e", .inputs = {x}, .outputs = {e}});
  g.node({.name = "b", .inputs = {a}, .outputs = {b}});
  g.node({.name = "d", .inputs = {b}, .outputs = {g.value("vd", 1)}});
  g.node({.name = "f", .inputs = {e}, .outputs = {g.value("vf", 1)}});
  return g.freeze();
}

TEST_CASE("kahn takes what waits longest, depth-first follows a chain to its end") {
  const Graph graph = two_chains();
  const Precedence precedence(graph);
  CHECK(text(graph, plain_sequence(graph)) == "aebdf");
  CHECK(text(graph, kahn_order(precedence)) == "aebfd");
  CHECK(text(graph, depth_first_order(precedence)) == "abdef");
}

TEST_CASE("orders of two pairs: all but kahn avoid holding both big values") {
  const Graph graph = two_pairs(0, 0);
  const auto orders = evaluate_orders(graph, exact_sizes(graph));
  REQUIRE(orders.has_value());
  std::string found;
  for (const OrderStats& stats : *orders) {
    found += std::string(stats.name) + " " + text(graph, stats.order) + " " +
             std::to_string(stats.peak) + "\n";
  }
  CHECK(found ==
        "given acbde 19\n"        // b is made beside a and c
        "depth-first abcde 11\n"  // d beside b and c
        "kahn acbde 19\n"
        "greedy abcde 11\n"
        "reverse-greedy abcde 11\n"
        "sethi-ullman abcde 11\n");
  CHECK((*orders)[best_order(*orders)].name == "depth-first");
  CHECK(best_heuristic_order(graph, exact_sizes(graph))->peak == 11);
}

// Nothing is gained: ties go to the given order.
TEST_CASE("the best order of a chain is the given one") {
  SmallGraph g;
  const ValueId x = g.resident("x", 3);
  const ValueId a = g.value("va", 1);
  g.node({.name = "a", .inputs = {x}, .outputs = {a}});
  g.node({.name = "b", .inputs = {a}, .outputs = {g.value("vb", 1)}});
  const Graph graph = g.freeze();
  const auto best = best_heuristic_order(graph, exact_sizes(graph));
  REQUIRE(best.has_value());
  CHECK(best->name == "given");
  CHECK(best->peak == 3 + 2);
}

// p and q are ready; p makes 5, q makes 2. Then r frees p's 5 for 1; s reads q.
//
//     p (5) ─> r (1) ─> t          greedy: q (+2) before p (+5), then r (-4), s (+0), t
//     q (2) ─> s (2) ──^
TEST_CASE("greedy: the least growth first, then what frees most") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId p = g.value("vp", 5);
  const ValueId q = g.value("vq", 2);
  const ValueId r = g.value("vr", 1);
  const ValueId s = g.value("vs", 2);
  g.node({.name = "p", .inputs = {x}, .outputs = {p}});
  g.node({.name = "q", .inputs = {x}, .outputs = {q}});
  g.node({.name = "r", .inputs = {p}, .outputs = {r}});
  g.node({.name = "s", .inputs = {q}, .outputs = {s}});
  const ValueId t = g.value("vt", 1);
  g.node({.name = "t", .inputs = {r, s}, .outputs = {t}});
  g.output(t);
  const Graph graph = g.freeze();
  const Precedence precedence(graph);
  const auto size = exact_sizes(graph);
  // After q: s changes nothing (0), p adds 5.
  CHECK(text(graph, greedy_order(precedence, size)) == "qsprt");
  CHECK(peak_of(graph, greedy_order(precedence, size)) == 2 + 5 + 1);  // at r
  // From the end: t needs r (1) and s (2). Before r there is p (5): +4; before s, q (2): +0. So s
  // is placed last, then q (-2), then r, p.
  CHECK(text(graph, reverse_greedy_order(precedence, size)) == "prqst");
  CHECK(peak_of(graph, reverse_greedy_order(precedence, size)) == 5 + 1);  // at r
}

// w is overwritten by `update`; `late` reads it and has a greater id in no order but this one.
TEST_CASE("orders keep readers before a mutation, and random nodes among themselves") {
  SmallGraph g;
  const ValueId w = g.resident("w", 4, Role::parameter);
  const ValueId x = g.resident("x", 0);
  const ValueId h = g.value("h", 100);
  const ValueId y = g.value("y", 1);
  const ValueId z = g.value("z", 1);
  const ValueId w2 = g.value("w2", 4);
  g.node({.name = "h", .inputs = {x}, .outputs = {h}});
  g.node({.name = "r", .inputs = {h}, .outputs = {y}, .flags = {.random = true}});
  g.node({.name = "f", .inputs = {w, y}, .outputs = {z}});
  g.node({.name = "s", .inputs = {x}, .outputs = {g.value("drawn", 1)}, .flags = {.random = true}});
  g.node({.name = "u",
          .phase = Phase::optimizer,
          .inputs = {w},
          .outputs = {w2},
          .donates = {{.output = 0, .input = 0}}});
  g.output(w2);
  g.output(z);
  const Graph graph = g.freeze();
  const auto orders = evaluate_orders(graph, exact_sizes(graph));
  REQUIRE(orders.has_value());
  for (const OrderStats& stats : *orders) {
    const std::string names = text(graph, stats.order);
    CHECK(names.find('f') < names.find('u'));
    CHECK(names.find('r') < names.find('s'));
  }
}

TEST_CASE("names of heuristics") {
  CHECK(find_order_heuristic("greedy")->name == "greedy");
  CHECK(find_order_heuristic("best") == nullptr);
  CHECK(order_heuristics().front().name == "given");
}

}  // namespace
}  // namespace hcb
