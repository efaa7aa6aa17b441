// What the budgeted planner promises about its starts and its limits, on random training graphs:
// never worse than what people use today at that policy's own peak, first executions in the given
// order where that is asked for, and more work never gives less.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "check/simulate.h"
#include "schedule/runner.h"
#include "schedule/search/effort.h"
#include "schedule/search/given_order.h"
#include "schedule/search/known_plans.h"
#include "schedule/search/starts.h"
#include "support/graphs.h"
#include "support/rebuild.h"

namespace hcb::search {
namespace {

constexpr std::uint64_t kWork = 20'000;

Graph any_graph() {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto nodes = *rc::gen::inRange<std::size_t>(2, 16).as("forward nodes");
  RandomGraphOptions options;
  options.optimizer = *rc::gen::arbitrary<bool>().as("optimizer");
  options.never_replay = *rc::gen::element(0, 3, 30).as("never replayed %");
  Rebuild how;
  if (*rc::gen::arbitrary<bool>().as("shuffle")) how.shuffle = seed;
  return rebuilt(random_training_graph(seed, nodes, options), how);
}

struct Policy {
  std::vector<NodeId> sequence;
  Bytes peak = 0;
  Nanos extra = 0;
};

Policy measured(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                std::vector<NodeId> sequence) {
  const auto told = simulate(graph, sequence, size);
  RC_ASSERT(told.has_value());
  return {std::move(sequence), told->peak, told->extra_time};
}

Policy strategy(const Graph& graph, const IdVector<BufferId, Bytes>& size, const char* name) {
  Options options;
  options.strategy = name;
  options.alignment = 1;
  Context context;
  const auto made = make_plan(graph, options, context);
  RC_ASSERT(made.has_value());
  return measured(graph, size, executions(made->plan));
}

// Keeps the least bytes between forward and backward.
Policy plain_minimum_cut(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  Context context;
  const Bytes peak = simulate(graph, plain_sequence(graph), size)->peak;
  const auto cuts = turn_cuts(graph, size, peak, context);
  RC_ASSERT(cuts.has_value());
  RC_ASSERT(!cuts->empty());
  return measured(graph, size, cuts->front());
}

Outcome planned(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget,
                bool keep_order, const PlannerOptions& effort) {
  Options options;
  options.keep_order = keep_order;
  options.alignment = 1;
  const StrategyRequest request{graph, size, options, budget};
  Context context;
  auto outcome =
      plan_under_budget(graph, size, budget, known_plans(request, context), effort, context);
  RC_ASSERT(outcome.has_value());
  return *std::move(outcome);
}

void require_no_worse(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                      const Policy& policy, bool keep_order) {
  if (keep_order && !in_given_order(graph, policy.sequence)) return;
  const Scope scope = keep_order ? Scope::given_order : Scope::any_order;
  const Outcome outcome = planned(graph, size, policy.peak, keep_order,
                                  {.work_limit = kWork, .bounds = {}, .scope = scope});
  RC_ASSERT(outcome.found.has_value());
  const auto told = simulate(graph, outcome.found->sequence, size);
  RC_ASSERT(told.has_value());
  RC_ASSERT(told->peak <= policy.peak);
  RC_ASSERT(told->extra_time <= policy.extra);
  RC_ASSERT(outcome.bound.extra_time <= told->extra_time);
  if (keep_order) RC_ASSERT(in_given_order(graph, outcome.found->sequence));
}

}  // namespace

TEST_CASE("never worse than trees, checkpoints of blocks and the plain minimum cut") {
  CHECK(rc::check("at their own peaks", [] {
    const Graph graph = any_graph();
    const auto size = rounded_sizes(graph, 1);
    const bool keep_order = *rc::gen::arbitrary<bool>().as("keep order");
    const auto which = *rc::gen::inRange(0, 3).as("tree, blocks, cut");
    const Policy policy = which == 2
                              ? plain_minimum_cut(graph, *size)
                              : strategy(graph, *size, which == 0 ? "interval-tree" : "periodic");
    require_no_worse(graph, *size, policy, keep_order);
  }));
}

TEST_CASE("a schedule carried to the given order is valid and in it") {
  CHECK(rc::check("valid, in the given order, no cheaper than every node once", [] {
    const Graph graph = any_graph();
    const auto size = rounded_sizes(graph, 1);
    const Policy tree = strategy(graph, *size, "interval-tree");
    const auto carried = carried_to_given_order(graph, tree.sequence);
    RC_ASSERT(in_given_order(graph, carried));
    RC_ASSERT(simulate(graph, carried, *size).has_value());
    RC_ASSERT(carried_to_given_order(graph, plain_sequence(graph)) == plain_sequence(graph));
  }));
}

TEST_CASE("more work never gives a worse plan or a lower bound, the same work the same plan") {
  CHECK(rc::check("efforts are prefixes of one trajectory", [] {
    const Graph graph = any_graph();
    const auto size = rounded_sizes(graph, 1);
    const Bytes peak = simulate(graph, plain_sequence(graph), *size)->peak;
    const Bytes budget = peak * *rc::gen::inRange(80, 100).as("budget %") / 100;
    PlannerOptions effort{.bounds = {{.after = 10'000, .effort = {.work_limit = 100'000}}}};
    std::optional<Outcome> before;
    for (const std::uint64_t limit : {5'000, 20'000}) {
      effort.work_limit = limit;
      Outcome outcome = planned(graph, *size, budget, false, effort);
      if (before) {
        RC_ASSERT(outcome.bound.extra_time >= before->bound.extra_time);
        RC_ASSERT(outcome.found.has_value() || !before->found.has_value());
        if (before->found) RC_ASSERT(outcome.found->extra <= before->found->extra);
      }
      before = std::move(outcome);
    }
    const Outcome again = planned(graph, *size, budget, false, effort);
    RC_ASSERT(again.work == before->work);
    RC_ASSERT(again.found.has_value() == before->found.has_value());
    if (again.found) RC_ASSERT(again.found->sequence == before->found->sequence);
  }));
}

}  // namespace hcb::search
