// Lists of executions: names, ids, comments, and every way a list is wrong.
#include "plan/order_file.h"

#include <doctest/doctest.h>

#include "support/tiny_training.h"

namespace hcb::test {
namespace {

using namespace tiny;

std::vector<NodeId> order_of(std::string_view text) {
  const auto order = read_order(text, "order.txt", tiny_training());
  REQUIRE_MESSAGE(order, (order ? "" : order.error().message));
  return *order;
}

Error error_of(std::string_view text, const Graph& graph = tiny_training()) {
  const auto order = read_order(text, "order.txt", graph);
  REQUIRE(!order);
  CHECK(order.error().kind == ErrorKind::bad_input);
  return order.error();
}

TEST_CASE("order file: names and ids, one per line") {
  const std::vector<NodeId> wanted{f1, f2, f3, g3, f1, g2, g1};
  CHECK(order_of("f1\nf2\nf3\ng3\nf1\ng2\ng1\n") == wanted);
  CHECK(order_of("0\n1\n2\n3\n0\n4\n5") == wanted);
  CHECK(order_of("# forward\n\n  f1 \r\nf2\t\n2\n# backward\ng3\nf1\ng2\ng1") == wanted);
}

TEST_CASE("order file: a name goes before an id") {
  GraphBuilder g(Dialect::onnx, "g");
  const ValueId x = g.add_resident(tiny_value("x", 4, Role::input));
  const ValueId y = g.add_value(tiny_value("y", 4, Role::activation));
  const ValueId z = g.add_value(tiny_value("z", 4, Role::activation));
  g.add_node(tiny_node("1", Phase::forward, 1, {x}, {y}));
  g.add_node(tiny_node("#", Phase::forward, 1, {x}, {z}));
  const Graph graph = std::move(g).freeze().value();
  CHECK(*read_order("1\n#\n", "o", graph) == std::vector{NodeId{0}, NodeId{1}});
}

TEST_CASE("order file: what is no node, with its line") {
  const Error error = error_of("f1\nf22\n");
  CHECK(error.message == "order.txt:2: no node 'f22' in tiny, did you mean 'f2'?");
  CHECK(error.help == "give names or ids from 0 to 5, as `hcb show MODEL` lists the nodes");
  CHECK(error_of("6\n").message.starts_with("order.txt:1: no node '6' in tiny"));
  CHECK(error_of("-1\n").message.starts_with("order.txt:1: no node '-1' in tiny"));
  CHECK(error_of("\x1B[2J\n").message.starts_with("order.txt:1: no node '\\x1b[2J' in tiny"));
}

TEST_CASE("order file: what is missing") {
  CHECK(error_of("f1\nf2\nf3\ng3\n").message ==
        "order.txt: 2 of 6 nodes never run, first 'g2' (Opg2)");
  CHECK(error_of("").message == "order.txt: 6 of 6 nodes never run, first 'f1' (Opf1)");
}

TEST_CASE("order file: what comes too early, and where the other one comes") {
  CHECK(error_of("f1\n\nf3\nf2\ng3\ng2\ng1\n").message ==
        "order.txt:3: 'f3' (Opf3) runs before 'f2' (Opf2), which must come first and comes in "
        "line 4");
}

TEST_CASE("order file: what may run once only") {
  GraphBuilder builder = tiny_builder();
  builder.mutable_node(f1).flags.never_replay = true;
  const Graph graph = std::move(builder).freeze().value();
  CHECK(error_of("f1\nf2\nf3\ng3\nf1\ng2\ng1\n", graph).message ==
        "order.txt:5: 'f1' (Opf1) may run once only, and runs in line 1");
}

}  // namespace
}  // namespace hcb::test
