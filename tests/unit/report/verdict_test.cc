// Verdicts on unit chains, whose peaks are known exactly: L + 3 for the plain order (alignment 1).
#include "report/verdict.h"

#include <doctest/doctest.h>

#include "schedule/runner.h"
#include "support/graphs.h"

namespace hcb {
namespace {

struct Seen {
  Analysis analysis;
  Outlook outlook;
};

Seen look_at(const TrainingGraph& training, const Options& options) {
  auto analysis = analyze({.model = {}, .graph = training, .options = options});
  REQUIRE_MESSAGE(analysis.has_value(), analysis.error().message);
  Context context;
  auto outlook = look_ahead(training.graph, *analysis, options, context);
  REQUIRE_MESSAGE(outlook.has_value(), outlook.error().message);
  return {*std::move(analysis), *std::move(outlook)};
}

Options with_budget(Bytes bytes) {
  Options options;
  options.alignment = 1;
  options.memory_budget = Budget{.bytes = bytes};
  return options;
}

TEST_CASE("verdict: a budget of the base peak fits as it is") {
  const TrainingGraph chain{unit_chain(64), {}};
  const Seen seen = look_at(chain, with_budget(67));
  CHECK(seen.analysis.step.peak == 67);
  REQUIRE(seen.outlook.verdict.has_value());
  CHECK(seen.outlook.verdict->fit == Fit::fits);
  CHECK_FALSE(seen.outlook.verdict->best.has_value());
  CHECK(seen.outlook.tried == 2);  // the plain order and the search for the least peak
}

TEST_CASE("verdict: one byte less fits with recomputation") {
  const TrainingGraph chain{unit_chain(64), {}};
  const Seen seen = look_at(chain, with_budget(66));
  REQUIRE(seen.outlook.verdict.has_value());
  CHECK(seen.outlook.verdict->fit == Fit::with_recomputation);
  REQUIRE(seen.outlook.verdict->best.has_value());
  CHECK(seen.outlook.verdict->best->peak <= 66);
  CHECK(seen.outlook.verdict->best->extra_time > 0);
  CHECK(seen.outlook.verdict->best->extra_time < seen.analysis.base_time);
}

TEST_CASE("verdict: `hcb plan` with the same options attains what the verdict says, or better") {
  const TrainingGraph chain{unit_chain(100), {}};
  const Options options = with_budget(30);
  const Seen seen = look_at(chain, options);
  REQUIRE(seen.outlook.verdict->best.has_value());
  Context context;
  const auto plan = make_plan(chain.graph, options, context);
  REQUIRE_MESSAGE(plan.has_value(), plan.error().message);
  CHECK(plan->plan.status == PlanStatus::optimal);  // the cut at one moment is enough
  CHECK(plan->plan.peak <= 30);
  CHECK(plan->plan.extra_time <= seen.outlook.verdict->best->extra_time);
  Options without = options;
  without.memory_budget.reset();
  const auto lowest = make_plan(chain.graph, without, context);
  REQUIRE(lowest.has_value());
  CHECK(lowest->plan.peak == seen.outlook.lowest.peak);
}

TEST_CASE("verdict: the least peak of a chain of 2^e is the tree's e + 4") {
  const TrainingGraph chain{unit_chain(64), {}};
  Options options;
  options.alignment = 1;
  const Seen seen = look_at(chain, options);
  CHECK(seen.outlook.lowest.peak == 6 + 4);
  CHECK(seen.outlook.lowest.strategy == "interval-tree");
  CHECK(seen.outlook.sqrt_block == 8);
  CHECK_FALSE(seen.outlook.verdict.has_value());
}

TEST_CASE("verdict: below the bound is proved; at the bound the budgeted planner finds a plan") {
  const TrainingGraph chain{unit_chain(64), {}};
  CHECK(look_at(chain, with_budget(4)).outlook.verdict->fit == Fit::does_not_fit);  // bound: 5
  const Seen seen = look_at(chain, with_budget(5));
  CHECK(seen.outlook.verdict->fit == Fit::with_recomputation);
  REQUIRE(seen.outlook.verdict->best.has_value());
  CHECK(seen.outlook.verdict->best->peak == 5);
}

// The tree needs 10 bytes (above); the budgeted planner goes below.
TEST_CASE("verdict: the budgeted planner gives the least extra time and its bound") {
  const TrainingGraph chain{unit_chain(64), {}};
  const Seen seen = look_at(chain, with_budget(9));
  REQUIRE(seen.outlook.verdict->best.has_value());
  CHECK(seen.outlook.verdict->best->strategy == "budget");
  CHECK(seen.outlook.verdict->best->peak <= 9);
  REQUIRE(seen.outlook.verdict->bound_extra_time.has_value());
  CHECK(*seen.outlook.verdict->bound_extra_time > 0);
  CHECK(*seen.outlook.verdict->bound_extra_time <= seen.outlook.verdict->best->extra_time);
}

TEST_CASE("verdict: headroom comes off the budget") {
  const TrainingGraph chain{unit_chain(64), {}};
  Options options = with_budget(70);
  options.headroom = 3;
  CHECK(look_at(chain, options).outlook.verdict->fit == Fit::fits);  // 67 left
  options.headroom = 4;
  const Seen seen = look_at(chain, options);
  CHECK(seen.outlook.verdict->fit == Fit::with_recomputation);
  CHECK(seen.outlook.verdict->available == 66);
  options.headroom = 1000;
  CHECK(look_at(chain, options).outlook.verdict->available == 0);
}

TEST_CASE("verdict: a share of the base peak") {
  const TrainingGraph chain{unit_chain(64), {}};
  Options options = with_budget(0);
  options.memory_budget = Budget{.permyriad = 5000};
  const Seen seen = look_at(chain, options);
  CHECK(seen.outlook.verdict->budget_bytes == 33);  // 67 / 2, rounded down
  CHECK(seen.outlook.verdict->fit == Fit::with_recomputation);
}

TEST_CASE("verdict: a forward graph has its plain order only") {
  const TrainingGraph chain{forward_chain(10), {}};
  const Seen seen = look_at(chain, with_budget(2));
  CHECK(seen.outlook.lowest == Candidate{.strategy = "store-all", .peak = seen.analysis.step.peak});
  CHECK_FALSE(seen.outlook.sqrt_block.has_value());
  CHECK(seen.outlook.tried == 1);
}

TEST_CASE("verdict: the names of fits") {
  CHECK(name(Fit::fits) == "fits");
  CHECK(name(Fit::with_recomputation) == "fits-with-recomputation");
  CHECK(name(Fit::does_not_fit) == "does-not-fit");
  CHECK(name(Fit::unknown) == "unknown");
}

}  // namespace
}  // namespace hcb
