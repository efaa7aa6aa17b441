// Views, storage taken over, mutated residents, random nodes and order edges, each on the smallest
// graph that has one.
#include <doctest/doctest.h>

#include "check/check.h"
#include "check/simulate.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

using test::frozen;
using test::tiny_node;
using test::tiny_value;

std::vector<NodeId> nodes(std::initializer_list<std::uint32_t> ids) {
  std::vector<NodeId> sequence;
  for (const auto id : ids) sequence.push_back(NodeId{id});
  return sequence;
}

// The plan of a sequence, true if the sequence is valid; `peak` and `extra` as claimed by the test.
CheckReport check(const Graph& graph, const std::vector<NodeId>& sequence, Bytes peak,
                  Nanos extra = 0) {
  const auto size = rounded_sizes(graph, 1);
  const auto plain = simulate(graph, plain_sequence(graph), *size);
  REQUIRE(plain);
  Plan plan;
  plan.graph = graph_record(graph);
  plan.peak = peak;
  plan.extra_time = extra;
  plan.base_peak = plain->peak;
  plan.base_time = plain->time;
  plan.steps = with_frees(graph, sequence);
  return check_plan(graph, *size, plan);
}

std::vector<std::string> found(const CheckReport& report) {
  std::vector<std::string> out;
  for (const Finding& finding : report.findings) {
    out.push_back(std::string(name(finding.violation)) + ": " + finding.message);
  }
  return out;
}

using Messages = std::vector<std::string>;

// x(1) ─ f ─ y(4) ─ reshape ─ z (view of y) ─ g ─ t(2), then h reads z and t and makes u(1).
GraphBuilder with_view() {
  GraphBuilder b(Dialect::onnx);
  const ValueId x = b.add_resident(tiny_value("x", 1, Role::input));
  const ValueId y = b.add_value(tiny_value("y", 4, Role::activation));
  ValueSpec view = tiny_value("z", 4, Role::activation);
  view.view_of = y;
  const ValueId z = b.add_value(view);
  const ValueId t = b.add_value(tiny_value("t", 2, Role::activation));
  const ValueId u = b.add_value(tiny_value("u", 1, Role::activation));
  b.add_node(tiny_node("f", Phase::forward, 5, {x}, {y}));
  b.add_node(tiny_node("reshape", Phase::forward, 0, {y}, {z}));
  b.add_node(tiny_node("g", Phase::forward, 1, {z}, {t}));
  b.add_node(tiny_node("h", Phase::forward, 1, {z, t}, {u}));
  b.mark_output(u);
  return b;
}

TEST_CASE("a view is there with its base, once its node has run") {
  const Graph graph = frozen(with_view());
  // x 1 + y 4 + t 2 + u 1 at h.
  CHECK(found(check(graph, nodes({0, 1, 2, 3}), 8)) == Messages{});
  // y freed behind g, made again by f alone: z is there again.
  CHECK(found(check(graph, nodes({0, 1, 2, 0, 3}), 8, 5)) == Messages{});
}

TEST_CASE("a view whose node has not run is missing") {
  const Graph graph = frozen(with_view());
  CHECK(found(check(graph, nodes({0, 2, 1, 3}), 8)) ==
        Messages{"missing_input: step 1 (run g): reads z, a view that reshape has not made yet"});
}

// x(1) ─ f ─ y(4) ─ add ─ s(4), which takes over y; later reads y or s.
GraphBuilder with_donor(bool y_read_later) {
  GraphBuilder b(Dialect::onnx);
  const ValueId x = b.add_resident(tiny_value("x", 1, Role::input));
  const ValueId y = b.add_value(tiny_value("y", 4, Role::activation));
  const ValueId s = b.add_value(tiny_value("s", 4, Role::activation));
  const ValueId u = b.add_value(tiny_value("u", 1, Role::activation));
  b.add_node(tiny_node("f", Phase::forward, 5, {x}, {y}));
  NodeSpec add = tiny_node("add", Phase::forward, 1, {y}, {s});
  add.donates = {{0, 0}};
  b.add_node(add);
  b.add_node(tiny_node("later", Phase::forward, 1, {y_read_later ? y : s}, {u}));
  b.mark_output(u);
  return b;
}

TEST_CASE("an output takes over storage whose life ends at its node, and only then") {
  // add: x 1 + y 4; later: x 1 + s 4 + u 1.
  CHECK(found(check(frozen(with_donor(false)), nodes({0, 1, 2}), 6)) == Messages{});
  // y lives on: add: x 1 + y 4 + s 4.
  CHECK(found(check(frozen(with_donor(true)), nodes({0, 1, 2}), 9)) == Messages{});
  // y lives on up to its next production: freed behind add, so taken over.
  CHECK(found(check(frozen(with_donor(true)), nodes({0, 1, 0, 2}), 6, 5)) == Messages{});
}

TEST_CASE("a donor freed later than it could be is not taken over") {
  const Graph graph = frozen(with_donor(false));
  const auto size = rounded_sizes(graph, 1);
  Plan plan;
  plan.graph = graph_record(graph);
  plan.peak = plan.base_peak = 6;
  plan.base_time = 7;
  plan.steps = with_frees(graph, nodes({0, 1, 2}));
  std::swap(plan.steps[2], plan.steps[3]);  // free y: from behind add to behind later
  // add: x 1 + y 4 + s 4; later: x 1 + y 4 + s 4 + u 1.
  CHECK(found(check_plan(graph, *size, plan)) ==
        Messages{"claim_false: the plan claims a peak of 6 bytes, but it is 10"});
}

// w(2) is read by f and overwritten by update; w2 takes its storage.
GraphBuilder with_update() {
  GraphBuilder b(Dialect::onnx);
  const ValueId w = b.add_resident(tiny_value("w", 2, Role::parameter));
  const ValueId y = b.add_value(tiny_value("y", 3, Role::activation));
  const ValueId g = b.add_value(tiny_value("g", 2, Role::gradient));
  const ValueId w2 = b.add_value(tiny_value("w2", 2, Role::activation));
  b.add_node(tiny_node("f", Phase::forward, 5, {w}, {y}));
  b.add_node(tiny_node("b", Phase::backward, 1, {y}, {g}));
  NodeSpec update = tiny_node("update", Phase::optimizer, 1, {w, g}, {w2});
  update.donates = {{0, 0}};
  update.flags.never_replay = true;
  b.add_node(update);
  b.mark_output(w2);
  return b;
}

TEST_CASE("an update takes the parameter's storage and costs nothing") {
  // b: w 2 + y 3 + g 2; update: w 2 + g 2 + w2 0.
  Plan plan;
  const Graph graph = frozen(with_update());
  const auto size = rounded_sizes(graph, 1);
  plan.graph = graph_record(graph);
  plan.peak = plan.base_peak = 7;
  plan.base_time = 7;
  plan.steps = with_frees(graph, nodes({0, 1, 2}));
  plan.save_nodes = {BufferId{1}};
  CHECK(found(check_plan(graph, *size, plan)) == Messages{});
}

TEST_CASE("nothing reads a parameter after its update, and an update runs once") {
  const Graph graph = frozen(with_update());
  const auto stale = found(check(graph, nodes({0, 1, 2, 0}), 7, 5));
  REQUIRE(!stale.empty());
  CHECK(stale[0] == "stale_read: step 3 (recompute f): reads w, overwritten at step 2");
  const auto twice = found(check(graph, nodes({0, 1, 2, 2}), 7, 1));
  REQUIRE(!twice.empty());
  CHECK(twice[0] == "effect_twice: step 3 (recompute update): may run once only and ran at step 2");
}

// Three independent nodes; the first and the last draw random numbers, `edge` puts 1 before 2.
GraphBuilder with_random(bool edge) {
  GraphBuilder b(Dialect::aten);
  for (const char* name : {"p", "q", "r"}) {
    const ValueId v = b.add_value(tiny_value(std::string("of_") + name, 1, Role::activation));
    NodeSpec node = tiny_node(name, Phase::forward, 1, {}, {v});
    node.flags.random = std::string(name) != "q";
    b.add_node(node);
    b.mark_output(v);
  }
  if (edge) b.add_order_edge(NodeId{1}, NodeId{2});
  return b;
}

TEST_CASE("random nodes keep their order, others need not; replays may come in any order") {
  const Graph graph = frozen(with_random(false));
  CHECK(found(check(graph, nodes({1, 0, 2}), 3)) == Messages{});
  CHECK(found(check(graph, nodes({0, 2, 0, 1}), 3, 1)) == Messages{});
  CHECK(found(check(graph, nodes({2, 0, 1}), 3)) ==
        Messages{"order_broken: step 1 (run p): draws random numbers after r, which draws later in "
                 "the graph's order"});
}

TEST_CASE("first executions keep order edges") {
  const Graph graph = frozen(with_random(true));
  CHECK(found(check(graph, nodes({1, 0, 2}), 3)) == Messages{});
  CHECK(found(check(graph, nodes({0, 2, 1}), 3)) ==
        Messages{"order_broken: step 1 (run r): runs before q, which an order edge puts first"});
}

}  // namespace
}  // namespace hcb
