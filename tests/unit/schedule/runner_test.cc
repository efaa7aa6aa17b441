// The runner on the two-layer chain of support/graphs.h and small relatives: usage errors word by
// word, budgets, what a plan derives.
#include "schedule/runner.h"

#include <algorithm>
#include <atomic>

#include <doctest/doctest.h>

#include "check/check.h"
#include "support/graphs.h"
#include "unit/schedule/small_training.h"

namespace hcb {
namespace {

Result<PlanResult> plan(const Graph& graph, const Options& options) {
  Context context;
  return make_plan(graph, options, context);
}

Error error_of(const Graph& graph, const Options& options) {
  const auto result = plan(graph, options);
  REQUIRE(!result.has_value());
  return result.error();
}

Options unit_options(std::string strategy) {
  Options options;
  options.alignment = 1;
  options.strategy = std::move(strategy);
  return options;
}

void set_block_size(Options& options, std::int64_t size) {
  options.block_size = size;
  options.block_size_given = true;
}

TEST_CASE("an unknown strategy is answered with the nearest and all names") {
  const Error error = error_of(unit_chain(4), unit_options("interval"));
  CHECK(error.kind == ErrorKind::usage);
  CHECK(error.message == "unknown strategy 'interval'");
  CHECK(error.help ==
        "strategies: store-all, periodic, interval-tree, revolve, chain-dp, budget, exact");
  CHECK(error_of(unit_chain(4), unit_options("store_all")).message ==
        "unknown strategy 'store_all', did you mean 'store-all'?");
}

TEST_CASE("an option the strategy does not read is a usage error that names those that do") {
  Options options = unit_options("periodic");
  options.arity = 3;
  CHECK(error_of(unit_chain(4), options).kind == ErrorKind::usage);
  CHECK(error_of(unit_chain(4), options).message ==
        "--arity is not read by 'periodic'; it is read by: interval-tree");
  options = unit_options("store-all");
  options.block_size_given = true;  // auto, but given
  CHECK(error_of(unit_chain(4), options).message ==
        "--block-size is not read by 'store-all'; it is read by: periodic, interval-tree, revolve, "
        "chain-dp");
}

TEST_CASE("a block size that the forward graph cannot fill says how many nodes there are") {
  Options options = unit_options("");
  for (const std::int64_t size : {0, 5}) {
    set_block_size(options, size);
    const Error error = error_of(unit_chain(4), options);
    CHECK(error.kind == ErrorKind::usage);
    CHECK(error.message == "--block-size " + std::to_string(size) +
                               ": the graph has 4 forward nodes (views not counted)");
    CHECK(error.help == "give a size from 1 to 4, or --block-size auto");
  }
}

TEST_CASE("without a strategy: interval-tree with the block size of least peak") {
  const auto result = plan(unit_chain(16), unit_options(""));
  REQUIRE(result.has_value());
  CHECK(result->plan.strategy == "interval-tree");
  CHECK(result->plan.status == PlanStatus::no_budget);
  CHECK(result->plan.base_peak == 19);  // x, y0 … y15, dy15, dy14
  // Blocks of one node and of two have the same peak: x, four frontiers, y15, dy15, dy14; or x,
  // three frontiers, y14 and y15, the gradients. Two replay less.
  CHECK(result->plan.peak == 8);
  CHECK(result->plan.blocks.size() == 8);
  CHECK(result->plan.interval_tree.size() == 15);
}

TEST_CASE("periodic on the unit chain of 16: four blocks of four, every block but the last twice") {
  const auto result = plan(unit_chain(16), unit_options("periodic"));
  REQUIRE(result.has_value());
  CHECK(result->plan.extra_time == 12);
  // x, y3 y7 y11 kept, y12 … y15, dy15, dy14.
  CHECK(result->plan.peak == 10);
  CHECK(result->plan.save_nodes.size() == 7);
  REQUIRE(result->plan.projection.has_value());
  CHECK(result->plan.projection->extra_time == 9);  // tagging does not run y3, y7, y11 again
}

TEST_CASE("a budget between the bound and what a strategy reaches gives over_budget, not a claim") {
  const Graph graph = unit_chain(16);
  Options options = unit_options("store-all");
  options.memory_budget = Budget{.bytes = 18, .permyriad = 0};
  const auto over = plan(graph, options);
  REQUIRE(over.has_value());
  CHECK(over->plan.status == PlanStatus::over_budget);
  options.strategy = "";
  options.headroom = 8;
  const auto fits = plan(graph, options);
  REQUIRE(fits.has_value());
  CHECK(fits->plan.status == PlanStatus::optimal);
  CHECK(fits->plan.budget == 10);
  CHECK(fits->plan.peak <= 10);
}

TEST_CASE("every plan under a budget has a bound, whatever the strategy") {
  const Graph graph = unit_chain(16);
  Options options = unit_options("periodic");
  options.memory_budget = Budget{.bytes = 10, .permyriad = 0};
  const auto result = plan(graph, options);
  REQUIRE(result.has_value());
  CHECK(result->plan.status == PlanStatus::feasible);
  CHECK(result->plan.extra_time == 12);
  REQUIRE(result->plan.bound.has_value());
  // At g14 (reads dy14, y13, y14; makes dy13) six bytes are left for x and the other eleven of
  // y1 … y12 that g13 … g1 read.
  CHECK(result->plan.bound->extra_time > 0);
  CHECK(result->plan.bound->extra_time < 12);
  CHECK(result->plan.bound->scope == Scope::any_order);
  CHECK(!result->plan.bound->certificate.empty());
  CHECK(!result->plan.search.has_value());
}

TEST_CASE("no extra time within the budget is optimal in any order, without a certificate") {
  for (const char* strategy : {"store-all", "budget"}) {
    CAPTURE(std::string(strategy));
    Options options = unit_options(strategy);
    options.memory_budget = Budget{.bytes = 19, .permyriad = 0};
    const auto result = plan(unit_chain(16), options);
    REQUIRE(result.has_value());
    CHECK(result->plan.status == PlanStatus::optimal);
    CHECK(result->plan.bound == PlanBound{});
  }
}

TEST_CASE("a plan of the budgeted planner says why its search ended and how far it got") {
  Options options = unit_options("budget");
  options.memory_budget = Budget{.bytes = 10, .permyriad = 0};
  auto result = plan(unit_chain(16), options);
  REQUIRE(result.has_value());
  REQUIRE(result->plan.search.has_value());
  CHECK(result->plan.search->reason == StopReason::proved);
  options.memory_budget = Budget{.bytes = 7, .permyriad = 0};
  options.work_limit = 1;
  result = plan(unit_chain(16), options);
  REQUIRE(result.has_value());
  CHECK(result->plan.status == PlanStatus::feasible);
  REQUIRE(result->plan.search.has_value());
  CHECK(result->plan.search->reason == StopReason::work_limit);
  CHECK(result->plan.extra_time > result->plan.bound->extra_time);
}

TEST_CASE("a budget below a memory bound is proved not to fit, with the node and the bytes over") {
  // g reads dy, y before and y, and makes a gradient: 4 bytes beside the resident x.
  Options options = unit_options("");
  options.memory_budget = Budget{.bytes = 3, .permyriad = 0};
  const Error error = error_of(unit_chain(16), options);
  CHECK(error.kind == ErrorKind::infeasible);
  CHECK(error.message ==
        "proved not to fit: node 'g15' needs 5 B (5 bytes), the budget is 3 B (3 bytes): 2 bytes "
        "over");
  CHECK(error.help.starts_with("give at least --memory-budget 5; or a smaller batch, "));
}

TEST_CASE("where nothing fits the help ends with three budgets that plans are known for") {
  const Graph graph = unit_chain(32);
  Options options = unit_options("");
  options.memory_budget = Budget{.bytes = 4, .permyriad = 0};
  options.headroom = 1;
  options.work_limit = 10'000;
  const std::string help = error_of(graph, options).help;
  std::vector<Bytes> budgets;
  std::size_t at = help.find("\n  --memory-budget ");
  for (; at != std::string::npos; at = help.find("\n  --memory-budget ", at + 1))
    budgets.push_back(std::stoll(help.substr(at + 19)));
  REQUIRE(budgets.size() == 3);
  CHECK(std::ranges::is_sorted(budgets));
  for (const Bytes budget : budgets) {
    options.memory_budget = Budget{.bytes = budget, .permyriad = 0};
    const auto result = plan(graph, options);
    REQUIRE_MESSAGE(result.has_value(), help);
    CHECK(result->plan.peak <= budget - 1);
  }
}

TEST_CASE("a plan over its budget says what helps") {
  Options options = unit_options("store-all");
  options.memory_budget = Budget{.bytes = 12, .permyriad = 0};
  const auto result = plan(unit_chain(16), options);
  REQUIRE(result.has_value());
  CHECK(result->plan.status == PlanStatus::over_budget);
  CHECK(!result->plan.bound.has_value());
  CHECK(result->help.find("\n  --memory-budget ") != std::string::npos);
}

TEST_CASE("headroom that leaves nothing of the budget is a usage error") {
  Options options = unit_options("");
  options.memory_budget = Budget{.bytes = 8, .permyriad = 0};
  options.headroom = 8;
  CHECK(error_of(unit_chain(16), options).message ==
        "--headroom 8 leaves nothing of the memory budget of 8 bytes");
}

TEST_CASE("a forward graph is planned with every node once and a note") {
  const auto result = plan(forward_chain(5), unit_options(""));
  REQUIRE(result.has_value());
  CHECK(result->plan.extra_time == 0);
  CHECK(result->plan.steps == with_frees(forward_chain(5), executions(result->plan)));
  CHECK(result->plan.blocks.empty());
  CHECK(result->notes ==
        std::vector<std::string>{"no backward nodes: every node runs once, nothing is recomputed"});
}

TEST_CASE("a backward that does not follow the blocks is planned, and the notes say so") {
  // Each of f0 … f3 a block. back runs at leaf 0, for it differentiates f0, and reads f2 and f3.
  SmallTraining t;
  const NodeId f0 = t.forward("f0", {"x"});
  const NodeId f1 = t.forward("f1", {"f0"});
  t.forward("f2", {"f1"});
  const NodeId f3 = t.forward("f3", {"f2"});
  t.backward("seed", {"f3"}, f3);
  t.backward("g1", {"seed", "f1"}, f1);
  t.backward("back", {"g1", "f2", "f3"}, f0);
  const Graph graph = std::move(t).finish({"back"});
  Options options = unit_options("");
  set_block_size(options, 1);
  const auto result = plan(graph, options);
  REQUIRE(result.has_value());
  CHECK(std::ranges::find(result->notes,
                          "the backward does not follow the blocks: it reads 2 B of 3 B of stored "
                          "activations behind the replay of their block; they are made again "
                          "where they are read") != result->notes.end());
  // Held: x, f2, f3, seed, f1, g1 at g1. Made again: x, f2, f3, g1, back at back.
  CHECK(result->plan.peak == 5);
}

TEST_CASE("a work limit ends the search of auto behind the setting that reached it") {
  // √16 = 4 is tried first.
  Context context(nullptr, 1);
  const auto result = make_plan(unit_chain(16), unit_options(""), context);
  REQUIRE(result.has_value());
  CHECK(result->notes ==
        std::vector<std::string>{
            // Root 8 nodes, its children 4 each, leaves 16: 16 beyond the first 16, of 33 in all.
            "auto tried 1 setting, block sizes 1 to 16, several arities; best: 4 nodes per block, "
            "arity 2: peak 9 B, extra time +48.5 %"});
  CHECK(result->plan.peak == 9);  // x, the cuts y7 and y11, y12 … y15, dy15, dy14
}

TEST_CASE("a cancelled run is an error before anything was planned") {
  const std::atomic<bool> cancelled{true};
  Context context(&cancelled);
  const auto result = make_plan(unit_chain(4), {}, context);
  REQUIRE(!result.has_value());
  CHECK(result.error().kind == ErrorKind::interrupted);
}

}  // namespace
}  // namespace hcb
