// What holds for every strategy on every training graph: the plan simulates and passes the checker,
// the same question has the same answer, and what is promised about executions and peaks is kept.
// Graphs: random ones with skips, views, in-place nodes, several outputs, effects, random and
// unrepeatable nodes; also without word of which backward belongs to which forward node, and with
// forward and backward nodes in any mixed order.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "check/check.h"
#include "check/simulate.h"
#include "schedule/runner.h"
#include "schedule/search.h"
#include "schedule/splits.h"
#include "support/graphs.h"
#include "support/rebuild.h"

namespace hcb {
namespace {

Graph any_training_graph() {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto nodes = *rc::gen::inRange<std::size_t>(1, 60).as("forward nodes");
  RandomGraphOptions options;
  options.optimizer = *rc::gen::arbitrary<bool>().as("optimizer");
  options.random = *rc::gen::element(5, 40).as("random %");
  options.never_replay = *rc::gen::element(0, 3, 30).as("never replayed %");
  options.skips = *rc::gen::element(0, 20, 80).as("skips %");
  Graph graph = random_training_graph(seed, nodes, options);
  Rebuild how;
  how.forget_forward = *rc::gen::arbitrary<bool>().as("forget forward");
  if (*rc::gen::arbitrary<bool>().as("shuffle")) how.shuffle = seed;
  return rebuilt(graph, how);
}

void require_valid(const Graph& graph, const IdVector<BufferId, Bytes>& size, const Plan& plan) {
  const CheckReport report = check_plan(graph, size, plan);
  if (!report.findings.empty()) RC_FAIL(report.findings.front().message);
  RC_ASSERT(report.peak == plan.peak);
}

PlanResult must_plan(const Graph& graph, const Options& options) {
  Context context;
  auto result = make_plan(graph, options, context);
  if (!result) RC_FAIL(result.error().message);
  return *std::move(result);
}

Options any_options(const Graph& graph) {
  const std::size_t counted = forward_order(graph).counted;
  Options options;
  options.strategy =
      *rc::gen::element<std::string>("store-all", "periodic", "interval-tree", "revolve");
  options.alignment = *rc::gen::element<Bytes>(1, 64);
  if (options.strategy == "store-all") return options;
  options.block_size_given = *rc::gen::arbitrary<bool>().as("block size given");
  if (options.block_size_given && counted > 0) {
    options.block_size = *rc::gen::inRange<std::int64_t>(1, static_cast<std::int64_t>(counted) + 1);
  }
  if (options.strategy == "interval-tree" && *rc::gen::arbitrary<bool>().as("arity given")) {
    options.arity = *rc::gen::inRange<std::int64_t>(2, 9);
  }
  if (options.strategy == "revolve" && *rc::gen::arbitrary<bool>().as("slots given")) {
    options.slots = *rc::gen::inRange<std::int64_t>(1, 9);
  }
  return options;
}

TreeSetting any_setting(std::size_t counted) {
  TreeSetting setting;
  setting.block_size = *rc::gen::inRange<std::size_t>(1, counted + 1).as("block size");
  setting.narrow = *rc::gen::arbitrary<bool>().as("narrow");
  setting.arity = *rc::gen::elementOf(std::vector<std::int64_t>{kFlat, 2, 3, 5}).as("arity");
  setting.slots = *rc::gen::element<std::int64_t>(0, 0, 1, 2, 5).as("slots");
  setting.policy.close_late = *rc::gen::arbitrary<bool>().as("close late");
  setting.policy.skip_span = *rc::gen::element<BlockIndex>(0, 1, 2, 5).as("skip span");
  return setting;
}

TEST_CASE("every strategy gives a plan that the checker accepts, twice the same") {
  CHECK(rc::check("valid and deterministic", [] {
    const Graph graph = any_training_graph();
    const Options options = any_options(graph);
    const PlanResult result = must_plan(graph, options);
    require_valid(graph, rounded_sizes(graph, options.alignment).value(), result.plan);
    const PlanResult again = must_plan(graph, options);
    RC_ASSERT(result.plan == again.plan);
    RC_ASSERT(result.notes == again.notes);
    if (options.strategy == "store-all") {
      RC_ASSERT(result.plan.extra_time == 0);
      RC_ASSERT(result.plan.peak == result.plan.base_peak);
    }
  }));
}

TEST_CASE(
    "every setting of the tree simulates; without closures no node runs oftener than depth + 1") {
  CHECK(rc::check("settings", [] {
    const Graph graph = any_training_graph();
    const auto size = rounded_sizes(graph, 1).value();
    const Options options;
    const StrategyRequest request{graph, size, options, {}};
    const TreePlanner planner(request);
    if (!planner.has_backward()) return;
    const TreeSetting setting = any_setting(planner.counted());
    Context context;
    const auto candidate = planner.evaluate(setting, context);
    if (!candidate) {
      RC_ASSERT(candidate.error().kind == ErrorKind::limit);
      RC_ASSERT(setting.policy.close_late || setting.policy.skip_span > 0);
      return;
    }
    const Simulation simulation = simulate(graph, candidate->sequence, size).value();
    RC_ASSERT(simulation.peak == candidate->peak);
    if (setting.policy.close_late || setting.policy.skip_span > 0) return;
    const auto most = static_cast<std::uint32_t>(depth_of(candidate->tree.nodes) + 1);
    for (const NodeId n : graph.nodes()) RC_ASSERT(simulation.count[n] <= most);
  }));
}

TEST_CASE("chain-dp on any training graph: valid, what its note claims, twice the same") {
  CHECK(rc::check("chain-dp", [] {
    const Graph graph = any_training_graph();
    const auto size = rounded_sizes(graph, 1).value();
    const Bytes base = simulate(graph, plain_sequence(graph), size).value().peak;
    const Bytes budget = base / 100 * *rc::gen::inRange<Bytes>(20, 101).as("budget %");
    const auto plan = [&] {
      Context context;
      const auto run = find_strategy("chain-dp").value()->run;
      return run({graph, size, {}, budget}, context).value();
    };
    const Schedule schedule = plan();
    const auto simulation = simulate(graph, schedule.sequence, size);
    if (!simulation) RC_FAIL(simulation.error().message);
    RC_ASSERT(schedule.sequence == plan().sequence);
    RC_ASSERT(schedule.notes == plan().notes);
    if (!TreePlanner({graph, size, {}, budget}).has_backward()) return;
    RC_ASSERT(schedule.notes.back().find("peak " + format_bytes(simulation->peak)) !=
              std::string::npos);
  }));
}

TEST_CASE("auto is no worse than any block size of its ladder") {
  CHECK(rc::check("auto", [] {
    const Graph graph = any_training_graph();
    Options options;
    options.alignment = 1;
    const Bytes best = must_plan(graph, options).plan.peak;
    const std::size_t counted = forward_order(graph).counted;
    for (const std::size_t size : block_size_ladder(counted)) {
      options.block_size = static_cast<std::int64_t>(size);
      options.block_size_given = true;
      const Plan plan = must_plan(graph, options).plan;
      // A fixed size has late values closed where that is better; auto tries that on its best only.
      const bool closed = std::ranges::find(plan.meta, std::pair<std::string, std::int64_t>{
                                                           "late_closed", 1}) != plan.meta.end();
      RC_ASSERT(closed || best <= plan.peak);
    }
  }));
}

}  // namespace
}  // namespace hcb
