// What compare() finds between perceptrons and between plans of one; arithmetic beside it.
#include "report/diff.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "report/diff_words.h"
#include "unit/report/diff_sides.h"

namespace hcb {
namespace {

using test::Perceptron;
using test::perceptron;
using test::plain_side;
using test::plan_side;

constexpr NodeId mm1{0}, relu{1}, mm2{2};

const OpPair& pair_of(const Diff& diff, std::string_view op) {
  const auto at = std::ranges::find(diff.ops, op, [](const OpPair& p) { return p.op.name; });
  REQUIRE(at != diff.ops.end());
  return *at;
}

TEST_CASE("the same plan twice: nothing changed") {
  const Diff diff = compare(plain_side({}, "a.json"), plain_side({}, "b.json"));
  CHECK_FALSE(diff.any());
  CHECK(headline(diff) == "nothing changed");
}

TEST_CASE("an exporter's renames are no change") {
  const Diff diff = compare(plain_side({}, "a.json"),
                            plain_side({.prefix = "new/", .prefix_of_module = "model."}, "b.json"));
  CHECK_FALSE(diff.any());
  CHECK(diff.renamed == 3);
  CHECK(headline(diff) == "nothing changed; 3 ops renamed");
}

TEST_CASE("a doubled width: the ops that grew, by how much, and the parameters") {
  const Diff diff = compare(plain_side({}, "a.json"), plain_side({.width = 16}, "b.json"));
  CHECK(headline(diff) ==
        "the graph changed: 2 ops grew, 1 op with other inputs (by name) or costs");
  CHECK_FALSE(diff.options_changed);
  const OpPair& first = diff.ops[0];
  CHECK(op_words(first.op) == "mm1 (MatMul in fc1)");
  CHECK(first.change == OpChange::grew);
  CHECK(first.before_bytes == 2 * 8);
  CHECK(first.after_bytes == 2 * 16);
  CHECK(first.before_type == "uint8[2,8]");
  CHECK(first.after_type == "uint8[2,16]");
  CHECK(pair_of(diff, "mm2").change == OpChange::rewired);
  REQUIRE(diff.resident.size() == 2);
  CHECK(diff.resident[0].name == "w1");  // 4 * 8 more; w2: 8 * 3 more
  CHECK(diff.resident[0].before == 4 * 8);
  CHECK(diff.resident[0].after == 4 * 16);
  CHECK(diff.resident[1].after == 16 * 3);
}

TEST_CASE("a doubled width under new names is found by module and op") {
  const Diff diff =
      compare(plain_side({}, "a.json"), plain_side({.width = 16, .prefix = "n_"}, "b.json"));
  CHECK(headline(diff) == "the graph changed: 2 ops grew");  // digests of renamed nodes say nothing
  CHECK(pair_of(diff, "n_relu").before_bytes == 16);
}

TEST_CASE("a node that came, and one that went") {
  const DiffSide without = plain_side({}, "a.json");
  const DiffSide with = plain_side({.dropout = true}, "b.json");
  const Diff more = compare(without, with);
  CHECK(headline(more) ==
        "the graph changed: 1 op added, 1 op with other inputs (by name) or costs");
  CHECK(pair_of(more, "drop").after_bytes == 16);
  CHECK_FALSE(more.order.has_value());  // of the nodes both have
  const Diff less = compare(with, without);
  CHECK(pair_of(less, "drop").change == OpChange::removed);
  CHECK(pair_of(less, "drop").before_bytes == 16);
}

TEST_CASE("only the plan changed: recomputations, checkpoints, order and figures") {
  const Graph graph = perceptron({});
  const BufferId h{3}, r{4};
  const Diff diff = compare(plan_side(graph, "a.json", {mm1, relu, mm2}, 1000, 0, {h}),
                            plan_side(graph, "b.json", {mm1, relu, mm1, mm2}, 900, 10, {r}));
  CHECK(headline(diff) == "only the plan changed");
  REQUIRE(diff.recomputed.size() == 1);
  CHECK(diff.recomputed[0].op.name == "mm1");
  CHECK(diff.recomputed[0].before == 0);
  CHECK(diff.recomputed[0].after == 1);
  REQUIRE(diff.kept.size() == 2);
  CHECK(diff.kept[0].name == "h");
  CHECK_FALSE(diff.kept[0].added);
  CHECK(diff.kept[1].name == "r");
  CHECK(diff.kept[1].added);
  REQUIRE(diff.order.has_value());
  CHECK(order_words(*diff.order) ==
        "goes apart at execution 2 of OLD: mm2 (MatMul in fc2) there, mm1 (MatMul in fc1) in NEW");
  const auto figure = [&](std::string_view key) {
    return *std::ranges::find(diff.figures, key, &FigurePair::key);
  };
  CHECK(figure("peak").before == 1000);
  CHECK(figure("peak").after == 900);
  CHECK(figure("time").after == 10'010);
  CHECK(figure("executions").after == 4);
  CHECK(figure("resident").after == 8 + 4 * 8 + 8 * 3);
  CHECK(figure("kept").after == 16);
}

TEST_CASE("the same order, then one side has ended") {
  const Graph graph = perceptron({});
  const Diff diff = compare(plan_side(graph, "a.json", {mm1, relu, mm2}),
                            plan_side(graph, "b.json", {mm1, relu, mm2, mm1}));
  REQUIRE(diff.order.has_value());
  CHECK_FALSE(diff.order->before.has_value());
  CHECK(diff.order->after->name == "mm1");
}

TEST_CASE("options: what each side was given") {
  DiffSide before = plain_side({}, "a.json");
  DiffSide after = plain_side({}, "b.json");
  after.options.dims = {{"batch", 8}};
  after.options.memory_budget = Budget{.bytes = 4096};
  const Diff diff = compare(before, after);
  CHECK(headline(diff) == "the options changed");
  REQUIRE(diff.options.size() == 2);
  CHECK(diff.options[0].name == "dim");
  CHECK(option_pair_words(diff.options[0]) == "not given -> batch=8");
  CHECK(option_pair_words(diff.options[1]) == "not given -> 4096");
}

TEST_CASE("a plan of format 1.0 is compared by names") {
  const auto old_format = [](DiffSide side) {
    side.graph.places.clear();
    side.graph.unnamed_fingerprint.clear();
    side.unnamed_fingerprint.clear();
    return side;
  };
  const Diff diff =
      compare(old_format(plain_side({}, "a.json")), plain_side({.width = 16}, "b.json"));
  CHECK(headline(diff) ==
        "the graph changed: 2 ops grew, 1 op with other inputs (by name) or costs");
  CHECK_FALSE(compare(old_format(plain_side({}, "a.json")), plain_side({}, "b.json")).any());
}

TEST_CASE("kinds and device profiles must agree") {
  DiffSide plan = plain_side({}, "a.json");
  DiffSide other = plain_side({}, "b.json");
  const auto message = [&] {
    const auto result = check_comparable(plan, other);
    CHECK((result || result.error().kind == ErrorKind::bad_input));
    return result ? std::string{} : result.error().message;
  };
  CHECK(message() == "");
  other.options.device = "cpu";
  CHECK(message() ==
        "times are estimated for device profile a100-80g in a.json, estimated for device profile "
        "cpu in b.json: they cannot be compared");
  other.options.costs = "p.json";
  CHECK(message() ==
        "times are estimated for device profile a100-80g in a.json, measured (p.json) in b.json: "
        "they cannot be compared");
  plan.options.costs = "q.json";
  CHECK(message() == "");
  other.kind = DiffKind::analysis;
  CHECK(message() == "a.json is a plan, b.json is an analysis: they cannot be compared");
}

TEST_CASE("a plan whose ids are not of its graph is refused") {
  const auto error = [](auto&& damage) {
    const Graph graph = perceptron({});
    Plan plan;
    plan.graph = graph_record(graph);
    plan.steps = with_frees(graph, test::in_order(graph));
    damage(plan);
    const auto side = side_of_plan(std::move(plan), "p.json");
    REQUIRE_FALSE(side);
    CHECK(side.error().kind == ErrorKind::bad_input);
    return side.error().message;
  };
  CHECK(error([](Plan& p) { p.steps.push_back(Step::compute(NodeId{9})); }) ==
        "p.json: steps: no node 9: the graph has 3");
  CHECK(error([](Plan& p) { p.save_nodes = {BufferId{6}}; }) ==
        "p.json: save_nodes: no buffer 6: the graph has 6");
  CHECK(error([](Plan& p) { p.graph.buffers[4].owner = NodeId{3}; }) ==
        "p.json: graph.buffers[4]: no node 3: the graph has 3");
  CHECK(error([](Plan& p) {
          p.graph.buffers[0].bytes = p.graph.buffers[1].bytes = std::numeric_limits<Bytes>::max();
        }) == "p.json: graph.buffers: more than 2^63 bytes");
}

}  // namespace
}  // namespace hcb
