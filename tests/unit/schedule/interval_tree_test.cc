// The tree over blocks and the replay, execution by execution, on graphs a reader can replay.
#include "schedule/interval_tree.h"

#include <atomic>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/splits.h"
#include "support/graphs.h"
#include "unit/schedule/small_training.h"

namespace hcb {
namespace {

struct Setting {
  std::size_t block_size = 1;
  std::int64_t arity = 2;
  UsePolicy policy;
};

std::string replay_names(const Graph& graph, const Setting& setting) {
  const auto size = rounded_sizes(graph, 1).value();
  const ForwardOrder order = forward_order(graph);
  const Blocks blocks =
      make_blocks(graph, size, order, even_boundaries(graph, order, setting.block_size),
                  setting.policy.close_late ? Mutations::at_end : Mutations::early);
  const Uses uses(graph, order, blocks, setting.policy);
  Context context;
  const auto sequence =
      replay(graph, order, blocks, uses,
             interval_tree(blocks.count(), setting.arity, blocks.time_before), {}, 1000, context);
  REQUIRE(sequence.has_value());
  const auto simulation = simulate(graph, *sequence, size);
  if (!simulation) FAIL(simulation.error().message);
  return names_of(graph, *sequence);
}

std::vector<BlockIndex> cuts(BlockIndex first, BlockIndex last, std::int64_t arity,
                             const std::vector<Nanos>& time_before) {
  std::vector<BlockIndex> result;
  split(first, last, arity, time_before, result);
  return result;
}

TEST_CASE("the depth is the least that covers the blocks") {
  CHECK(tree_depth(1, 2) == 0);
  CHECK(tree_depth(2, 2) == 1);
  CHECK(tree_depth(8, 2) == 3);
  CHECK(tree_depth(9, 2) == 4);
  CHECK(tree_depth(9, 3) == 2);
  CHECK(tree_depth(10, 3) == 3);
  CHECK(tree_depth(5, 100) == 1);
  CHECK(tree_depth(2'000'000'000, 2) == 31);
}

TEST_CASE("cuts part the time evenly as far as the depth allows") {
  // Equal blocks.
  CHECK(cuts(0, 8, 2, {0, 1, 2, 3, 4, 5, 6, 7, 8}) == std::vector<BlockIndex>{0, 4, 8});
  CHECK(cuts(0, 3, 8, {0, 1, 2, 3}) == std::vector<BlockIndex>{0, 1, 2, 3});
  // The last of four blocks takes 9 of 12: the nearest even cut is before it, but two levels are to
  // do, so no child has more than two blocks.
  CHECK(cuts(0, 4, 2, {0, 1, 2, 3, 12}) == std::vector<BlockIndex>{0, 2, 4});
  // Five blocks need three levels, so a child may have four.
  CHECK(cuts(0, 5, 2, {0, 1, 2, 3, 4, 16}) == std::vector<BlockIndex>{0, 4, 5});
  CHECK(cuts(0, 5, 2, {0, 12, 13, 14, 15, 16}) == std::vector<BlockIndex>{0, 1, 5});
  // A tie goes to the lower boundary; no time at all counts blocks.
  CHECK(cuts(0, 3, 2, {0, 1, 2, 3}) == std::vector<BlockIndex>{0, 1, 3});
  CHECK(cuts(0, 4, 2, {5, 5, 5, 5, 5}) == std::vector<BlockIndex>{0, 2, 4});
  CHECK(cuts(0, 9, 3, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) == std::vector<BlockIndex>{0, 3, 6, 9});
}

TEST_CASE("the tree holds its root first and children behind their parents") {
  const auto tree = interval_tree(3, 2, std::vector<Nanos>{0, 1, 2, 3});
  REQUIRE(tree.size() == 5);
  CHECK(tree[0] == TreeNode{0, 3, {1, 2}});
  CHECK(tree[1] == TreeNode{0, 1, {}});
  CHECK(tree[2] == TreeNode{1, 3, {3, 4}});
  CHECK(tree[3] == TreeNode{1, 2, {}});
  CHECK(tree[4] == TreeNode{2, 3, {}});
}

TEST_CASE("unit chain of four, the picture of interval_tree.h") {
  CHECK(replay_names(unit_chain(4), {}) == "f0 f1 f2 f3 seed g3 f2 g2 f0 f1 g1 f0 g0");
}

TEST_CASE("one block is the plain order; one level replays every block but the last once") {
  CHECK(replay_names(unit_chain(4), {.block_size = 4, .arity = 2, .policy = {}}) ==
        "f0 f1 f2 f3 seed g3 g2 g1 g0");
  CHECK(replay_names(unit_chain(4), {.block_size = 1, .arity = 4, .policy = {}}) ==
        "f0 f1 f2 f3 seed g3 f2 g2 f1 g1 f0 g0");
  CHECK(replay_names(unit_chain(6), {.block_size = 2, .arity = 3, .policy = {}}) ==
        "f0 f1 f2 f3 f4 f5 seed g5 g4 f2 f3 g3 g2 f0 f1 g1 g0");
}

TEST_CASE("a replay runs only what someone waits for") {
  // f0 metric | f1 f2: no backward node reads metric, so leaf 0 makes f0 again alone.
  SmallTraining t;
  const NodeId f0 = t.forward("f0", {"x"});
  t.forward("metric", {"f0"});
  const NodeId f1 = t.forward("f1", {"f0"});
  const NodeId f2 = t.forward("f2", {"f1"});
  t.backward("g2", {"f1", "f2"}, f2);
  t.backward("g1", {"g2", "f0"}, f1);
  t.backward("g0", {"g1", "x", "f0"}, f0);
  const Graph graph = std::move(t).finish({"metric", "g0"});
  CHECK(replay_names(graph, {.block_size = 2, .arity = 2, .policy = {}}) ==
        "f0 metric f1 f2 g2 g1 f0 g0");
}

TEST_CASE("an unrepeatable node runs once and its result is held; views are never made again") {
  SmallTraining t;
  const NodeId f0 = t.forward("f0", {"x"});
  const NodeId once = t.forward("once", {"f0"}, {.never_replay = true});
  t.forward("view", {"once"}, {.view = true});
  const NodeId f2 = t.forward("f2", {"view"});
  const NodeId f3 = t.forward("f3", {"f2"});
  t.backward("g3", {"f2", "f3"}, f3);
  t.backward("g2", {"g3", "view", "f2"}, f2);
  t.backward("g1", {"g2", "f0", "once"}, once);
  t.backward("g0", {"g1", "x", "f0"}, f0);
  const Graph graph = std::move(t).finish({"g0"});
  CHECK(replay_names(graph, {}) == "f0 once view f2 f3 g3 f2 g2 f0 g1 f0 g0");
}

// deep runs at leaf 0 and reads what block 3 made.
Graph late_graph() {
  SmallTraining t;
  const NodeId f0 = t.forward("f0", {"x"});
  const NodeId f1 = t.forward("f1", {"f0"});
  const NodeId f2 = t.forward("f2", {"f1"});
  const NodeId f3 = t.forward("f3", {"f2"});
  t.backward("g3", {"f2", "f3"}, f3);
  t.backward("g2", {"g3", "f1"}, f2);
  t.backward("g1", {"g2", "f0"}, f1);
  t.backward("deep", {"g1", "f3"}, f0);
  return std::move(t).finish({"deep"});
}

TEST_CASE("a late value is held from its leaf on, or made again where it is read") {
  CHECK(replay_names(late_graph(), {}) == "f0 f1 f2 f3 g3 g2 f0 g1 deep");
  CHECK(replay_names(late_graph(), {.policy = {.close_late = true, .skip_span = 0}}) ==
        "f0 f1 f2 f3 g3 g2 f0 g1 f0 f1 f2 f3 deep");
}

TEST_CASE("a skip beyond the span is made again just before the block that reads it") {
  // f0 is read again by f5: held it is in every frontier; closed it is made again before f5.
  SmallTraining t;
  const NodeId f0 = t.forward("f0", {"x"});
  std::vector<NodeId> f{f0};
  for (const char* next : {"f1", "f2", "f3", "f4"})
    f.push_back(t.forward(next, {"f" + std::to_string(f.size() - 1)}));
  f.push_back(t.forward("f5", {"f4", "f0"}));
  t.backward("g5", {"f5"}, f[5]);
  t.backward("g4", {"g5", "f4"}, f[4]);
  t.backward("g3", {"g4", "f3"}, f[3]);
  t.backward("g2", {"g3", "f2"}, f[2]);
  t.backward("g1", {"g2", "f1"}, f[1]);
  t.backward("g0", {"g1", "f0"}, f[0]);
  const Graph graph = std::move(t).finish({"g0"});
  // [0,6) = [0,3) [3,6), [3,6) = 3 [4,6): f0 is needed again at once in [0,3) only.
  CHECK(replay_names(graph, {}) == "f0 f1 f2 f3 f4 f5 g5 f4 g4 f3 g3 f0 f1 f2 g2 f1 g1 f0 g0");
  CHECK(replay_names(graph, {.policy = {.close_late = false, .skip_span = 2}}) ==
        "f0 f1 f2 f3 f4 f0 f5 g5 f4 g4 f3 g3 f0 f1 f2 g2 f1 g1 f0 g0");
}

TEST_CASE("too many executions and a cancelled context end the replay") {
  const Graph graph = unit_chain(64);
  const auto size = rounded_sizes(graph, 1).value();
  const ForwardOrder order = forward_order(graph);
  const Blocks blocks =
      make_blocks(graph, size, order, even_boundaries(graph, order, 1), Mutations::early);
  const Uses uses(graph, order, blocks, {});
  const auto tree = interval_tree(blocks.count(), 2, blocks.time_before);
  Context context;
  const auto limited = replay(graph, order, blocks, uses, tree, {}, 100, context);
  REQUIRE(!limited.has_value());
  CHECK(limited.error().kind == ErrorKind::limit);
  const std::atomic<bool> stop{true};
  Context cancelled(&stop);
  const auto interrupted = replay(graph, order, blocks, uses, tree, {}, 10000, cancelled);
  REQUIRE(!interrupted.has_value());
  CHECK(interrupted.error().kind == ErrorKind::interrupted);
}

}  // namespace
}  // namespace hcb
