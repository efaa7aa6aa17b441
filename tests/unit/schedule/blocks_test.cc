// Forward order, blocks, leaves of the backward, uses and frontiers on graphs drawn in the cases.
#include "schedule/blocks.h"

#include <doctest/doctest.h>

#include "schedule/forward_order.h"
#include "schedule/uses.h"
#include "support/graphs.h"
#include "unit/schedule/small_training.h"

namespace hcb {
namespace {

constexpr NodeFlags kView{.view = true};
constexpr NodeFlags kNever{.never_replay = true};
constexpr NodeFlags kRandom{.random = true};

struct Parts {
  ForwardOrder order;
  Blocks blocks;
};

Parts parts_of(const Graph& graph, std::size_t block_size, Mutations mutations = Mutations::early) {
  ForwardOrder order = forward_order(graph);
  const auto size = rounded_sizes(graph, 1).value();
  Blocks blocks =
      make_blocks(graph, size, order, even_boundaries(graph, order, block_size), mutations);
  return {std::move(order), std::move(blocks)};
}

std::string group(const Graph& graph, const Blocks& blocks, BlockIndex j) {
  const auto nodes = blocks.group(j);
  return names_of(graph, {nodes.begin(), nodes.end()});
}

BufferId buffer_named(const Graph& graph, std::string_view name) {
  for (const BufferId b : graph.buffers()) {
    if (graph.name(b) == name) return b;
  }
  FAIL("no such buffer");
  return {};
}

std::vector<BlockIndex> uses_of(const Graph& graph, const Uses& uses, std::string_view name) {
  const auto of = uses.of(buffer_named(graph, name));
  return {of.begin(), of.end()};
}

// Boundaries of a chain whose nodes have these paths; "view" for a view without one.
std::vector<std::uint32_t> module_boundaries_of(const std::vector<std::string>& paths) {
  SmallTraining t;
  std::string before = "x";
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const std::string name = "n" + std::to_string(i);
    const bool view = paths[i].starts_with("view");
    const NodeId n = t.forward(name, {before}, view ? kView : NodeFlags{});
    t.in_module(n, view ? "h.9" : paths[i]);
    before = name;
  }
  const Graph graph = std::move(t).finish({before});
  return module_boundaries(graph, forward_order(graph));
}

TEST_CASE("module boundaries lie where the path changes, up to its first number") {
  using B = std::vector<std::uint32_t>;
  CHECK(module_boundaries_of({"stem", "h.0.attn", "h.0.mlp.1", "h.1", "head"}) == B{0, 1, 3, 4, 5});
  CHECK(module_boundaries_of({"/h.0/attn", "/h.0/mlp", "/h.1/attn"}) == B{0, 2, 3});
  CHECK(module_boundaries_of({"layer1.0.conv", "layer1.1.conv", "layer2.0"}) == B{0, 1, 2, 3});
  CHECK(module_boundaries_of({"encoder.norm", "encoder.proj"}) == B{0, 2});
}

TEST_CASE("module boundaries pass over nodes without a path, notes, source lines and views") {
  using B = std::vector<std::uint32_t>;
  CHECK(module_boundaries_of({"", "h.0", "", "model.py:42", "view", "h.1", "(loss)"}) ==
        B{0, 5, 7});
  CHECK(module_boundaries_of({"", "model.py:7"}) == B{0, 2});
}

TEST_CASE("boundaries count nodes that are no views; a view stays with the node before it") {
  // a  b  (view of b)  c  d  e
  SmallTraining t;
  t.forward("a", {"x"});
  t.forward("b", {"a"});
  t.forward("view", {"b"}, kView);
  t.forward("c", {"view"});
  t.forward("d", {"c"});
  t.forward("e", {"d"});
  const Graph graph = std::move(t).finish({"e"});
  const ForwardOrder order = forward_order(graph);
  CHECK(order.counted == 5);
  CHECK(even_boundaries(graph, order, 2) == std::vector<std::uint32_t>{0, 3, 5, 6});
  CHECK(even_boundaries(graph, order, 1) == std::vector<std::uint32_t>{0, 1, 3, 4, 5, 6});
  CHECK(even_boundaries(graph, order, 5) == std::vector<std::uint32_t>{0, 6});
}

TEST_CASE("a forward node that needs the backward belongs to the rest") {
  SmallTraining t;
  t.forward("a", {"x"});
  t.backward("ga", {"a"});
  t.forward("late", {"ga"});
  const Graph graph = std::move(t).finish({"late"});
  const ForwardOrder order = forward_order(graph);
  CHECK(names_of(graph, order.nodes) == "a");
  CHECK(names_of(graph, order.rest) == "ga late");
}

TEST_CASE("views and unrepeatable nodes run once; random nodes imply an order among each other") {
  SmallTraining t;
  const NodeId r0 = t.forward("r0", {"x"}, kRandom);
  const NodeId view = t.forward("view", {"r0"}, kView);
  const NodeId never = t.forward("never", {"view"}, kNever);
  const NodeId r1 = t.forward("r1", {"x"}, kRandom);
  const Graph graph = std::move(t).finish({"never", "r1"});
  const ForwardOrder order = forward_order(graph);
  CHECK(!order.once[r0]);
  CHECK(order.once[view]);
  CHECK(order.once[never]);
  REQUIRE(order.implied[r1].size() == 1);
  CHECK(order.implied[r1][0] == r0);
}

TEST_CASE("readers of a resident that a forward node overwrites run once, like the node itself") {
  SmallTraining t;
  t.resident("state", Role::buffer);
  const NodeId reader = t.forward("reader", {"x", "state"});
  const NodeId other = t.forward("other", {"reader"});
  const NodeId writer = t.update("writer", "other", "state", {reader}, Phase::forward);
  const ForwardOrder order = forward_order(std::move(t).finish({"writer"}));
  CHECK(order.once[reader]);
  CHECK(!order.once[other]);
  CHECK(order.once[writer]);
  CHECK(order.mutates[writer]);
}

TEST_CASE("a resident that an optimizer node overwrites may be read again until then") {
  SmallTraining t;
  t.resident("w", Role::parameter);
  const NodeId reader = t.forward("reader", {"x", "w"});
  t.backward("gradient", {"reader"}, reader);
  const NodeId writer = t.update("writer", "gradient", "w", {reader});
  const ForwardOrder order = forward_order(std::move(t).finish({"writer"}));
  CHECK(!order.once[reader]);
  REQUIRE(order.implied[writer].size() == 1);
  CHECK(order.implied[writer][0] == reader);
}

TEST_CASE(
    "a chain: the backward of block j runs at leaf j if the graph says what it differentiates") {
  // f0 f1 | f2 f3 | f4 f5; g_i reads f_{i-1} and f_i.
  const auto chain = [](bool say) {
    SmallTraining t;
    std::vector<NodeId> f{t.forward("f0", {"x"})};
    for (const char* next : {"f1", "f2", "f3", "f4", "f5"})
      f.push_back(t.forward(next, {"f" + std::to_string(f.size() - 1)}));
    const auto of = [&](std::size_t i) { return say ? f[i] : kNone<NodeId>; };
    t.backward("g5", {"f4", "f5"}, of(5));
    t.backward("g4", {"g5", "f3", "f4"}, of(4));
    t.backward("g3", {"g4", "f2", "f3"}, of(3));
    t.backward("g2", {"g3", "f1", "f2"}, of(2));
    t.backward("g1", {"g2", "f0", "f1"}, of(1));
    t.backward("g0", {"g1", "x", "f0"}, of(0));
    return std::move(t).finish({"g0"});
  };
  const Graph said = chain(true);
  const Blocks blocks = parts_of(said, 2).blocks;
  CHECK(blocks.count() == 3);
  CHECK(group(said, blocks, 2) == "g5 g4");
  CHECK(group(said, blocks, 1) == "g3 g2");
  CHECK(group(said, blocks, 0) == "g1 g0");
  CHECK(group(said, blocks, kTail) == "");
  CHECK(blocks.time_before == std::vector<Nanos>{0, 2, 4, 6});
  // Not said: f1 is in the frontier of block 1, so g1 may run there; f0 is computed from a resident
  // alone, which points nowhere.
  const Graph unsaid = chain(false);
  const Blocks found = parts_of(unsaid, 2).blocks;
  CHECK(group(unsaid, found, 2) == "g5 g4");
  CHECK(group(unsaid, found, 1) == "g3 g2 g1 g0");
}

TEST_CASE(
    "unknown forward node: max(newest block read, least last forward reader of what is read)") {
  // p a0 | a1 t | a2 a3 | a4 a5; t reads a0 and is read by a2 and a4.
  SmallTraining s;
  s.forward("p", {"x"});
  s.forward("a0", {"p"});
  s.forward("a1", {"a0"});
  s.forward("t", {"a0"});
  s.forward("a2", {"a1", "t"});
  s.forward("a3", {"a2"});
  s.forward("a4", {"a3", "t"});
  s.forward("a5", {"a4"});
  s.backward("seed", {"a5"});
  s.backward("reads_t", {"seed", "t"});              // t is in every frontier up to block 3
  s.backward("reads_t_a2", {"reads_t", "t", "a2"});  // a2 is gone behind block 2
  s.backward("reads_a0", {"reads_t_a2", "a0"});      // a0 is in the frontier of block 1
  s.backward("reads_none", {"reads_a0"});            // follows its predecessor
  s.backward("reads_x", {"seed", "x"});              // residents point nowhere: with the seed
  const Graph graph = std::move(s).finish({"reads_none", "reads_x"});
  const Blocks blocks = parts_of(graph, 2).blocks;
  CHECK(blocks.count() == 4);
  CHECK(group(graph, blocks, 3) == "seed reads_t reads_x");
  CHECK(group(graph, blocks, 2) == "reads_t_a2");
  CHECK(group(graph, blocks, 1) == "reads_a0 reads_none");
  CHECK(group(graph, blocks, 0) == "");
}

TEST_CASE("an update runs at the leaf of the first reader, or at the end if closures may need it") {
  SmallTraining t;
  t.resident("w", Role::parameter);
  const NodeId f0 = t.forward("f0", {"x"});
  const NodeId f1 = t.forward("f1", {"f0", "w"});
  const NodeId f2 = t.forward("f2", {"f1"});
  t.backward("g2", {"f2"}, f2);
  const NodeId g1 = t.backward("g1", {"g2", "f0", "w"}, f1);
  t.backward("g0", {"g1"}, f0);
  t.update("sgd", "g1", "w", {f1, g1});
  const Graph graph = std::move(t).finish({"g0", "sgd"});
  const Blocks early = parts_of(graph, 1).blocks;
  CHECK(group(graph, early, 2) == "g2");
  CHECK(group(graph, early, 1) == "g1 sgd");
  CHECK(group(graph, early, 0) == "g0");
  const Blocks late = parts_of(graph, 1, Mutations::at_end).blocks;
  CHECK(group(graph, late, 1) == "g1");
  CHECK(group(graph, late, kTail) == "sgd");
}

// f0 | f1 | f2 | f3, f3 reads f0 again; back1 reads f0 at leaf 1, deep reads f3 at leaf 0.
Graph skip_and_late_graph() {
  SmallTraining t;
  const NodeId f0 = t.forward("f0", {"x"});
  const NodeId f1 = t.forward("f1", {"f0"});
  t.forward("f2", {"f1"});
  const NodeId f3 = t.forward("f3", {"f2", "f0"});
  t.backward("seed", {"f3"}, f3);
  t.backward("back1", {"seed", "f0"}, f1);
  t.backward("deep", {"back1", "f3"}, f0);
  return std::move(t).finish({"deep"});
}

TEST_CASE("uses: blocks that want a buffer; frontiers are its blocks up to the last of them") {
  const Graph graph = skip_and_late_graph();
  const auto [order, blocks] = parts_of(graph, 1);
  const Uses uses(graph, order, blocks, {});
  CHECK(uses_of(graph, uses, "f0") == std::vector<BlockIndex>{1, 3});
  CHECK(uses_of(graph, uses, "f1") == std::vector<BlockIndex>{2});
  CHECK(uses_of(graph, uses, "f3") == std::vector<BlockIndex>{0, 3});
  CHECK(uses.has_late_use(buffer_named(graph, "f3")));
  CHECK(!uses.has_late_use(buffer_named(graph, "f0")));
  CHECK(uses.any(buffer_named(graph, "f0"), 2, 4));
  CHECK(!uses.any(buffer_named(graph, "f0"), 2, 3));
  // F(1) = f0, F(2) = f0 f1, F(3) = f0 f2.
  const auto size = rounded_sizes(graph, 1).value();
  CHECK(frontier_bytes(graph, size, uses, 4) == std::vector<Bytes>{0, 1, 2, 2});
  CHECK(late_bytes(graph, size, uses) == 1);
  CHECK(stored_bytes(graph, size, order) == 2);  // f0 and f3
}

TEST_CASE("closed uses are not held for: late ones, and far ones beyond the span") {
  const Graph graph = skip_and_late_graph();
  const auto [order, blocks] = parts_of(graph, 1);
  const Uses uses(graph, order, blocks, {.close_late = true, .skip_span = 2});
  CHECK(uses_of(graph, uses, "f0") == std::vector<BlockIndex>{1});
  CHECK(uses.closed(buffer_named(graph, "f0"), 3));
  CHECK(!uses.closed(buffer_named(graph, "f0"), 2));
  CHECK(uses_of(graph, uses, "f3") == std::vector<BlockIndex>{3});
  const auto size = rounded_sizes(graph, 1).value();
  CHECK(frontier_bytes(graph, size, uses, 4) == std::vector<Bytes>{0, 1, 1, 1});
}

}  // namespace
}  // namespace hcb
