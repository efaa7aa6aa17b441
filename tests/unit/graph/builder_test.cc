#include "graph/builder.h"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/autodiff.h"

namespace hcb {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 40;

ValueSpec bytes_value(std::string name, Bytes bytes, Role role = Role::activation) {
  return {.name = std::move(name), .dtype = DType::u8, .shape = {bytes}, .role = role};
}

ValueSpec resident_value(std::string name, Bytes bytes) {
  return bytes_value(std::move(name), bytes, Role::input);
}

std::string error_of(const std::function<void(GraphBuilder&)>& build) {
  GraphBuilder builder(Dialect::onnx);
  build(builder);
  const Result<Graph> graph = std::move(builder).freeze();
  if (graph) return "no error";
  CHECK(graph.error().kind == ErrorKind::bad_input);
  return graph.error().message;
}

// Nodes in a row, each reading the one before, the first the last; ids as in `names`.
void add_ring(GraphBuilder& b, const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < names.size(); ++i) b.add_value(bytes_value("v" + names[i], 1));
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t before = (i + names.size() - 1) % names.size();
    b.add_node({.name = names[i],
                .op = "op",
                .inputs = {id_at<ValueId>(before)},
                .outputs = {id_at<ValueId>(i)}});
  }
}

template <class Items>
auto as_vector(const Items& items) {
  return std::vector(items.begin(), items.end());
}

TEST_CASE("freeze names what is wrong: names") {
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a", .op = "op"});
          b.add_node({.name = "a", .op = "op"});
        }) == "two nodes are named 'a'");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_resident(resident_value("x", 1));
          b.add_resident(resident_value("x", 1));
        }) == "two values are named 'x'");
  CHECK(error_of([](GraphBuilder& b) { b.add_node({.op = "op"}); }) == "a node without a name");
  CHECK(error_of([](GraphBuilder& b) { b.add_resident(resident_value("", 1)); }) ==
        "a value without a name");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a\n", .op = "op"});
          b.add_node({.name = "a\n", .op = "op"});
        }) == "two nodes are named 'a\\x0a'");
}

TEST_CASE("freeze names what is wrong: undeclared ids") {
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a", .op = "op", .inputs = {ValueId{7}}});
        }) == "node 'a': input 7 is not a declared value");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a", .op = "op", .outputs = {ValueId{7}}});
        }) == "node 'a': output 7 is not a declared value");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a", .op = "op", .outputs = {kNone<ValueId>}});
        }) == "node 'a': output 4294967295 is not a declared value");
  CHECK(error_of([](GraphBuilder& b) { b.mark_output(ValueId{0}); }) ==
        "output 0 is not a declared value");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a", .op = "op", .forward = NodeId{3}});
        }) == "node 'a': forward node 3 does not exist");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a", .op = "op"});
          b.add_order_edge(NodeId{0}, NodeId{1});
        }) == "order edge 0 -> 1 names a node that does not exist");
}

TEST_CASE("freeze names what is wrong: producers") {
  CHECK(error_of([](GraphBuilder& b) { b.add_value(bytes_value("y", 1)); }) ==
        "value 'y' is made by no node and is not resident");
  CHECK(error_of([](GraphBuilder& b) {
          const ValueId y = b.add_value(bytes_value("y", 1));
          b.add_node({.name = "a", .op = "op", .outputs = {y}});
          b.add_node({.name = "b", .op = "op", .outputs = {y}});
        }) == "value 'y' is made by node 'a' and by node 'b'");
  CHECK(error_of([](GraphBuilder& b) {
          const ValueId y = b.add_value(bytes_value("y", 1));
          b.add_node({.name = "a", .op = "op", .outputs = {y, y}});
        }) == "value 'y' is made by node 'a' and by node 'a'");
  CHECK(error_of([](GraphBuilder& b) {
          const ValueId x = b.add_resident(resident_value("x", 1));
          b.add_node({.name = "a", .op = "op", .outputs = {x}});
        }) == "value 'x' is input and cannot be made by node 'a'");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_node({.name = "a", .op = "op", .cost = {.time = -1}});
        }) == "node 'a': a negative cost");
}

TEST_CASE("freeze names what is wrong: sizes") {
  CHECK(error_of([](GraphBuilder& b) {
          b.add_resident({.name = "x", .shape = {kHuge, kHuge}, .role = Role::input});
        }) == "value 'x': float32 of shape 1099511627776x1099511627776 has no size in 63 bits");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_resident({.name = "x", .shape = {2, -1}, .role = Role::input});
        }) == "value 'x': float32 of shape 2x-1 has no size in 63 bits");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_resident({.name = "x", .dtype = DType::string, .role = Role::input});
        }) == "value 'x': string of shape scalar has no size in 63 bits");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_resident({.name = "x", .shape = {2, 4}, .role = Role::input, .storage = 31});
        }) == "value 'x': storage of 31 bytes is smaller than float32 2x4 (32 bytes)");
  CHECK(error_of([](GraphBuilder& b) {
          b.add_resident({.name = "x", .shape = {2, 4}, .role = Role::input, .storage = -1});
        }) == "value 'x': storage of -1 bytes is smaller than float32 2x4 (32 bytes)");
}

TEST_CASE("freeze names what is wrong: views") {
  CHECK(error_of([](GraphBuilder& b) {
          const ValueId x = b.add_resident(resident_value("x", 1));
          const ValueId y = b.add_resident(resident_value("y", 1));
          ValueSpec view = bytes_value("v", 1);
          view.view_of = y;
          const ValueId v = b.add_value(view);
          b.add_node({.name = "a", .op = "op", .inputs = {x}, .outputs = {v}});
        }) == "value 'v' is a view of 'y', which is no input of its node 'a'");
  CHECK(error_of([](GraphBuilder& b) {
          const ValueId y = b.add_value(bytes_value("y", 1));
          b.add_node({.name = "a", .op = "op", .outputs = {y}});
          ValueSpec view = resident_value("v", 1);
          view.view_of = y;
          b.add_resident(view);
        }) == "resident value 'v' is a view of 'y', which is not resident");
  CHECK(error_of([](GraphBuilder& b) {
          ValueSpec view = resident_value("v", 1);
          view.view_of = ValueId{0};
          b.add_resident(view);
        }) == "value 'v' is a view of a value declared after it");
}

TEST_CASE("freeze names what is wrong: donations") {
  const auto donate = [](Bytes in, Bytes out, std::vector<Donation> donations) {
    return error_of([=](GraphBuilder& b) {
      const ValueId x = b.add_value(bytes_value("x", in));
      const ValueId y = b.add_value(bytes_value("y", out));
      const ValueId z = b.add_value(bytes_value("z", out));
      b.add_node({.name = "a", .op = "op", .outputs = {x}});
      b.add_node({.name = "b",
                  .op = "op",
                  .inputs = {x, kNone<ValueId>},
                  .outputs = {y, z},
                  .donates = donations});
    });
  };
  CHECK(donate(4, 8, {{.output = 0, .input = 0}}) ==
        "node 'b': output 'y' cannot take the storage of 'x': a view, or another size");
  CHECK(donate(4, 4, {{.output = 2, .input = 0}}) ==
        "node 'b': donation of input 0 to output 2 is out of range");
  CHECK(donate(4, 4, {{.output = 0, .input = 2}}) ==
        "node 'b': donation of input 2 to output 0 is out of range");
  CHECK(donate(4, 4, {{.output = 0, .input = 1}}) ==
        "node 'b': donation of input 1 to output 0 is out of range");
  CHECK(donate(4, 4, {{.output = 0, .input = 0}, {.output = 1, .input = 0}}) ==
        "node 'b': outputs 0 and 1 take the same storage");
  CHECK(donate(4, 4, {{.output = 0, .input = 0}, {.output = 0, .input = 0}}) ==
        "node 'b': output 0 takes the storage of two inputs");
  CHECK(donate(4, 4, {{.output = 0, .input = 0}}) == "no error");
}

TEST_CASE("a cycle is shown with its path, from the node that was added first") {
  const auto ring = [](std::vector<std::string> names) {
    return error_of([=](GraphBuilder& b) { add_ring(b, names); });
  };
  CHECK(ring({"a", "b"}) == "dependency cycle: a -> b -> a");
  CHECK(ring({"a"}) == "dependency cycle: a -> a");
  CHECK(ring({"c", "a", "b"}) == "dependency cycle: c -> a -> b -> c");
  std::vector<std::string> many;
  for (int i = 0; i < 25; ++i) many.push_back("n" + std::to_string(i));
  CHECK(ring(many) ==
        "dependency cycle: n0 -> n1 -> n2 -> n3 -> n4 -> n5 -> n6 -> n7 -> n8 -> n9 -> n10 -> n11 "
        "-> n12 -> n13 -> n14 -> n15 -> n16 -> n17 -> n18 -> n19 -> … (5 more) -> n0");
}

TEST_CASE("a cycle is found behind and before nodes that are on none") {
  CHECK(error_of([](GraphBuilder& b) {
          add_ring(b, {"a", "b"});
          const ValueId early = b.add_value(bytes_value("early", 1));
          const ValueId late = b.add_value(bytes_value("late", 1));
          b.add_node({.name = "before", .op = "op", .outputs = {early}});
          b.mutable_node(NodeId{0}).inputs.push_back(early);
          b.add_node({.name = "behind", .op = "op", .inputs = {ValueId{1}}, .outputs = {late}});
        }) == "dependency cycle: a -> b -> a");
}

TEST_CASE("an order edge can close a cycle") {
  CHECK(error_of([](GraphBuilder& b) {
          const ValueId y = b.add_value(bytes_value("y", 1));
          b.add_node({.name = "a", .op = "op", .outputs = {y}});
          b.add_node({.name = "b", .op = "op", .inputs = {y}});
          b.add_order_edge(NodeId{1}, NodeId{0});
        }) == "dependency cycle: a -> b -> a");
}

TEST_CASE("the order of addition is kept when it is topological") {
  GraphBuilder b(Dialect::onnx);
  for (const char* name : {"c", "a", "b"}) b.add_node({.name = name, .op = "op"});
  b.add_order_edge(NodeId{0}, NodeId{2});
  const Graph graph = must_freeze(std::move(b));
  CHECK(graph.name(NodeId{0}) == "c");
  CHECK(graph.name(NodeId{1}) == "a");
  CHECK(graph.name(NodeId{2}) == "b");
}

// Added as d (0), c (1), b (2), a (3) with a -> c -> d: at first b and a may run, so b, then a,
// which frees c, which frees d.
TEST_CASE("else nodes are renumbered, the smallest id that may run next first") {
  GraphBuilder b(Dialect::onnx);
  const ValueId va = b.add_value(bytes_value("va", 1));
  const ValueId vc = b.add_value(bytes_value("vc", 1));
  const NodeId d = b.add_node({.name = "d", .op = "op", .inputs = {vc}});
  const NodeId c = b.add_node({.name = "c", .op = "op", .inputs = {va}, .outputs = {vc}});
  b.add_node({.name = "b", .op = "op", .forward = c});
  const NodeId a = b.add_node({.name = "a", .op = "op", .outputs = {va}});
  b.add_order_edge(a, d);
  const Graph graph = must_freeze(std::move(b));
  std::string order;
  for (NodeId n : graph.nodes()) order += graph.name(n);
  CHECK(order == "bacd");
  CHECK(graph.producer(va) == NodeId{1});
  CHECK(graph.forward_of(NodeId{0}) == NodeId{2});
  CHECK(as_vector(graph.order_edges()) == std::vector{std::pair(NodeId{1}, NodeId{3})});
  CHECK(as_vector(graph.predecessors(NodeId{3})) == std::vector{NodeId{1}, NodeId{2}});
  CHECK(as_vector(graph.successors(NodeId{1})) == std::vector{NodeId{2}, NodeId{3}});
}

//   x ──> A ──> y, s      B: z = view of y      C: u = view of z      D reads u, y, x and an omitted
struct Views {
  ValueId x, y, s, z, u;
  Graph graph;
};

Views views() {
  GraphBuilder b(Dialect::aten, "views");
  const ValueId x = b.add_resident(resident_value("x", 3));
  const ValueId y = b.add_value(bytes_value("y", 8));
  const ValueId s = b.add_value(bytes_value("s", 2, Role::stash));
  ValueSpec spec = bytes_value("z", 4);
  spec.view_of = y;
  const ValueId z = b.add_value(spec);
  spec = bytes_value("u", 2);
  spec.view_of = z;
  const ValueId u = b.add_value(spec);
  b.add_node({.name = "A", .op = "op", .inputs = {x}, .outputs = {y, s}});
  b.add_node({.name = "B", .op = "view", .inputs = {y}, .outputs = {z}, .flags = {.view = true}});
  b.add_node({.name = "C", .op = "view", .inputs = {z}, .outputs = {u}, .flags = {.view = true}});
  b.add_node({.name = "D", .op = "op", .inputs = {u, y, x, kNone<ValueId>, u}});
  b.mark_output(u);
  b.mark_output(u);
  return {x, y, s, z, u, must_freeze(std::move(b))};
}

TEST_CASE("views share the buffer of their base, through views of views") {
  const auto [x, y, s, z, u, graph] = views();
  CHECK(graph.buffer_count() == 3);
  const BufferId b = graph.buffer(y);
  CHECK(graph.buffer(z) == b);
  CHECK(graph.buffer(u) == b);
  CHECK(graph.bytes(b) == 8);
  CHECK(graph.base_value(b) == y);
  CHECK(graph.owner(b) == NodeId{0});
  CHECK(graph.producer(u) == NodeId{2});
  CHECK(graph.is_output(u));
  CHECK_FALSE(graph.is_output(y));
  CHECK(graph.is_output(b));
  CHECK(as_vector(graph.outputs()) == std::vector{u});
}

TEST_CASE("reads, makes, readers and consumers are distinct and ascending") {
  const auto [x, y, s, z, u, graph] = views();
  const BufferId b = graph.buffer(y);
  CHECK(as_vector(graph.makes(NodeId{0})) == std::vector{b, graph.buffer(s)});
  CHECK(graph.makes(NodeId{1}).empty());  // a view makes no buffer
  CHECK(graph.reads(NodeId{0}).empty());  // x is resident
  CHECK(as_vector(graph.reads(NodeId{3})) == std::vector{b});
  CHECK(as_vector(graph.readers(b)) == std::vector{NodeId{1}, NodeId{2}, NodeId{3}});
  CHECK(as_vector(graph.readers(graph.buffer(x))) == std::vector{NodeId{0}, NodeId{3}});
  CHECK(as_vector(graph.consumers(y)) == std::vector{NodeId{1}, NodeId{3}});
  CHECK(as_vector(graph.consumers(u)) == std::vector{NodeId{3}});
  CHECK(as_vector(graph.predecessors(NodeId{3})) == std::vector{NodeId{0}, NodeId{2}});
  CHECK(as_vector(graph.inputs(NodeId{3})) == std::vector{u, y, x, kNone<ValueId>, u});
  CHECK(graph.readers(graph.buffer(s)).empty());
}

TEST_CASE("residents: no owner, and views of them make no new bytes") {
  GraphBuilder b(Dialect::onnx);
  const ValueId w = b.add_resident(bytes_value("w", 12, Role::parameter));
  ValueSpec spec = bytes_value("t", 12);
  spec.view_of = w;
  const ValueId t = b.add_value(spec);
  b.add_node({.name = "T", .op = "Transpose", .inputs = {w}, .outputs = {t}});
  const ValueId y = b.add_value(bytes_value("y", 1));
  b.add_node({.name = "M", .op = "MatMul", .inputs = {t}, .outputs = {y}});
  const Graph graph = must_freeze(std::move(b));
  CHECK(graph.buffer(t) == graph.buffer(w));
  CHECK(graph.resident(graph.buffer(t)));
  CHECK(graph.reads(NodeId{1}).empty());
  CHECK(as_vector(graph.predecessors(NodeId{1})) == std::vector{NodeId{0}});
  CHECK(resident_bytes(graph, rounded_sizes(graph, 1).value()).value() == 12);
}

TEST_CASE("donors: an equal storage is taken over, another one is not") {
  const auto donor_of_y = [](Bytes storage, Role role) {
    GraphBuilder b(Dialect::onnx);
    ValueSpec spec = bytes_value("x", 4, role);
    spec.storage = storage;
    const ValueId x = is_resident(role) ? b.add_resident(spec) : b.add_value(spec);
    if (!is_resident(role)) b.add_node({.name = "a", .op = "op", .outputs = {x}});
    const ValueId y = b.add_value(bytes_value("y", 4));
    b.add_node({.name = "b",
                .op = "op",
                .inputs = {x},
                .outputs = {y},
                .donates = {{.output = 0, .input = 0}}});
    const Graph graph = must_freeze(std::move(b));
    return graph.donor(graph.buffer(y)) == graph.buffer(x);
  };
  CHECK(donor_of_y(4, Role::activation));
  CHECK(donor_of_y(4, Role::parameter));
  CHECK_FALSE(donor_of_y(8, Role::activation));  // y would be 4 bytes in a storage of 8
}

TEST_CASE("rounded sizes: up to the alignment, and an overflow names the value") {
  GraphBuilder b(Dialect::onnx);
  b.add_resident(resident_value("none", 0));
  b.add_resident(resident_value("one", 1));
  b.add_resident(resident_value("full", 512));
  b.add_resident(resident_value("more", 513));
  b.add_resident(resident_value("huge", INT64_MAX));
  const Graph graph = must_freeze(std::move(b));
  const auto size = rounded_sizes(graph, 512);
  REQUIRE_FALSE(size);
  CHECK(size.error().message ==
        "value 'huge': 9223372036854775807 bytes rounded up to 512 exceed 2^63 - 1");
  const auto exact = rounded_sizes(graph, 1).value();
  CHECK(exact.items() == std::vector<Bytes>{0, 1, 512, 513, INT64_MAX});
  CHECK(resident_bytes(graph, exact).error().message ==
        "resident bytes exceed 2^63 - 1 at value 'huge'");
}

TEST_CASE("with_costs changes times and nothing else") {
  const auto [x, y, s, z, u, graph] = views();
  CHECK(base_time(graph) == 0);
  const Graph timed = graph.with_costs(IdVector<NodeId, Cost>(4, {.time = 5}));
  CHECK(base_time(timed) == 20);
  CHECK(base_time(graph) == 0);
  CHECK(timed.name(NodeId{2}) == "C");
}

TEST_CASE("element types: names there and back, bits, bytes") {
  for (int i = 0; i < 28; ++i) {
    const auto dtype = static_cast<DType>(i);
    CHECK(dtype_named(name(dtype)) == dtype);
  }
  CHECK(dtype_named("float33") == std::nullopt);
  const auto bytes = [](DType dtype, std::vector<std::int64_t> shape) {
    return tensor_bytes(dtype, shape);
  };
  CHECK(bytes(DType::f32, {}) == 4);
  CHECK(bytes(DType::f32, {2, 3}) == 24);
  CHECK(bytes(DType::boolean, {5}) == 5);
  CHECK(bytes(DType::i4, {5}) == 3);  // 20 bits
  CHECK(bytes(DType::i2, {5}) == 2);
  CHECK(bytes(DType::f64, {kHuge, kHuge, 0}) == 0);
  CHECK(bytes(DType::c128, {2}) == 32);
  CHECK(bytes(DType::u8, {INT64_MAX}) == INT64_MAX);
  CHECK(bytes(DType::u16, {INT64_MAX}) == std::nullopt);
  CHECK(bytes(DType::i4, {INT64_MAX}) == (std::int64_t{1} << 62));
  CHECK(bytes(DType::f32, {-1}) == std::nullopt);
  CHECK(bytes(DType::string, {1}) == std::nullopt);
  CHECK(is_floating(DType::f8e5m2));
  CHECK_FALSE(is_floating(DType::i32));
}

}  // namespace
}  // namespace hcb
