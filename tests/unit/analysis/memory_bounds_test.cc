// Every number is small enough to add up by hand. Sizes are exact (alignment 1) unless said
// otherwise.
#include "analysis/memory_bounds.h"

#include <string>

#include <doctest/doctest.h>

#include "support/graphs.h"
#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

MemoryBounds bounds_of(const Graph& graph) {
  return memory_lower_bounds(graph, exact_sizes(graph));
}

TEST_CASE("memory bounds: the picture of the header") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", 8);
  const ValueId b = g.value("b", 2);
  const ValueId c = g.value("c", 5);
  g.node({.name = "make_a", .inputs = {x}, .outputs = {a}});
  g.node({.name = "make_b", .inputs = {a}, .outputs = {b}});
  g.node({.name = "make_c", .inputs = {x}, .outputs = {c}});
  g.output(b);
  g.output(c);
  const Graph graph = g.freeze();
  const MemoryBounds bounds = bounds_of(graph);
  CHECK(bounds.l1 == 8 + 2);
  CHECK(node_text(graph, bounds.l1_witness) == "make_b");
  CHECK(bounds.l2 == 2 + 5 + 0);
  CHECK(node_text(graph, bounds.l2_witness) == "make_c");
  CHECK(bounds.bound == 10);
  CHECK(bounds.witness == bounds.l1_witness);
}

TEST_CASE("memory bounds: the unit chain") {
  // A backward node needs x, dy_i, y_{i-1}, y_i and dy_{i-1}: five units, whatever the length.
  // The last one leaves x and dx, and reads dy_0 and y_0.
  const Graph graph = unit_chain(1000);
  const MemoryBounds bounds = memory_lower_bounds(graph, exact_sizes(graph));
  CHECK(bounds.resident == 1);
  CHECK(bounds.l1 == 5);
  CHECK(bounds.l2 == 1 + 1 + 2);
  CHECK(node_text(graph, bounds.l2_witness) == "g0");
}

TEST_CASE("memory bounds: residents and workspace count in both") {
  SmallGraph g;
  const ValueId x = g.resident("x", 100);
  const ValueId y = g.value("y", 3);
  g.node({.name = "n", .inputs = {x}, .outputs = {y}, .cost = {.workspace = 7}});
  g.output(y);
  const MemoryBounds bounds = bounds_of(g.freeze());
  CHECK(bounds.resident == 100);
  CHECK(bounds.l1 == 100 + 3 + 7);
  CHECK(bounds.l2 == 100 + 3 + 7);
}

TEST_CASE("memory bounds: an output that may take over an input's storage counts once") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", 6);
  const ValueId b = g.value("b", 6);
  g.node({.name = "make_a", .inputs = {x}, .outputs = {a}});
  g.node(
      {.name = "in_place", .inputs = {a}, .outputs = {b}, .donates = {{.output = 0, .input = 0}}});
  g.output(b);
  const MemoryBounds bounds = bounds_of(g.freeze());
  CHECK(bounds.l1 == 6);  // not 12
  CHECK(bounds.l2 == 6);  // the input it takes over is no second storage
}

TEST_CASE("memory bounds: an updated parameter costs nothing beside the old one") {
  SmallGraph g;
  const ValueId w = g.resident("w", 50);
  const ValueId gradient = g.value("gradient", 50);
  const ValueId updated = g.value("updated", 50);
  g.node({.name = "make_gradient", .inputs = {w}, .outputs = {gradient}});
  g.node({.name = "update",
          .inputs = {w, gradient},
          .outputs = {updated},
          .flags = {.never_replay = true},
          .donates = {{.output = 0, .input = 0}}});
  g.output(updated);
  const MemoryBounds bounds = bounds_of(g.freeze());
  CHECK(bounds.l1 == 50 + 50);
  CHECK(bounds.l2 == 50 + 50);  // resident w (= updated) and the gradient the update reads
  CHECK(bounds.held_buffers == 0);
}

// once -> big -> join, once read again by join: while big is made, what `once` made cannot be
// absent.
Graph unrepeatable_across_a_node(bool never_replay) {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId once = g.value("once", 4);
  const ValueId seed = g.value("seed", 1);
  const ValueId big = g.value("big", 20);
  const ValueId small = g.value("small", 1);
  const ValueId out = g.value("out", 1);
  g.node(
      {.name = "once", .inputs = {x}, .outputs = {once}, .flags = {.never_replay = never_replay}});
  g.node({.name = "seed", .inputs = {once}, .outputs = {seed}});
  g.node({.name = "big", .inputs = {seed}, .outputs = {big}});
  g.node({.name = "shrink", .inputs = {big}, .outputs = {small}});
  g.node({.name = "join", .inputs = {small, once}, .outputs = {out}});
  g.output(out);
  return g.freeze();
}

TEST_CASE("memory bounds: what may run only once is held until its last reader") {
  const MemoryBounds replayable = bounds_of(unrepeatable_across_a_node(false));
  CHECK(replayable.l1 == 1 + 20);
  const Graph graph = unrepeatable_across_a_node(true);
  const MemoryBounds held = bounds_of(graph);
  CHECK(held.l1 == 1 + 20 + 4);
  CHECK(node_text(graph, held.l1_witness) == "big");
  CHECK(held.held_buffers == 1);
  CHECK(held.held_buffers_left_out == 0);
}

TEST_CASE("memory bounds: an unrepeatable output is held to the end, but not before or beside it") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId kept = g.value("kept", 4);
  const ValueId after = g.value("after", 9);
  const ValueId beside = g.value("beside", 10);
  g.node({.name = "kept", .inputs = {x}, .outputs = {kept}, .flags = {.never_replay = true}});
  g.node({.name = "read", .inputs = {kept}, .outputs = {g.value("r", 1)}});
  g.node({.name = "after", .inputs = {id_at<ValueId>(4)}, .outputs = {after}});
  g.node({.name = "beside", .inputs = {x}, .outputs = {beside}});
  g.output(kept);
  const Graph graph = g.freeze();
  const MemoryBounds bounds = bounds_of(graph);
  CHECK(bounds.l1 == 1 + 9 + 4);  // `beside` (10) is unordered with `kept`: it may run before
  CHECK(node_text(graph, bounds.l1_witness) == "after");
}

TEST_CASE("memory bounds: more than 64 unrepeatable buffers") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  std::vector<ValueId> made;
  for (int i = 0; i < 130; ++i) {
    made.push_back(g.value("once" + std::to_string(i), 1 + i % 2));
    g.node({.name = "make" + std::to_string(i),
            .inputs = {i == 0 ? x : made[made.size() - 2]},
            .outputs = {made.back()},
            .flags = {.never_replay = true}});
  }
  const ValueId out = g.value("out", 1);
  g.node({.name = "all", .inputs = made, .outputs = {out}});
  g.output(out);
  const Graph graph = g.freeze();
  const MemoryBounds bounds = bounds_of(graph);
  CHECK(bounds.l1 == 65 * 1 + 65 * 2 + 1);
  CHECK(bounds.l1_witness == id_at<NodeId>(130));
  CHECK(bounds.held_buffers == 130);
  // The node before sees all but itself from above: 128 held, 1 read, 1 made, so the bound is not
  // the last node's alone.
  CHECK(bounds.l2 == 1 + 65 * 1 + 65 * 2);
}

TEST_CASE("memory bounds: sums stop at 2^63 - 1") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", std::int64_t{1} << 62);
  const ValueId b = g.value("b", std::int64_t{1} << 62);
  g.node({.name = "a", .inputs = {x}, .outputs = {a}});
  g.node({.name = "b", .inputs = {a}, .outputs = {b}});
  g.output(b);
  CHECK(bounds_of(g.freeze()).l1 == std::numeric_limits<Bytes>::max());
}

TEST_CASE("memory bounds: a graph without outputs has no l2 beyond its residents") {
  SmallGraph g;
  const ValueId x = g.resident("x", 5);
  g.node({.name = "n", .inputs = {x}, .outputs = {g.value("y", 2)}});
  const MemoryBounds bounds = bounds_of(g.freeze());
  CHECK(bounds.l1 == 7);
  CHECK(bounds.l2 == 5);
  CHECK(bounds.l2_witness == kNone<NodeId>);
  CHECK(bounds.bound == 7);
}

}  // namespace
}  // namespace hcb
