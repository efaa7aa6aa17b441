// Binomial schedules: executions against the closed form of Griewank and Walther and against dynamic
// programming, replayed on the unit chain (support/graphs.h: f_i reads y_{i-1}, every value 1 byte).
#include "schedule/binomial.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/interval_tree.h"
#include "schedule/runner.h"
#include "support/graphs.h"

namespace hcb {
namespace {

constexpr BlockIndex kLongest = 200;
constexpr std::int64_t kMostSlots = 20;

// The unit chain in blocks of one node.
struct UnitChain {
  explicit UnitChain(BlockIndex length)
      : graph(unit_chain(static_cast<std::size_t>(length))),
        size(rounded_sizes(graph, 1).value()),
        order(forward_order(graph)),
        blocks(make_blocks(graph, size, order, even_boundaries(graph, order, 1), Mutations::early)),
        uses(graph, order, blocks, {}),
        frontier(frontier_bytes(graph, size, uses, blocks.count())) {}

  [[nodiscard]] Simulation replayed(std::span<const TreeNode> tree) const {
    Context context;
    const auto sequence = replay(graph, order, blocks, uses, tree, {}, 1'000'000, context);
    REQUIRE(sequence.has_value());
    const auto simulation = simulate(graph, *sequence, size);
    if (!simulation) FAIL(simulation.error().message);
    return *simulation;
  }

  Graph graph;
  IdVector<BufferId, Bytes> size;
  ForwardOrder order;
  Blocks blocks;
  Uses uses;
  std::vector<Bytes> frontier;
};

// t(L, k) = r·L - C(k+r, k+1), r least with C(k+r, k) >= L, with binomials by Pascal's rule.
std::int64_t closed_form(std::int64_t length, std::int64_t k) {
  static const auto pascal = [] {
    std::vector<std::vector<std::int64_t>> c(240, std::vector<std::int64_t>(240, 0));
    for (std::size_t n = 0; n < c.size(); ++n) {
      c[n][0] = 1;
      for (std::size_t i = 1; i <= n; ++i)
        c[n][i] = std::min<std::int64_t>(c[n - 1][i - 1] + c[n - 1][i], 1'000'000'000);
    }
    return c;
  }();
  const auto choose = [&](std::int64_t n, std::int64_t i) {
    return pascal[static_cast<std::size_t>(n)][static_cast<std::size_t>(i)];
  };
  std::int64_t r = 0;
  while (choose(k + r, k) < length) ++r;
  return r * length - choose(k + r, k + 1);
}

TEST_CASE(
    "forward executions are L + t(L, k), and k slots hold k values, for all L <= 200, k <= 20") {
  for (BlockIndex length = 1; length <= kLongest; ++length) {
    const UnitChain chain(length);
    for (std::int64_t k = 1; k <= kMostSlots; ++k) {
      const Simulation s = chain.replayed(binomial_tree(length, k, chain.frontier));
      // x, the inputs on the path (x's slot is one, the leaf's own input none), y, two gradients.
      const bool holds = s.extra_time == closed_form(length, k) &&
                         s.peak <= std::min<std::int64_t>(k, length - 1) + 4;
      CHECK_MESSAGE(holds, "L ", length, ", k ", k, ": extra ", s.extra_time, ", peak ", s.peak);
    }
  }
}

TEST_CASE("no split needs fewer executions: L + t(L, k) by dynamic programming") {
  // best[k][n]: advance to a cut, reverse what is behind it with a slot less, then what is before.
  std::vector<std::vector<std::int64_t>> best(kMostSlots + 1,
                                              std::vector<std::int64_t>(kLongest + 1, 1 << 30));
  for (std::size_t k = 0; k <= kMostSlots; ++k) {
    best[k][1] = 1;
    for (std::size_t n = 2; n <= kLongest && k > 0; ++n) {
      for (std::size_t m = 1; m < n; ++m) {
        const auto cut = static_cast<std::int64_t>(m);
        best[k][n] = std::min(best[k][n], cut + best[k - 1][n - m] + best[k][m]);
      }
    }
  }
  for (std::size_t k = 1; k <= kMostSlots; ++k) {
    for (std::size_t n = 1; n <= kLongest; ++n) {
      const std::int64_t executions =
          binomial_executions(static_cast<BlockIndex>(n), static_cast<std::int64_t>(k));
      CHECK_MESSAGE(executions == best[k][n], "L ", n, ", k ", k);
    }
  }
}

TEST_CASE("five blocks, two slots: the tree of the picture; twelve executions") {
  // r = 2, as C(3, 2) = 3 < 5 <= C(4, 2) = 6; t = 2·5 - C(4, 3) = 6... beside one run of each block.
  CHECK(binomial_executions(5, 2) == 5 + 6);
  const std::vector<Bytes> frontier(5, 1);
  const auto tree = binomial_tree(5, 2, frontier);
  REQUIRE(tree.size() == 9);
  CHECK(tree[0] == TreeNode{.first = 0, .last = 5, .children = {1, 2}});
  CHECK(tree[1] == TreeNode{.first = 0, .last = 3, .children = {3, 4}});
  CHECK(tree[2] == TreeNode{.first = 3, .last = 5, .children = {5, 6}});
}

TEST_CASE("among cuts of equal executions the narrowest frontier, the last one on ties") {
  // Four blocks, two slots: cuts 1 and 2 take 4 + t(4, 2) = 4 + 4 executions both.
  CHECK(binomial_tree(4, 2, std::vector<Bytes>{0, 5, 5, 5})[1].last == 2);
  CHECK(binomial_tree(4, 2, std::vector<Bytes>{0, 4, 5, 5})[1].last == 1);
  CHECK(binomial_tree(4, 2, std::vector<Bytes>{0, 5, 4, 5})[1].last == 2);
}

TEST_CASE(
    "one slot starts over each time; as many slots as blocks run each block but the last twice") {
  CHECK(binomial_executions(1, 1) == 1);
  CHECK(binomial_executions(7, 1) == 7 + 6 + 5 + 4 + 3 + 2 + 1);
  CHECK(binomial_executions(7, 6) == 7 + 6);
  CHECK(binomial_executions(7, 1000) == 7 + 6);
  CHECK(binomial_executions(100'000, 1) == std::int64_t{100'001} * 50'000);
}

Options revolve_options(std::optional<std::int64_t> slots, std::optional<Bytes> budget) {
  Options options;
  options.alignment = 1;
  options.strategy = "revolve";
  options.block_size = 1;
  options.block_size_given = true;
  options.slots = slots;
  if (budget) options.memory_budget = Budget{.bytes = *budget, .permyriad = 0};
  return options;
}

PlanResult must_plan(const Graph& graph, const Options& options) {
  Context context;
  auto result = make_plan(graph, options, context);
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}

TEST_CASE("revolve on the unit chain of 16: --slots, log2 of the blocks, or what fits the budget") {
  const Graph graph = unit_chain(16);
  // C(4, 2) = 6, C(5, 2) = 10, C(6, 2) = 15, C(7, 2) = 21: r = 5, t = 5·16 - C(7, 3).
  CHECK(must_plan(graph, revolve_options(2, {})).plan.extra_time == 80 - 35);
  const Plan plan = must_plan(graph, revolve_options({}, {})).plan;
  // Four slots: C(6, 4) = 15 < 16, so r = 3 and t = 3·16 - C(7, 5).
  CHECK(plan.extra_time == 48 - 21);
  CHECK(plan.peak == 8);  // as the binary tree of four levels, which takes 16·4/2 = 32
  // Under 10 bytes six slots fit (peak k + 4): C(7, 6) = 7, C(8, 6) = 28: r = 2, t = 2·16 - C(8, 7).
  const Plan fits = must_plan(graph, revolve_options({}, 10)).plan;
  CHECK(fits.peak == 10);
  CHECK(fits.extra_time == 32 - 8);
}

TEST_CASE("too few slots for the blocks are refused before they run for ever") {
  Context context;
  const auto result = make_plan(unit_chain(20'000), revolve_options(1, {}), context);
  REQUIRE(!result.has_value());
  CHECK(result.error().kind == ErrorKind::limit);
  CHECK(result.error().message == "1 slots for 20000 blocks take 200010000 block executions");
  CHECK(result.error().help == "give more --slots or a larger --block-size");
}

}  // namespace
}  // namespace hcb
