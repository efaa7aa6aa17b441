// Texts of the hand-made plan of support/tiny_training.h, and of plans a strategy made.
#include "report/plan_text.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/runner.h"
#include "support/golden.h"
#include "support/graphs.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

struct Planned {
  Graph graph;
  IdVector<BufferId, Bytes> size;
  MemoryBounds bounds;
};

Planned sized(Graph graph) {
  auto size = rounded_sizes(graph, 1);
  REQUIRE(size.has_value());
  const MemoryBounds bounds = memory_lower_bounds(graph, *size);
  return {std::move(graph), *std::move(size), bounds};
}

std::string text_of(const Planned& p, const Plan& plan) {
  return plan_text(p.graph, p.size, plan, p.bounds, {"f1 is cheap"});
}

std::string last_line_but_notes(const std::string& text) {
  const std::string before = text.substr(0, text.find("note: "));
  const std::size_t at = before.rfind('\n', before.size() - 2);
  return before.substr(at + 1, before.size() - at - 2);
}

TEST_CASE("plan text: a plan within its budget") {
  const Planned tiny = sized(test::tiny_training());
  CHECK(tiny.bounds.bound == 8 + 16 + 8 + 8 + 2);  // g2: gb, a, ga, gw2
  CHECK(golden_difference(text_of(tiny, test::tiny_plan(tiny.graph)), "report/plan_tiny.txt") ==
        "");
}

TEST_CASE("plan text: a bound with its moment, price and gap") {
  const Planned tiny = sized(test::tiny_training());
  CHECK(golden_difference(text_of(tiny, test::tiny_bounded_plan(tiny.graph)),
                          "report/plan_bounded.txt") == "");
}

// The line that begins with "status".
std::string status_of(const Planned& p, const Plan& plan) {
  const std::string text = text_of(p, plan);
  const std::size_t at = text.find("status      ");
  return at == std::string::npos ? "" : text.substr(at + 12, text.find('\n', at) - at - 12);
}

TEST_CASE("plan text: every status in words") {
  const Planned tiny = sized(test::tiny_training());
  Plan plan = test::tiny_bounded_plan(tiny.graph);
  const std::string gap = "feasible, gap 4.76 points: ";  // 5 of 105 ns
  const auto status = [&] { return status_of(tiny, plan); };
  CHECK(status() == gap + "the search ended at its work limit, --effort exhaustive goes on");
  plan.options.work_limit = 1000;
  CHECK(status() == gap + "the search ended at its work limit");
  plan.options.time_limit = 5;
  plan.search->reason = StopReason::time_limit;
  CHECK(status() == gap + "the search ended at the time limit of 5 s");
  plan.search->reason = StopReason::interrupted;
  plan.status = PlanStatus::interrupted;
  CHECK(status() == gap + "interrupted: the best plan so far");
  plan.estimate = 10;
  CHECK(status() == gap +
                        "interrupted: the best plan so far; solver-optimal (an integer solver "
                        "finds nothing cheaper: not proved)");
  plan.estimate.reset();
  plan.search.reset();
  plan.status = PlanStatus::feasible;
  CHECK(status() == gap + "strategy 'budget' searches for less");
  plan.status = PlanStatus::optimal;
  for (const auto& [scope, words] :
       {std::pair{Scope::any_order, "optimal in any order"},
        {Scope::given_order, "optimal in the given order"},
        {Scope::given_order_plain_gaps, "optimal in the given order with plain gaps"}}) {
    plan.bound->scope = scope;
    CHECK(status() == words);
  }
  plan.bound = PlanBound{};
  plan.extra_time = 0;
  CHECK(status() == "optimal in any order: nothing is recomputed");
}

TEST_CASE("plan text: a budget as given, a share of the peak, and headroom") {
  const Planned tiny = sized(test::tiny_training());
  Plan plan = test::tiny_plan(tiny.graph);
  plan.options.memory_budget = Budget{.permyriad = 9'300};  // of 52 bytes: 48
  CHECK(last_line_but_notes(text_of(tiny, plan)) ==
        "verdict     fits 93 % of the peak (48 B); 2 B to spare");
  plan.options.memory_budget = Budget{.bytes = 50};
  plan.options.headroom = 2;
  CHECK(last_line_but_notes(text_of(tiny, plan)) ==
        "verdict     fits 50 B less 2 B headroom; 2 B to spare");
}

TEST_CASE("plan text: over the budget") {
  const Planned tiny = sized(test::tiny_training());
  Plan plan = test::tiny_plan(tiny.graph);
  plan.status = PlanStatus::over_budget;
  plan.options.memory_budget = Budget{.bytes = 45};
  plan.budget = 45;
  CHECK(last_line_but_notes(text_of(tiny, plan)) ==
        "verdict     does not fit 45 B: 1 B over (proved: no plan needs less than 42 B)");
}

TEST_CASE("plan text: without a budget it says how to give one") {
  const Planned tiny = sized(test::tiny_training());
  Plan plan = test::tiny_plan(tiny.graph);
  plan.options.memory_budget.reset();
  plan.budget.reset();
  plan.status = PlanStatus::no_budget;
  CHECK(last_line_but_notes(text_of(tiny, plan)) ==
        "no budget given: --memory-budget SIZE, such as 8GiB or 60%, asks for a plan that fits");
}

TEST_CASE("plan text: the interval tree over a chain of 64 with blocks of one node") {
  const Planned chain = sized(unit_chain(64));
  Options options;
  options.alignment = 1;
  options.block_size = 1;
  options.block_size_given = true;
  Context context;
  const auto made = make_plan(chain.graph, options, context);
  REQUIRE_MESSAGE(made.has_value(), made.error().message);
  const std::string text = plan_text(chain.graph, chain.size, made->plan, chain.bounds, {});
  // Peak e + 4, mean executions 1 + e / 2, most e + 1.
  CHECK(text.find("interval-tree: block size 1, 64 blocks, arity 2, depth 6\n") !=
        std::string::npos);
  CHECK(text.find("peak        10 B instead of 67 B (15 %)   memory ratio 2.00x (bound 5 B)\n") !=
        std::string::npos);
  CHECK(text.find("executions  4.00 per forward node on average, 7 at most\n") !=
        std::string::npos);
}

TEST_CASE("plan text: a graph in which nothing runs") {
  GraphBuilder builder(Dialect::onnx, "nothing");
  const ValueId x = builder.add_resident(test::tiny_value("x", 4, Role::input));
  builder.mark_output(x);
  const Planned nothing = sized(test::frozen(std::move(builder)));
  Options options;
  options.alignment = 1;
  options.strategy = "store-all";
  Context context;
  const auto made = make_plan(nothing.graph, options, context);
  REQUIRE_MESSAGE(made.has_value(), made.error().message);
  const std::string text = plan_text(nothing.graph, nothing.size, made->plan, nothing.bounds, {});
  CHECK(text.find("extra time  none: nothing that runs takes time (") != std::string::npos);
}

TEST_CASE("plan text: a forward graph has neither checkpoints nor a projection") {
  const Planned chain = sized(forward_chain(4));
  Options options;
  options.alignment = 1;
  options.strategy = "store-all";
  Context context;
  const auto made = make_plan(chain.graph, options, context);
  REQUIRE_MESSAGE(made.has_value(), made.error().message);
  const std::string text = plan_text(chain.graph, chain.size, made->plan, chain.bounds, {});
  CHECK(text.find("checkpoints") == std::string::npos);
  CHECK(text.find("projection") == std::string::npos);
  CHECK(text.find("executions  1.00 per forward node on average, 1 at most\n") !=
        std::string::npos);
}

TEST_CASE("check text: a plan that holds") {
  const Planned tiny = sized(test::tiny_training());
  const Plan plan = test::tiny_plan(tiny.graph);
  const CheckReport report = check_plan(tiny.graph, tiny.size, plan);
  CHECK(golden_difference(check_text("plan.json", plan, report), "report/check_holds.txt") == "");
}

TEST_CASE("check text: a plan whose bound is proved") {
  const Planned tiny = sized(test::tiny_training());
  const Plan plan = test::tiny_bounded_plan(tiny.graph);
  const CheckReport report = check_plan(tiny.graph, tiny.size, plan);
  CHECK(golden_difference(check_text("plan.json", plan, report), "report/check_bounded.txt") == "");
}

TEST_CASE("check text: a plan edited by hand") {
  const Planned tiny = sized(test::tiny_training());
  Plan plan = test::tiny_plan(tiny.graph);
  plan.peak = 40;
  const CheckReport report = check_plan(tiny.graph, tiny.size, plan);
  REQUIRE(report.findings.size() == 1);
  CHECK(check_text("my plan.json", plan, report) ==
        "my plan.json   does not hold for tiny\n  " + report.findings[0].message + "\n");
}

TEST_CASE("check text: over the budget and saying so is a plan that holds") {
  const Planned tiny = sized(test::tiny_training());
  Plan plan = test::tiny_plan(tiny.graph);
  plan.status = PlanStatus::over_budget;
  plan.options.memory_budget = Budget{.bytes = 45};
  plan.budget = 45;
  const CheckReport report = check_plan(tiny.graph, tiny.size, plan);
  REQUIRE(report.findings.empty());
  CHECK(check_text("plan.json", plan, report)
            .find("peak        46 B (46 bytes), as claimed; over the budget of 45 B, as it says") !=
        std::string::npos);
}

}  // namespace
}  // namespace hcb
