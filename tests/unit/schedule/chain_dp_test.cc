// Chain plans: bytes exact on chains, against every persistent schedule by brute force, and what is
// done where the chain sees too little.
#include "schedule/chain_dp.h"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "graph/builder.h"
#include "schedule/interval_tree.h"
#include "schedule/runner.h"
#include "support/autodiff.h"
#include "support/graphs.h"
#include "unit/schedule/small_training.h"

namespace hcb {
namespace {

// f_i reads y_{i-1} and makes y_i and the stash t_i; g_i reads dy_i, y_{i-1} and t_i and makes dy_{i-1}
// and, an output, the gradient w_i. Sizes 1 to 9 and times 1 to 9 by seed.
Graph mixed_chain(std::uint64_t seed, std::size_t length) {
  Prng prng(seed);
  GraphBuilder builder(Dialect::aten, "mixed");
  const auto spec = [&](const std::string& name, std::size_t i, Role role) {
    return ValueSpec{.name = name + std::to_string(i),
                     .dtype = DType::u8,
                     .shape = {prng.between(1, 9)},
                     .role = role};
  };
  std::vector<ValueId> y{builder.add_resident(spec("x", 0, Role::input))};
  std::vector<ValueId> stash;
  std::vector<NodeId> forward;
  for (std::size_t i = 0; i < length; ++i) {
    y.push_back(builder.add_value(spec("y", i, Role::activation)));
    stash.push_back(builder.add_value(spec("t", i, Role::stash)));
    forward.push_back(builder.add_node({.name = "f" + std::to_string(i),
                                        .op = "F",
                                        .inputs = {y[i]},
                                        .outputs = {y[i + 1], stash[i]},
                                        .cost = {.time = prng.between(1, 9)}}));
  }
  ValueId dy = builder.add_value(spec("seed", length, Role::gradient));
  builder.add_node({.name = "seed",
                    .op = "S",
                    .phase = Phase::backward,
                    .inputs = {y[length]},
                    .outputs = {dy},
                    .cost = {.time = 1},
                    .forward = forward[length - 1]});
  for (std::size_t i = length; i-- > 0;) {
    const ValueId before = builder.add_value(spec("dy", i, Role::gradient));
    const ValueId w = builder.add_value(spec("w", i, Role::gradient));
    builder.add_node({.name = "g" + std::to_string(i),
                      .op = "G",
                      .phase = Phase::backward,
                      .inputs = {dy, y[i], stash[i]},
                      .outputs = {before, w},
                      .cost = {.time = prng.between(1, 9)},
                      .forward = forward[i]});
    builder.mark_output(w);
    dy = before;
  }
  builder.mark_output(dy);
  return must_freeze(std::move(builder));
}

// A graph in blocks of one node, and replays over it.
struct Blocked {
  explicit Blocked(const Graph& g, std::size_t block_size = 1)
      : graph(g),
        size(rounded_sizes(graph, 1).value()),
        order(forward_order(graph)),
        blocks(make_blocks(graph, size, order, even_boundaries(graph, order, block_size),
                           Mutations::early)),
        uses(graph, order, blocks, {}),
        chain(graph, size, order, blocks, uses) {}

  [[nodiscard]] std::vector<NodeId> sequence(const ReplayTree& tree) const {
    Context context;
    auto executions = replay(graph, order, blocks, uses, tree.nodes, tree.stored, 100'000, context);
    REQUIRE(executions.has_value());
    return *std::move(executions);
  }
  [[nodiscard]] Simulation replayed(const ReplayTree& tree) const {
    const auto simulation = simulate(graph, sequence(tree), size);
    if (!simulation) FAIL(simulation.error().message);
    return *simulation;
  }
  [[nodiscard]] std::vector<ChainPlans::Point> points(ChainPlans& plans) const {
    Context context;
    auto made = ChainPlans::make(chain, std::numeric_limits<Bytes>::max(), context);
    REQUIRE(made.has_value());
    plans = *std::move(made);
    return plans.points();
  }

  Graph graph;
  IdVector<BufferId, Bytes> size;
  ForwardOrder order;
  Blocks blocks;
  Uses uses;
  Chain chain;
};

// Every persistent schedule of blocks [l, r): binary trees, a first leaf stored or not.
std::vector<ReplayTree> all_trees(std::uint32_t l, std::uint32_t r, std::size_t blocks) {
  std::vector<ReplayTree> trees;
  if (r - l == 1) {
    trees.push_back({{{.first = l, .last = r, .children = {}}}, std::vector<char>(blocks, 0)});
    return trees;
  }
  const auto join = [&](const ReplayTree& left, const ReplayTree& right, bool stored) {
    const auto behind = static_cast<std::uint32_t>(1 + left.nodes.size());
    ReplayTree tree{{{.first = l, .last = r, .children = {1, behind}}}, left.stored};
    for (const auto& [part, shift] : {std::pair(&left, 1u), std::pair(&right, behind)}) {
      for (TreeNode node : part->nodes) {
        for (std::uint32_t& child : node.children) child += shift;
        tree.nodes.push_back(node);
      }
    }
    for (std::size_t j = 0; j < blocks; ++j)
      tree.stored[j] = static_cast<char>(tree.stored[j] | right.stored[j]);
    if (stored) tree.stored[l] = 1;
    trees.push_back(std::move(tree));
  };
  for (std::uint32_t c = l + 1; c < r; ++c) {
    for (const ReplayTree& left : all_trees(l, c, blocks)) {
      for (const ReplayTree& right : all_trees(c, r, blocks)) {
        join(left, right, false);
        if (c == l + 1) join(left, right, true);
      }
    }
  }
  return trees;
}

TEST_CASE("a stored block runs once: its backward reads what was held") {
  const Blocked two(mixed_chain(1, 2));
  const ReplayTree stored{{{.first = 0, .last = 2, .children = {1, 2}},
                           {.first = 0, .last = 1, .children = {}},
                           {.first = 1, .last = 2, .children = {}}},
                          {1, 0}};
  CHECK(names_of(two.graph, two.sequence(stored)) == "f0 f1 seed g1 g0");
  const ReplayTree replayed{stored.nodes, {0, 0}};
  CHECK(names_of(two.graph, two.sequence(replayed)) == "f0 f1 seed g1 f0 g0");
}

TEST_CASE("one to seven blocks have 1, 2, 6, 22, 90, 394 and 1806 persistent schedules") {
  const std::vector<std::size_t> schroeder{1, 2, 6, 22, 90, 394, 1806};
  for (std::size_t n = 1; n <= 7; ++n)
    CHECK(all_trees(0, static_cast<std::uint32_t>(n), n).size() == schroeder[n - 1]);
}

TEST_CASE("on chains the points are the best of all persistent schedules, to the byte") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const std::size_t length = 1 + seed % 6;
    const Blocked chain(mixed_chain(seed, length));
    std::map<Bytes, Nanos> best;  // least extra time by peak
    for (const ReplayTree& tree : all_trees(0, static_cast<std::uint32_t>(length), length)) {
      const Simulation s = chain.replayed(tree);
      const auto [at, is_new] = best.try_emplace(s.peak, s.extra_time);
      if (!is_new) at->second = std::min(at->second, s.extra_time);
    }
    std::vector<std::pair<Bytes, Nanos>> expected;
    for (const auto& point : best) {
      if (expected.empty() || point.second < expected.back().second) expected.push_back(point);
    }
    ChainPlans plans;
    std::vector<std::pair<Bytes, Nanos>> found;
    const auto points = chain.points(plans);
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Simulation s = chain.replayed(plans.tree(i));
      CHECK(s.peak == points[i].peak);
      found.emplace_back(s.peak, s.extra_time);
    }
    CHECK_MESSAGE(found == expected, "seed ", seed);
  }
}

TEST_CASE("a limit leaves out the points above it and no other") {
  for (std::uint64_t seed = 30; seed < 40; ++seed) {
    const Blocked chain(mixed_chain(seed, 12));
    ChainPlans plans;
    const auto all = chain.points(plans);
    REQUIRE(all.size() > 4);
    const Bytes limit = all[all.size() / 2].peak;
    Context context;
    const auto limited = ChainPlans::make(chain.chain, limit, context);
    REQUIRE(limited.has_value());
    const auto some = limited->points();
    REQUIRE(some.size() == all.size() / 2 + 1);
    for (std::size_t i = 0; i < some.size(); ++i) {
      CHECK(some[i].peak == all[i].peak);
      CHECK(some[i].time == all[i].time);
    }
  }
}

Options strategy(std::string name, Bytes budget) {
  Options options;
  options.alignment = 1;
  options.strategy = std::move(name);
  options.memory_budget = Budget{.bytes = budget, .permyriad = 0};
  return options;
}

Plan must_plan(const Graph& graph, const Options& options) {
  Context context;
  auto result = make_plan(graph, options, context);
  if (!result) FAIL(result.error().message);
  return std::move(result)->plan;
}

TEST_CASE("on the unit chain no budget makes periodic or revolve quicker than chain-dp") {
  const Graph graph = unit_chain(24);
  const auto size = rounded_sizes(graph, 1).value();
  for (Bytes budget = 8; budget <= 27; ++budget) {
    Options options = strategy("", budget);
    options.block_size = 1;
    options.block_size_given = true;
    const auto run = [&](std::string_view name) {
      Context context;
      const auto schedule =
          find_strategy(name).value()->run({graph, size, options, budget}, context);
      REQUIRE(schedule.has_value());
      return simulate(graph, schedule->sequence, size).value();
    };
    const Simulation chain = run("chain-dp");
    CHECK(chain.peak <= budget);
    for (const char* other : {"periodic", "revolve"}) {
      const Simulation rival = run(other);
      CHECK_MESSAGE((rival.peak > budget || chain.extra_time <= rival.extra_time), other, " under ",
                    budget);
    }
  }
}

TEST_CASE("plain memory needs no recomputation: every block but the last is stored") {
  const Graph graph = unit_chain(16);
  Options options = strategy("chain-dp", 19);  // the plain peak: x, y0 … y15, dy15, dy14
  options.block_size = 1;
  options.block_size_given = true;
  const Plan plan = must_plan(graph, options);
  CHECK(plan.extra_time == 0);
  CHECK(plan.peak == 19);
  CHECK(plan.status == PlanStatus::optimal);
}

TEST_CASE("without a budget chain-dp has nothing to meet: a usage error that says what to give") {
  Options options;
  options.strategy = "chain-dp";
  Context context;
  const auto result = make_plan(unit_chain(4), options, context);
  REQUIRE(!result.has_value());
  CHECK(result.error().kind == ErrorKind::usage);
  CHECK(result.error().message == "strategy 'chain-dp' needs --memory-budget");
}

TEST_CASE("more blocks than a chain may have are refused by number") {
  Options options = strategy("chain-dp", 100);
  options.block_size = 1;
  options.block_size_given = true;
  Context context;
  const auto result = make_plan(unit_chain(129), options, context);
  REQUIRE(!result.has_value());
  CHECK(result.error().kind == ErrorKind::limit);
  CHECK(result.error().message == "chain-dp takes at most 128 blocks; these are 129");
}

}  // namespace
}  // namespace hcb
