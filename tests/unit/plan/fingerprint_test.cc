// What the fingerprint sees and what it does not, and the words for the first difference.
#include "plan/fingerprint.h"

#include <functional>

#include <doctest/doctest.h>

#include "support/tiny_training.h"

namespace hcb {
namespace {

namespace tiny = test::tiny;
using test::frozen;
using test::tiny_builder;
using test::tiny_node;
using test::tiny_value;

GraphRecord record_of(GraphBuilder builder) { return graph_record(frozen(std::move(builder))); }

Graph single(std::string name) {
  GraphBuilder g(Dialect::aten);
  const ValueId y = g.add_value(tiny_value(std::move(name), 1, Role::stash));
  g.add_node(tiny_node("f", Phase::optimizer, 1, {}, {y}));
  return frozen(std::move(g));
}

TEST_CASE("the canonical text of a graph with everything in it") {
  GraphBuilder g(Dialect::jax, "name of no importance");
  const ValueId x = g.add_resident({.name = "x\"\\\n", .shape = {2, 4}, .role = Role::input});
  const ValueId y = g.add_value({.name = "y", .shape = {2, 4}, .storage = 64});
  const ValueId z = g.add_value({.name = "z", .shape = {8}, .view_of = y});
  const ValueId t = g.add_value({.name = "t", .shape = {8}, .role = Role::stash, .storage = 64});
  g.add_node({.name = "a",
              .op = "Relu",
              .inputs = {x, kNone<ValueId>},
              .outputs = {y},
              .flags = {.random = true, .effect = true, .never_replay = true},
              .cost = {.flops = 8, .bytes_moved = 64, .workspace = 3, .time = 12},
              .module = "of no importance"});
  g.add_node({.name = "b",
              .op = "Reshape",
              .phase = Phase::backward,
              .inputs = {y},
              .outputs = {z},
              .flags = {.view = true, .default_rule = true}});
  g.add_node({.name = "c", .op = "Neg", .inputs = {z}, .outputs = {t}, .donates = {{0, 0}}});
  g.add_order_edge(NodeId{0}, NodeId{2});
  g.mark_output(t);
  CHECK(canonical_text(frozen(std::move(g))) == R"(graph jax
value "x\"\\\n" float32 [2,4] input base="x\"\\\n" bytes=32
value "y" float32 [2,4] activation base="y" bytes=64
value "z" float32 [8] activation base="y" bytes=64
value "t" float32 [8] stash base="t" bytes=64 donor="y"
node "a" "Relu" forward flags=ren time=12 workspace=3 flops=8 in=("x\"\\\n" float32 [2,4] input base="x\"\\\n" bytes=32)() out=("y" float32 [2,4] activation base="y" bytes=64)
node "b" "Reshape" backward flags=vd time=0 workspace=0 flops=0 in=("y" float32 [2,4] activation base="y" bytes=64) out=("z" float32 [8] activation base="y" bytes=64)
node "c" "Neg" forward flags=- time=0 workspace=0 flops=0 in=("z" float32 [8] activation base="y" bytes=64) out=("t" float32 [8] stash base="t" bytes=64 donor="y")
order "a" "c"
output "t"
)");
}

TEST_CASE("the record holds names, ops and sizes, safe to print") {
  const GraphRecord record = graph_record(single("y\n\xFF"));
  CHECK(record.nodes.size() == 1);
  CHECK(record.nodes[0].name == "f");
  CHECK(record.nodes[0].op == "Opf");
  CHECK(record.buffers == std::vector<BufferRecord>{{"y\\x0a\\xff", NodeId{0}, 1}});
  CHECK(record.fingerprint.size() == 32);
}

// Two nodes, in modules, with names of their own.
Graph pair(const std::string& prefix, Bytes bytes, Nanos time) {
  GraphBuilder g(Dialect::aten);
  const ValueId x = g.add_resident(tiny_value(prefix + "x", 4, Role::input));
  const ValueId y = g.add_value(tiny_value(prefix + "y", bytes, Role::activation));
  const ValueId z = g.add_value({.name = prefix + "z", .shape = {2, 3}});
  const ValueId i = g.add_value({.name = prefix + "i", .dtype = DType::i64, .shape = {}});
  NodeSpec first = tiny_node(prefix + "f", Phase::forward, time, {x}, {y});
  first.op = "Opf";
  first.module = "block";
  g.add_node(first);
  NodeSpec second = tiny_node(prefix + "g", Phase::forward, 1, {y}, {z, i});
  second.op = "Opg";
  g.add_node(second);
  g.add_order_edge(NodeId{0}, NodeId{1});
  g.mark_output(z);
  return frozen(std::move(g));
}

TEST_CASE("the unnamed fingerprint sees everything but names") {
  const GraphRecord one = graph_record(pair("a.", 8, 5));
  const GraphRecord renamed = graph_record(pair("b.", 8, 5));
  CHECK(one.fingerprint != renamed.fingerprint);
  CHECK(one.unnamed_fingerprint == renamed.unnamed_fingerprint);
  CHECK(one.unnamed_fingerprint != graph_record(pair("a.", 9, 5)).unnamed_fingerprint);
  CHECK(one.unnamed_fingerprint != graph_record(pair("a.", 8, 6)).unnamed_fingerprint);
}

TEST_CASE("the record holds where each node stands and what it makes") {
  const GraphRecord record = graph_record(pair("a.", 8, 5));
  CHECK(record.modules == std::vector<std::string>{"block", ""});
  CHECK(record.types == std::vector<std::string>{"uint8[8]", "float32[2,3], int64[]"});
  CHECK(record.places == std::vector<NodePlace>{{0, 0}, {1, 1}});
}

TEST_CASE("names that differ in quotes, line breaks or bytes give different fingerprints") {
  const std::vector<std::string> names{"y", "y\n", "y\\n", "y\\", "y\"", "y\\\"", "\xFF", "\\xff"};
  for (const auto& a : names) {
    for (const auto& b : names) {
      CAPTURE(a);
      CAPTURE(b);
      CHECK((graph_record(single(a)).fingerprint == graph_record(single(b)).fingerprint) ==
            (a == b));
    }
  }
}

TEST_CASE("equal graphs have no difference, whatever the file is called") {
  const Graph graph = test::tiny_training();
  GraphRecord plan = graph_record(graph);
  plan.name = "another file";
  CHECK(first_difference(plan, graph_record(graph)) == std::nullopt);
}

struct Change {
  const char* difference;
  std::function<void(GraphBuilder&)> apply;
};

const std::vector<Change> kChanges{
    {"node 1 is 'f2' (Opf2) in the plan, 'F2' (Opf2) in the graph",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).name = "F2"; }},
    {"node 1 is 'f2' (Opf2) in the plan, 'f2' (Gelu) in the graph",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).op = "Gelu"; }},
    {"node 1 'f2' (Opf2): its inputs, shapes, sizes or costs differ",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).cost.time = 21; }},
    {"node 1 'f2' (Opf2): its inputs, shapes, sizes or costs differ",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).cost.workspace = 1; }},
    {"node 1 'f2' (Opf2): its inputs, shapes, sizes or costs differ",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).cost.flops = 1; }},
    {"node 1 'f2' (Opf2): its inputs, shapes, sizes or costs differ",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).phase = Phase::backward; }},
    {"node 1 'f2' (Opf2): its inputs, shapes, sizes or costs differ",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).flags.never_replay = true; }},
    {"node 1 'f2' (Opf2): its inputs, shapes, sizes or costs differ",
     [](GraphBuilder& g) { g.mutable_node(tiny::f2).inputs.pop_back(); }},
    {"6 nodes in the plan, 7 in the graph; node 6, 'h' (Oph), is only in the graph",
     [](GraphBuilder& g) {
       const ValueId y = g.add_value(tiny_value("y", 1, Role::activation));
       g.add_node(tiny_node("h", Phase::forward, 1, {}, {y}));
     }},
    {"6 nodes in the plan, 7 in the graph; node 1 'f2' (Opf2) differs first",
     [](GraphBuilder& g) {
       g.mutable_node(tiny::f2).cost.time = 21;
       const ValueId y = g.add_value(tiny_value("y", 1, Role::activation));
       g.add_node(tiny_node("h", Phase::forward, 1, {}, {y}));
     }},
    {"tensor 10, 'unused' of 7 bytes, is only in the graph",
     [](GraphBuilder& g) { g.add_resident(tiny_value("unused", 7, Role::parameter)); }},
    {"parameters, inputs, outputs, order edges or dialect differ",
     [](GraphBuilder& g) { g.mark_output(ValueId{3}); }},
    {"parameters, inputs, outputs, order edges or dialect differ",
     [](GraphBuilder& g) { g.add_order_edge(tiny::f1, tiny::g1); }},
};

TEST_CASE("the first difference is named") {
  const GraphRecord plan = record_of(tiny_builder());
  for (const Change& change : kChanges) {
    CAPTURE(change.difference);
    GraphBuilder builder = tiny_builder();
    change.apply(builder);
    CHECK(first_difference(plan, record_of(std::move(builder))) == change.difference);
  }
  CHECK(first_difference(plan, record_of(tiny_builder(9))) ==
        "node 0 'f1' (Opf1): its inputs, shapes, sizes or costs differ");
}

TEST_CASE("a module path is of no importance") {
  GraphBuilder builder = tiny_builder();
  builder.mutable_node(tiny::f2).module = "model.layer.0";
  CHECK(first_difference(record_of(tiny_builder()), record_of(std::move(builder))) == std::nullopt);
}

}  // namespace
}  // namespace hcb
