// The smallest training graph on which recomputing pays: three forward nodes, three backward nodes.
//
//     x(4) w1(2) ─ f1 ─ a(8) ─ f2(w2) ─ b(16) ─ f3 ─ loss(4)          nodes   f1 f2 f3 g3 g2 g1
//                      │               │                              ids      0  1  2  3  4  5
//     gw1(2) ─ g1(x) ─ ga(8) ── g2 ─── gb(16) ─ g3                    time    10 20  5 10 40 20
//                      gw2(2)   (a, w2)        (b)
//
// Buffers in id order: x 0, w1 1, w2 2, a 3, b 4, loss 5, gb 6, ga 7, gw2 8, gw1 9. Resident: 8.
//
//     plain      f1   f2   f3   g3   g2   g1
//     memory     16   32   36   52   46   24     peak 52, time 105
//     f1 again   f1   f2   f3   g3   f1   g2   g1
//     memory     16   32   28   44   36   46   24    peak 46, extra 10
#pragma once

#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "graph/builder.h"
#include "plan/fingerprint.h"
#include "plan/plan.h"

namespace hcb::test {

namespace tiny {
inline constexpr NodeId f1{0}, f2{1}, f3{2}, g3{3}, g2{4}, g1{5};
inline constexpr BufferId x{0}, w1{1}, w2{2}, a{3}, b{4}, loss{5}, gb{6}, ga{7}, gw2{8}, gw1{9};
}  // namespace tiny

inline ValueSpec tiny_value(std::string name, Bytes bytes, Role role) {
  return {.name = std::move(name), .dtype = DType::u8, .shape = {bytes}, .role = role};
}

inline NodeSpec tiny_node(std::string name, Phase phase, Nanos time, std::vector<ValueId> inputs,
                          std::vector<ValueId> outputs) {
  return {.name = name,
          .op = "Op" + name,
          .phase = phase,
          .inputs = std::move(inputs),
          .outputs = std::move(outputs),
          .cost = {.time = time}};
}

inline GraphBuilder tiny_builder(Bytes bytes_of_a = 8) {
  GraphBuilder g(Dialect::onnx, "tiny");
  const auto resident = [&](const char* name, Bytes bytes, Role role) {
    return g.add_resident(tiny_value(name, bytes, role));
  };
  const auto made = [&](const char* name, Bytes bytes, Role role) {
    return g.add_value(tiny_value(name, bytes, role));
  };
  const ValueId x = resident("x", 4, Role::input);
  const ValueId w1 = resident("w1", 2, Role::parameter);
  const ValueId w2 = resident("w2", 2, Role::parameter);
  const ValueId a = made("a", bytes_of_a, Role::activation);
  const ValueId b = made("b", 16, Role::activation);
  const ValueId loss = made("loss", 4, Role::activation);
  const ValueId gb = made("gb", 16, Role::gradient);
  const ValueId ga = made("ga", 8, Role::gradient);
  const ValueId gw2 = made("gw2", 2, Role::gradient);
  const ValueId gw1 = made("gw1", 2, Role::gradient);
  g.add_node(tiny_node("f1", Phase::forward, 10, {x, w1}, {a}));
  g.add_node(tiny_node("f2", Phase::forward, 20, {a, w2}, {b}));
  g.add_node(tiny_node("f3", Phase::forward, 5, {b}, {loss}));
  g.add_node(tiny_node("g3", Phase::backward, 10, {b}, {gb}));
  g.add_node(tiny_node("g2", Phase::backward, 40, {gb, a, w2}, {ga, gw2}));
  g.add_node(tiny_node("g1", Phase::backward, 20, {ga, x}, {gw1}));
  for (const ValueId v : {loss, gw2, gw1}) g.mark_output(v);
  return g;
}

inline Graph frozen(GraphBuilder builder) {
  auto graph = std::move(builder).freeze();
  REQUIRE_MESSAGE(graph, (graph ? std::string{} : graph.error().message));
  return *std::move(graph);
}

inline Graph tiny_training() { return frozen(tiny_builder()); }

inline const std::vector<NodeId> kTinyAgain{tiny::f1, tiny::f2, tiny::f3, tiny::g3,
                                            tiny::f1, tiny::g2, tiny::g1};

// The plan of kTinyAgain under a budget of 48 bytes, every claim true (sizes by alignment 1).
inline Plan tiny_plan(const Graph& graph) {
  Plan plan;
  plan.graph = graph_record(graph);
  plan.options.alignment = 1;
  plan.options.memory_budget = Budget{.bytes = 48};
  plan.strategy = "by-hand";
  plan.status = PlanStatus::feasible;
  plan.budget = 48;
  plan.peak = 46;
  plan.base_peak = 52;
  plan.extra_time = 10;
  plan.base_time = 105;
  plan.save_nodes = {tiny::b, tiny::loss};
  plan.forward_order = {tiny::f1, tiny::f2, tiny::f3};
  plan.blocks = {{0, 2, 0}, {2, 3, 16}};
  plan.interval_tree = {{0, 2, {1, 2}}, {0, 1, {}}, {1, 2, {}}};
  plan.projection = Projection{{tiny::b, tiny::loss}, 46, 10};
  plan.meta = {{"block_size", 2}};
  plan.steps = with_frees(graph, kTinyAgain);
  return plan;
}

// The proof that in the given order no schedule within 48 bytes takes less than 5 ns. When g3 runs, b
// and gb leave 48 - 8 - 32 = 8 bytes for a (8, read by g2) and loss (4, an output). In units of 5 ns
// (what all times are multiples of) making a again costs 2, loss 1. With the price of 1/4 a byte:
// 2 + 1 - 8/4 = 1.
inline constexpr const char* kTinyCertificate =
    R"({"format":"hcb-bound","format_version":"1.0","scope":"given_order","budget_bytes":48,)"
    R"("moments":[3],"instants":[],"denominator_log2":2,)"
    R"("pool":[[[0,0,-1,-1,1],[1,0,-1,3,8],[1,0,-1,5,4]]],"tree":[["leaf",0]]})";

// The same plan with that bound, as a search that stopped at its work limit gives it.
inline Plan tiny_bounded_plan(const Graph& graph) {
  Plan plan = tiny_plan(graph);
  plan.bound = PlanBound{.extra_time = 5,
                         .scope = Scope::given_order,
                         .moment = tiny::g3,
                         .price_time = 5,
                         .price_bytes = 4,
                         .certificate = kTinyCertificate,
                         .certificate_hash = text_hash(kTinyCertificate)};
  plan.search = SearchEnd{StopReason::work_limit, 1000};
  return plan;
}

}  // namespace hcb::test
