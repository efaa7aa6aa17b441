#include "analysis/profile.h"

#include <vector>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

struct Row {
  std::string buffer;
  Bytes bytes;
  std::string kept_by;
  friend bool operator==(const Row&, const Row&) = default;
};

std::vector<Row> rows(const Graph& graph, const Snapshot& snapshot) {
  std::vector<Row> result;
  for (const AliveBuffer& alive : snapshot.alive) {
    result.push_back(
        {std::string(graph.name(alive.buffer)), alive.bytes, node_text(graph, alive.kept_by)});
  }
  return result;
}

Snapshot take(const Graph& graph, const std::vector<NodeId>& sequence, std::size_t position) {
  const auto size = exact_sizes(graph);
  const auto simulation = simulate(graph, sequence, size);
  REQUIRE_MESSAGE(simulation.has_value(), simulation.error().message);
  const Snapshot result = snapshot(graph, sequence, size, simulation->resident, position);
  CHECK(result.composition.total() == simulation->memory[position]);
  return result;
}

constexpr NodeId kA{0}, kB{1}, kC{2}, kD{3};

// The picture of profile.h.
Graph picture() {
  SmallGraph g;
  const ValueId x = g.resident("x", 10);
  const ValueId a = g.value("a", 4);
  const ValueId b = g.value("b", 2);
  const ValueId c = g.value("c", 2);
  const ValueId d = g.value("d", 1);
  g.node({.name = "A", .inputs = {x}, .outputs = {a}});
  g.node({.name = "B", .inputs = {a}, .outputs = {b}});
  g.node({.name = "C", .inputs = {b}, .outputs = {c}, .cost = {.workspace = 7}});
  g.node({.name = "D", .inputs = {a}, .outputs = {d}});
  g.output(d);
  return g.freeze();
}

TEST_CASE("snapshot: who is alive and who keeps it") {
  const Graph graph = picture();
  const std::vector<NodeId> plain = plain_sequence(graph);
  CHECK(rows(graph, take(graph, plain, 1)) == std::vector<Row>{{"a", 4, "D"}, {"b", 2, "C"}});
  CHECK(rows(graph, take(graph, plain, 2)) ==
        std::vector<Row>{{"a", 4, "D"}, {"b", 2, "C"}, {"c", 2, "C"}});
  CHECK(rows(graph, take(graph, plain, 3)) == std::vector<Row>{{"a", 4, "D"}, {"d", 1, "none"}});
}

TEST_CASE("snapshot: bytes by class add up, workspace included") {
  const Graph graph = picture();
  const Snapshot at_c = take(graph, plain_sequence(graph), 2);
  CHECK(at_c.composition == Composition{.resident = 10, .activations = 4 + 2 + 2, .workspace = 7});
  CHECK(at_c.composition.total() == 25);
}

TEST_CASE("snapshot: a buffer made again is not alive in between") {
  const Graph graph = picture();
  const std::vector<NodeId> again{kA, kB, kC, kA, kD};
  CHECK(rows(graph, take(graph, again, 1)) == std::vector<Row>{{"a", 4, "B"}, {"b", 2, "C"}});
  CHECK(rows(graph, take(graph, again, 2)) == std::vector<Row>{{"b", 2, "C"}, {"c", 2, "C"}});
  CHECK(rows(graph, take(graph, again, 3)) == std::vector<Row>{{"a", 4, "D"}});
}

TEST_CASE("snapshot: gradients and stash stand apart") {
  SmallGraph g;
  const ValueId x = g.resident("x", 1);
  const ValueId y = g.value("y", 8);
  const ValueId mask = g.value("mask", 2, Role::stash);
  const ValueId gradient = g.value("gradient", 4, Role::gradient);
  const NodeId forward = g.node({.name = "F", .inputs = {x}, .outputs = {y, mask}});
  g.node({.name = "B",
          .phase = Phase::backward,
          .inputs = {y, mask},
          .outputs = {gradient},
          .forward = forward});
  g.output(gradient);
  const Graph graph = g.freeze();
  CHECK(take(graph, plain_sequence(graph), 1).composition ==
        Composition{.resident = 1, .activations = 8, .gradients = 4, .stash = 2});
  CHECK(is_training_graph(graph));
  CHECK_FALSE(is_training_graph(picture()));
}

// a -> B (in place) -> b, and with a second reader of a.
Graph in_place(bool second_reader) {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("a", 6);
  const ValueId b = g.value("b", 6);
  const ValueId c = g.value("c", 1);
  g.node({.name = "A", .inputs = {x}, .outputs = {a}});
  g.node({.name = "B", .inputs = {a}, .outputs = {b}, .donates = {{.output = 0, .input = 0}}});
  g.node({.name = "C", .inputs = {second_reader ? a : b}, .outputs = {c}});
  g.output(b);
  return g.freeze();
}

TEST_CASE("snapshot: an output in its input's storage counts once") {
  const Graph reused = in_place(false);
  CHECK(rows(reused, take(reused, plain_sequence(reused), 1)) ==
        std::vector<Row>{{"a", 6, "B"}, {"b", 0, "none"}});
  CHECK(take(reused, plain_sequence(reused), 2).composition.total() == 6 + 1);
  const Graph kept = in_place(true);
  CHECK(rows(kept, take(kept, plain_sequence(kept), 1)) ==
        std::vector<Row>{{"a", 6, "C"}, {"b", 6, "none"}});
}

TEST_CASE("snapshot: an updated parameter lies in the parameter's storage") {
  SmallGraph g;
  const ValueId w = g.resident("w", 50, Role::parameter);
  const ValueId gradient = g.value("gradient", 50, Role::gradient);
  const ValueId updated = g.value("updated", 50);
  g.node({.name = "G", .inputs = {w}, .outputs = {gradient}});
  g.node({.name = "U",
          .inputs = {w, gradient},
          .outputs = {updated},
          .flags = {.never_replay = true},
          .donates = {{.output = 0, .input = 0}}});
  g.output(updated);
  const Graph graph = g.freeze();
  CHECK(take(graph, plain_sequence(graph), 1).composition ==
        Composition{.resident = 50, .gradients = 50});
}

}  // namespace
}  // namespace hcb
