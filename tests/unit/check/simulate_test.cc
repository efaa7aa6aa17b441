// The pictures of check/simulate.h and of the memory model, redone by hand.
#include "check/simulate.h"

#include <doctest/doctest.h>

#include "graph/builder.h"

using namespace hcb;

namespace {

ValueSpec bytes_value(std::string name, Bytes bytes, Role role = Role::activation) {
  return {.name = std::move(name), .dtype = DType::u8, .shape = {bytes}, .role = role};
}

// a -> b -> c, and a again for d: bytes a 4, b 2, c 2, d 1.
Graph picture() {
  GraphBuilder builder(Dialect::aten);
  const ValueId a = builder.add_value(bytes_value("a", 4));
  const ValueId b = builder.add_value(bytes_value("b", 2));
  const ValueId c = builder.add_value(bytes_value("c", 2));
  const ValueId d = builder.add_value(bytes_value("d", 1));
  builder.add_node({.name = "A", .op = "op", .outputs = {a}, .cost = {.time = 10}});
  builder.add_node({.name = "B", .op = "op", .inputs = {a}, .outputs = {b}});
  builder.add_node({.name = "C", .op = "op", .inputs = {b}, .outputs = {c}});
  builder.add_node({.name = "D", .op = "op", .inputs = {a}, .outputs = {d}});
  return std::move(builder).freeze().value();
}

Result<Simulation> run(const Graph& graph, std::vector<NodeId> sequence) {
  return simulate(graph, sequence, rounded_sizes(graph, 1).value());
}

constexpr NodeId A{0}, B{1}, C{2}, D{3};

}  // namespace

TEST_CASE("simulate counts inputs and outputs of a position together") {
  const auto result = run(picture(), {A, B, C, D}).value();
  CHECK(result.memory == std::vector<Bytes>{4, 6, 8, 5});
  CHECK(result.peak == 8);
  CHECK(result.peak_position == 2);
  CHECK(result.time == 10);
  CHECK(result.extra_time == 0);
}

TEST_CASE("a second execution ends the first lifetime and costs its time again") {
  const auto result = run(picture(), {A, B, C, A, D}).value();
  CHECK(result.memory == std::vector<Bytes>{4, 6, 4, 4, 5});
  CHECK(result.extra_time == 10);
  CHECK(result.count[A] == 2);
}

TEST_CASE("simulate names the position, the node and what is missing") {
  const Graph graph = picture();
  CHECK(run(graph, {B}).error().message == "position 0 (B) runs before 'A', which must come first");
  CHECK(run(graph, {A, B, C}).error().message == "node 'D' never runs");
}

TEST_CASE("residents and workspace are counted, outputs live to the end") {
  GraphBuilder builder(Dialect::aten);
  const ValueId w = builder.add_resident(bytes_value("w", 100, Role::parameter));
  const ValueId x = builder.add_value(bytes_value("x", 8));
  const ValueId y = builder.add_value(bytes_value("y", 8));
  const ValueId z = builder.add_value(bytes_value("z", 8));
  builder.add_node(
      {.name = "X", .op = "op", .inputs = {w}, .outputs = {x}, .cost = {.workspace = 5}});
  builder.add_node({.name = "Y", .op = "op", .inputs = {w}, .outputs = {y}});
  builder.add_node({.name = "Z", .op = "op", .inputs = {y}, .outputs = {z}});
  builder.mark_output(x);
  const Graph graph = std::move(builder).freeze().value();
  CHECK(run(graph, plain_sequence(graph)).value().memory == std::vector<Bytes>{113, 116, 124});
}

// G adds into its first input's storage: eager's g.add_(h).
Graph donation(bool read_again) {
  GraphBuilder builder(Dialect::aten);
  const ValueId g = builder.add_value(bytes_value("g", 8));
  const ValueId h = builder.add_value(bytes_value("h", 8));
  const ValueId sum = builder.add_value(bytes_value("sum", 8));
  const ValueId end = builder.add_value(bytes_value("end", 1));
  builder.add_node({.name = "G", .op = "op", .outputs = {g}});
  builder.add_node({.name = "H", .op = "op", .outputs = {h}});
  builder.add_node(
      {.name = "S", .op = "GradSum", .inputs = {g, h}, .outputs = {sum}, .donates = {{0, 0}}});
  std::vector<ValueId> last{sum};
  if (read_again) last.push_back(g);
  builder.add_node({.name = "E", .op = "op", .inputs = last, .outputs = {end}});
  return std::move(builder).freeze().value();
}

TEST_CASE("an output takes its donor's storage exactly when the donor's life ends there") {
  CHECK(run(donation(false), {A, B, C, D}).value().memory == std::vector<Bytes>{8, 16, 16, 9});
  CHECK(run(donation(true), {A, B, C, D}).value().memory == std::vector<Bytes>{8, 16, 24, 17});
}

TEST_CASE("mutating a resident costs nothing and makes its old version unreadable") {
  GraphBuilder builder(Dialect::aten);
  const ValueId w = builder.add_resident(bytes_value("w", 8, Role::parameter));
  const ValueId y = builder.add_value(bytes_value("y", 1));
  const ValueId w2 = builder.add_value(bytes_value("w2", 8));
  builder.add_node({.name = "Y", .op = "op", .inputs = {w}, .outputs = {y}});
  builder.add_node({.name = "U",
                    .op = "update",
                    .phase = Phase::optimizer,
                    .inputs = {w, y},
                    .outputs = {w2},
                    .flags = {.never_replay = true},
                    .donates = {{0, 0}}});
  builder.mark_output(w2);
  const Graph graph = std::move(builder).freeze().value();
  CHECK(run(graph, {A, B}).value().memory == std::vector<Bytes>{9, 9});
  CHECK(run(graph, {A, B, A}).error().message == "position 2 (Y) reads 'w' after its mutation");
  CHECK(run(graph, {A, B, B}).error().message ==
        "position 2 (U) runs again, but may run once only");
}

TEST_CASE("views share the buffer of their base") {
  GraphBuilder builder(Dialect::onnx);
  const ValueId x = builder.add_value(bytes_value("x", 8));
  ValueSpec view = bytes_value("view", 8);
  view.view_of = x;
  const ValueId v = builder.add_value(view);
  const ValueId y = builder.add_value(bytes_value("y", 2));
  builder.add_node({.name = "X", .op = "op", .outputs = {x}});
  builder.add_node(
      {.name = "V", .op = "Reshape", .inputs = {x}, .outputs = {v}, .flags = {.view = true}});
  builder.add_node({.name = "Y", .op = "op", .inputs = {v}, .outputs = {y}});
  const Graph graph = std::move(builder).freeze().value();
  CHECK(graph.buffer_count() == 2);
  CHECK(run(graph, {A, B, C}).value().memory == std::vector<Bytes>{8, 8, 10});
}

TEST_CASE("a sum that leaves 63 bits is an error, not a wrapped number") {
  GraphBuilder builder(Dialect::aten);
  const ValueId a = builder.add_value(bytes_value("a", INT64_MAX / 2));
  const ValueId b = builder.add_value(bytes_value("b", INT64_MAX / 2));
  const ValueId c = builder.add_value(bytes_value("c", 8));
  builder.add_node({.name = "A", .op = "op", .outputs = {a}});
  builder.add_node({.name = "B", .op = "op", .inputs = {a}, .outputs = {b}});
  builder.add_node({.name = "C", .op = "op", .inputs = {a, b}, .outputs = {c}});
  const Graph graph = std::move(builder).freeze().value();
  CHECK(run(graph, {A, B, C}).error().message == "position 2 (C) memory exceeds 2^63 bytes");
}
