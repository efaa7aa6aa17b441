// Claims: the true plan of support/tiny_training.h with one statement about its steps changed.

#include <doctest/doctest.h>

#include "check/check.h"
#include "support/plan_damage.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

namespace tiny = test::tiny;
using test::Damage;
using test::findings;
using test::tiny_plan;
using test::tiny_training;

const std::vector<Damage> kClaims{
    {"claim_false: the plan claims a peak of 45 bytes, but it is 46", [](Plan& p) { p.peak = 45; }},
    {"claim_false: the plan claims an extra time of 11 ns, but it is 10",
     [](Plan& p) { p.extra_time = 11; }},
    {"claim_false: the plan claims a base peak of 53 bytes, but it is 52",
     [](Plan& p) { p.base_peak = 53; }},
    {"claim_false: the plan claims a base time of 104 ns, but it is 105",
     [](Plan& p) { p.base_time = 104; }},
    {"peak_over_budget: the peak of 46 bytes exceeds the budget of 45 bytes",
     [](Plan& p) {
       p.options.memory_budget = Budget{.bytes = 45};
       p.budget = 45;
     }},
    {"claim_false: the plan claims status over_budget; budget, peak and bound give feasible",
     [](Plan& p) { p.status = PlanStatus::over_budget; }},
    {"claim_false: the plan claims status no_budget; budget, peak and bound give feasible",
     [](Plan& p) { p.status = PlanStatus::no_budget; }},
    {"claim_false: the plan claims status feasible; budget, peak and bound give no_budget",
     [](Plan& p) {
       p.options.memory_budget.reset();
       p.budget.reset();
     }},
    {"claim_false: the options give a budget of 47 bytes, the plan has 48",
     [](Plan& p) { p.options.headroom = 1; }},
    // 90 % of the base peak of 52 bytes is 46.8, rounded down.
    {"claim_false: the options give a budget of 46 bytes, the plan has 48",
     [](Plan& p) { p.options.memory_budget = Budget{.permyriad = 9000}; }},
    {"claim_false: save_nodes[1] is nothing; live before the first backward node is loss",
     [](Plan& p) { p.save_nodes.pop_back(); }},
    {"claim_false: save_nodes[0] is a; live before the first backward node is b",
     [](Plan& p) { p.save_nodes.insert(p.save_nodes.begin(), tiny::a); }},
    {"claim_false: save_nodes[2] is buffer 99; live before the first backward node is nothing",
     [](Plan& p) { p.save_nodes.push_back(BufferId{99}); }},
    {"claim_false: forward_order leaves out f3",
     [](Plan& p) {
       p.forward_order.pop_back();
       p.blocks = {{0, 2, 0}};
       p.interval_tree = {{0, 1, {}}};
     }},
    {"claim_false: forward_order[2] is f2, which is there already",
     [](Plan& p) { p.forward_order[2] = tiny::f2; }},
    {"claim_false: forward_order[1] is node 3, which is no forward node",
     [](Plan& p) { p.forward_order[1] = tiny::g3; }},
    {"claim_false: forward_order[1] is node 99, which is no forward node",
     [](Plan& p) { p.forward_order[1] = NodeId{99}; }},
    {"claim_false: forward_order[0] is f2, which comes before its input's node f1",
     [](Plan& p) { std::swap(p.forward_order[0], p.forward_order[1]); }},
    {"claim_false: blocks[1] is [1, 3); it must begin at 2 and hold a node",
     [](Plan& p) { p.blocks[1].first = 1; }},
    {"claim_false: blocks[0] is [0, 0); it must begin at 0 and hold a node",
     [](Plan& p) { p.blocks[0].last = 0; }},
    {"claim_false: the blocks end at 2, the forward order at 3",
     [](Plan& p) {
       p.blocks.pop_back();
       p.interval_tree = {{0, 1, {}}};
     }},
    {"claim_false: interval_tree[0] is [0, 1), but there are 2 blocks",
     [](Plan& p) { p.interval_tree[0].last = 1; }},
    {"claim_false: interval_tree[0] is a leaf of blocks [0, 2); a leaf is one",
     [](Plan& p) { p.interval_tree = {{0, 2, {}}}; }},
    {"claim_false: interval_tree[0] has child 3, beyond the end",
     [](Plan& p) { p.interval_tree[0].children[1] = 3; }},
    {"claim_false: interval_tree[0] has child 0, which has a parent already",
     [](Plan& p) { p.interval_tree[0].children[1] = 0; }},
    {"claim_false: interval_tree[0] is [0, 2), but its children do not part it",
     [](Plan& p) { p.interval_tree[0].children = {2, 1}; }},
    {"claim_false: interval_tree[0] is [0, 2), but its children do not part it",
     [](Plan& p) { p.interval_tree[0].children.pop_back(); }},
    {"claim_false: interval_tree[3] is nobody's child",
     [](Plan& p) { p.interval_tree.push_back({0, 1, {}}); }},
    {"claim_false: the plan claims a peak of its projection of 45 bytes, but it is 46",
     [](Plan& p) { p.projection->peak = 45; }},
    {"claim_false: the plan claims an extra time of its projection of 9 ns, but it is 10",
     [](Plan& p) { p.projection->extra_time = 9; }},
    // Without b, f1 and f2 run again: 10 + 20 ns.
    {"claim_false: the plan claims an extra time of its projection of 10 ns, but it is 30",
     [](Plan& p) {
       p.projection->kept = {tiny::loss};
       p.projection->peak = 52;
     }},
    {"claim_false: the projection keeps gb, which no forward node makes",
     [](Plan& p) { p.projection->kept = {tiny::gb}; }},
    {"claim_false: the projection keeps w1, which no forward node makes",
     [](Plan& p) { p.projection->kept = {tiny::w1}; }},
};

TEST_CASE("a false claim is found, alone") {
  const Graph graph = tiny_training();
  for (const Damage& damage : kClaims) {
    CAPTURE(std::string(damage.found));
    Plan plan = tiny_plan(graph);
    damage.apply(plan);
    CHECK(findings(graph, plan) == std::vector<std::string>{damage.found});
  }
}

TEST_CASE("a plan of another graph is refused with the first difference and nothing else") {
  const Plan plan = tiny_plan(test::frozen(test::tiny_builder(9)));
  CHECK(findings(tiny_training(), plan) ==
        std::vector<std::string>{"wrong_graph: the plan was made for another graph: node 0 'f1' "
                                 "(Opf1): its inputs, shapes, sizes or costs differ"});
}

TEST_CASE("twenty findings are told, the others counted") {
  const Graph graph = tiny_training();
  Plan plan = tiny_plan(graph);
  for (int i = 0; i < 25; ++i) plan.steps.push_back(Step::free(tiny::w1));
  const auto found = findings(graph, plan);
  REQUIRE(found.size() == 21);
  CHECK(found[19] == "bad_free: step 6 (run g1): frees w1, which is resident");
  CHECK(found[20] == "bad_free: … and 5 more");
}

TEST_CASE("sums beyond 2^63 are no overflow") {
  const Graph graph = tiny_training();
  IdVector<BufferId, Bytes> size(graph.buffer_count(), INT64_MAX);
  Plan plan = tiny_plan(graph);
  const CheckReport report = check_plan(graph, size, plan);
  CHECK(report.peak == INT64_MAX);
  REQUIRE(!report.findings.empty());
  // At g2: x, w1, w2, loss, gb, a, and what it makes, ga and gw2: 8 · (2^63 - 1).
  CHECK(report.findings[0].message ==
        "the plan claims a peak of 46 bytes, but it is 73786976294838206456");
}

}  // namespace
}  // namespace hcb
