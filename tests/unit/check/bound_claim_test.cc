// Bounds: the plan and proof of support/tiny_training.h with one thing changed, and the exact
// message that refuses it.
#include <algorithm>

#include <doctest/doctest.h>

#include "plan/fingerprint.h"
#include "schedule/bounds/bound.h"
#include "schedule/runner.h"
#include "support/exhaustive.h"
#include "support/plan_damage.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

namespace tiny = test::tiny;
using test::Damage;
using test::findings;

// In the certificate: `from`, once, becomes `to`.
auto edit(std::string from, std::string to) {
  return [from = std::move(from), to = std::move(to)](Plan& plan) {
    std::string& text = plan.bound->certificate;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    REQUIRE(text.find(from, at + 1) == std::string::npos);
    text.replace(at, from.size(), to);
  };
}

const std::vector<Damage> kDamages{
    {"bound_unproved: bound.extra_time_ns is 10, the certificate proves 5",
     [](Plan& p) {
       p.bound->extra_time = 10;
       p.status = PlanStatus::optimal;
     }},
    {"bound_unproved: bound.extra_time_ns is 4, the certificate proves 5",
     [](Plan& p) { p.bound->extra_time = 4; }},
    {"bound_unproved: bound.scope is any_order, the certificate is for given_order",
     [](Plan& p) { p.bound->scope = Scope::any_order; }},
    {"bound_unproved: bound.moment is no moment of the certificate",
     [](Plan& p) { p.bound->moment = tiny::g2; }},
    {"bound_unproved: bound.extra_time_ns is 5 without a certificate: an estimate, no bound",
     [](Plan& p) { p.bound->certificate.clear(), p.bound->certificate_hash.clear(); }},
    {"bound_unproved: bound: its certificate 0123 is missing",
     [](Plan& p) {
       p.bound->certificate.clear();
       p.bound->certificate_hash = "0123";
     }},
    {"claim_false: the plan claims status optimal; budget, peak and bound give feasible",
     [](Plan& p) { p.status = PlanStatus::optimal; }},
    {"claim_false: the plan claims status interrupted; budget, peak and bound give feasible",
     [](Plan& p) { p.status = PlanStatus::interrupted; }},
    {"claim_false: the plan claims status feasible; budget, peak and bound give interrupted",
     [](Plan& p) { p.search->reason = StopReason::interrupted; }},
    // Multipliers: a price, what making `a` again is worth, what making loss again is worth.
    {"bound_unproved: bound.extra_time_ns is 5, the certificate proves 0",
     edit("[0,0,-1,-1,1]", "[0,0,-1,-1,2]")},
    {"bound_unproved: bound.extra_time_ns is 5, the certificate proves 0",
     edit("[1,0,-1,3,8]", "[1,0,-1,3,88]")},
    // 8 more make loss worth 12, of which making it again costs 4 and keeping it 4 - 12.
    {"bound_unproved: bound.extra_time_ns is 5, the certificate proves 0",
     edit("[1,0,-1,5,4]", "[1,0,-1,5,12]")},
    {"bound_unproved: bound: bound certificate: -1 is not between 0 and 9223372036854775807",
     edit("[1,0,-1,5,4]", "[1,0,-1,5,-1]")},
    // b is read by g3 itself: nothing to decide.
    {"bound_unproved: bound: certificate: leaf 0: no row need at 0 of node -1 and buffer 4",
     edit("[1,0,-1,5,4]", "[1,0,-1,4,4]")},
    {"bound_unproved: bound: certificate: leaf 0: names no list of multipliers",
     edit(R"(["leaf",0])", R"(["leaf",1])")},
    {"bound_unproved: bound: certificate: leaf 0 is not shown to be empty",
     edit(R"(["leaf",0])", R"(["empty",0])")},
    {"bound_unproved: bound: certificate: the tree is not complete",
     edit(R"(["leaf",0])", R"(["split",0,["r",0,0]],["leaf",0])")},
    {"bound_unproved: bound: certificate: tree node 1 hangs nowhere",
     edit(R"(["leaf",0])", R"(["leaf",0],["leaf",0])")},
    {"bound_unproved: bound: certificate: no variable 9 of moment 0",
     edit(R"(["leaf",0])", R"(["split",0,["r",0,9]],["leaf",0],["leaf",0])")},
    {"bound_unproved: bound: the certificate is for a budget of 47 bytes, the plan has 48",
     edit(R"("budget_bytes":48)", R"("budget_bytes":47)")},
    {"bound_unproved: bound: bound certificate: no scope: \"no order\"",
     edit("given_order", "no order")},
    {"bound_unproved: bound: bound certificate: is not JSON",
     [](Plan& p) { p.bound->certificate.pop_back(); }},
    {"bound_unproved: bound: certificate: moment 0: node 6 of 6",
     edit(R"("moments":[3])", R"("moments":[6])")},
};

TEST_CASE("a plan with its proof holds") {
  const Graph graph = test::tiny_training();
  CHECK(findings(graph, test::tiny_bounded_plan(graph)).empty());
}

TEST_CASE("a bound that its certificate does not prove is refused, with the place") {
  const Graph graph = test::tiny_training();
  for (const Damage& damage : kDamages) {
    CAPTURE(std::string(damage.found));
    Plan plan = test::tiny_bounded_plan(graph);
    damage.apply(plan);
    if (!plan.bound->certificate.empty())
      plan.bound->certificate_hash = text_hash(plan.bound->certificate);
    CHECK(findings(graph, plan) == std::vector<std::string>{damage.found});
  }
}

// As good a proof, but not the one the plan names.
TEST_CASE("an altered certificate is found out by its hash, whatever it proves") {
  const Graph graph = test::tiny_training();
  Plan plan = test::tiny_bounded_plan(graph);
  plan.bound->certificate += " ";
  const std::string other = text_hash(plan.bound->certificate);
  CHECK(findings(graph, plan) ==
        std::vector<std::string>{"bound_unproved: bound.certificate_hash is '" +
                                 plan.bound->certificate_hash + "', that of the certificate is " +
                                 other});
  plan.bound->certificate_hash.clear();
  CHECK(findings(graph, plan) == std::vector<std::string>{"bound_unproved: bound.certificate_hash "
                                                          "is '', that of the certificate is " +
                                                          other});
}

TEST_CASE("no extra time is optimal, and needs no certificate") {
  const Graph graph = test::tiny_training();
  Plan plan = test::tiny_plan(graph);
  plan.options.memory_budget = Budget{.bytes = 52};
  plan.budget = 52;
  plan.steps = with_frees(
      graph, std::vector<NodeId>{tiny::f1, tiny::f2, tiny::f3, tiny::g3, tiny::g2, tiny::g1});
  plan.peak = 52;
  plan.extra_time = 0;
  plan.save_nodes = saved_at_turn(graph, plan.steps);
  plan.projection.reset();
  plan.bound = PlanBound{};
  plan.status = PlanStatus::optimal;
  CHECK(findings(graph, plan).empty());
  plan.status = PlanStatus::feasible;
  CHECK(findings(graph, plan) ==
        std::vector<std::string>{"claim_false: the plan claims status feasible; budget, peak and "
                                 "bound give optimal"});
}

TEST_CASE("a bound without a budget is none") {
  const Graph graph = test::tiny_training();
  Plan plan = test::tiny_plan(graph);
  plan.options.memory_budget.reset();
  plan.budget.reset();
  plan.status = PlanStatus::no_budget;
  plan.bound = PlanBound{};
  CHECK(findings(graph, plan) ==
        std::vector<std::string>{"bound_unproved: bound: the plan has no budget it could be a "
                                 "bound for"});
}

TEST_CASE("a bound for the given order says nothing about a plan in another order") {
  const Graph graph = test::tiny_training();
  Plan plan = test::tiny_bounded_plan(graph);
  // g3 reads b alone, so loss may wait: memory 16, 32, 48, 36.
  plan.steps = with_frees(
      graph, std::vector<NodeId>{tiny::f1, tiny::f2, tiny::g3, tiny::f3, tiny::g2, tiny::g1});
  const auto found = findings(graph, plan);
  CHECK(std::ranges::find(found,
                          "bound_unproved: bound.scope is given_order, but g3 runs before f3") !=
        found.end());
}

TEST_CASE("a bound for plain gaps says nothing about a gap in another order") {
  const Graph graph = test::tiny_training();
  Plan plan = test::tiny_bounded_plan(graph);
  edit("given_order", "given_order_plain_gaps")(plan);
  plan.bound->certificate_hash = text_hash(plan.bound->certificate);
  plan.bound->scope = Scope::given_order_plain_gaps;
  CHECK(findings(graph, plan).empty());
  plan.steps = with_frees(graph, std::vector<NodeId>{tiny::f1, tiny::f2, tiny::f3, tiny::g3,
                                                     tiny::f1, tiny::f1, tiny::g2, tiny::g1});
  const auto found = findings(graph, plan);
  CHECK(std::ranges::find(found,
                          "bound_unproved: bound.scope is given_order_plain_gaps, but f1 runs "
                          "again out of order") != found.end());
}

// gap6 under 6 bytes: with plain gaps nothing fits, which is proved; in the given order 6 ns do.
TEST_CASE("that nothing with plain gaps fits is a proof, but not that nothing fits") {
  const Graph graph = gap6();
  const auto size = rounded_sizes(graph, 1);
  Context context;
  const auto none =
      extra_time_bound(graph, *size, 6, Scope::given_order_plain_gaps, {}, {}, context);
  REQUIRE(none.has_value());
  REQUIRE(none->status == BoundStatus::infeasible);
  CHECK(none->scope == Scope::given_order_plain_gaps);
  const auto proved = verify(graph, *size, none->certificate);
  REQUIRE(proved.has_value());
  CHECK(proved->infeasible);
  CHECK_FALSE(decides_that_nothing_fits(*proved, true));
  CHECK_FALSE(decides_that_nothing_fits(*proved, false));

  Options options;
  options.alignment = 1;
  options.memory_budget = Budget{.bytes = 6};
  options.keep_order = true;
  auto made = make_plan(graph, options, context);
  REQUIRE(made.has_value());
  Plan& plan = made->plan;
  CHECK(plan.extra_time == 6);
  CHECK(findings(graph, plan).empty());
  plan.bound->certificate = to_json(none->certificate);
  plan.bound->certificate_hash = text_hash(plan.bound->certificate);
  CHECK(findings(graph, plan) ==
        std::vector<std::string>{"bound_unproved: bound: the certificate says that no schedule "
                                 "fits; the plan has one"});
}

}  // namespace
}  // namespace hcb
