// Who is who, in perceptrons and in lists of nodes where names, modules and shapes moved.
#include "report/diff_match.h"

#include <doctest/doctest.h>

#include "unit/report/diff_sides.h"

namespace hcb {
namespace {

struct Row {
  const char* module;
  const char* op;
  const char* type;
  const char* name;
};

GraphRecord record(const std::vector<Row>& rows, const char* fingerprint) {
  GraphRecord graph;
  graph.fingerprint = graph.unnamed_fingerprint = fingerprint;
  for (const Row& row : rows) {
    const auto at = static_cast<std::uint32_t>(graph.nodes.size());
    graph.nodes.push_back({row.name, row.op, 0});
    graph.modules.emplace_back(row.module);  // once per node: positions alone matter
    graph.types.emplace_back(row.type);
    graph.places.push_back({at, at});
  }
  return graph;
}

// to_new, -1 for none.
std::vector<int> matched(const std::vector<Row>& before, const std::vector<Row>& after) {
  std::vector<int> to_new;
  for (const NodeId n : match_nodes(record(before, "a"), record(after, "b")).to_new) {
    to_new.push_back(n == kNone<NodeId> ? -1 : static_cast<int>(index(n)));
  }
  return to_new;
}

TEST_CASE("equal module, op and type pair in order of occurrence, whatever the names") {
  CHECK(matched({{"m", "Add", "[8]", "a"}, {"m", "Add", "[8]", "b"}},
                {{"m", "Add", "[8]", "b"}, {"m", "Add", "[8]", "c"}}) == std::vector{0, 1});
}

TEST_CASE("a node that went does not shift those behind it") {
  CHECK(matched({{"m", "Add", "[8]", "a"}, {"m", "Add", "[8]", "b"}, {"m", "Add", "[8]", "c"}},
                {{"m", "Add", "[8]", "b"}, {"m", "Add", "[8]", "c"}}) == std::vector{-1, 0, 1});
}

TEST_CASE("a node that grew to the type of its neighbour is found by its name") {
  CHECK(matched({{"", "Relu", "[64]", "r1"}, {"", "Relu", "[128]", "r2"}},
                {{"", "Relu", "[128]", "r1"}, {"", "Relu", "[128]", "r2"}}) == std::vector{0, 1});
}

TEST_CASE("other shapes and other names: module and op in order of occurrence") {
  CHECK(matched({{"m", "Mul", "[8]", "a"}, {"m", "Add", "[8]", "b"}, {"m", "Mul", "[8]", "c"}},
                {{"m", "Mul", "[9]", "x"}, {"m", "Add", "[9]", "y"}, {"m", "Mul", "[9]", "z"}}) ==
        std::vector{0, 1, 2});
}

TEST_CASE("another module: name and op") {
  CHECK(matched({{"old", "Mul", "[8]", "a"}, {"old", "Add", "[8]", "b"}},
                {{"new", "Add", "[8]", "b"}, {"new", "Mul", "[8]", "b"}}) == std::vector{-1, 0});
}

TEST_CASE("an op is never matched with another op") {
  CHECK(matched({{"m", "Mul", "[8]", "a"}}, {{"m", "Add", "[8]", "a"}}) == std::vector{-1});
}

TEST_CASE("without places names and ops alone tell") {
  GraphRecord before = record({{"m", "Mul", "[8]", "a"}, {"m", "Add", "[8]", "b"}}, "a");
  before.places.clear();
  const GraphRecord after = record({{"m", "Add", "[8]", "c"}, {"m", "Mul", "[8]", "a"}}, "b");
  CHECK(match_nodes(before, after).to_new == std::vector{NodeId{1}, NodeId{0}});
}

TEST_CASE("graphs that differ in names alone are the same graph") {
  const GraphRecord before = graph_record(test::perceptron({}));
  const GraphRecord after =
      graph_record(test::perceptron({.prefix = "n/", .prefix_of_module = "other."}));
  const NodeMatch match = match_nodes(before, after);
  CHECK(match.same_graph);
  CHECK(match.to_new == std::vector{NodeId{0}, NodeId{1}, NodeId{2}});
  CHECK_FALSE(match_nodes(before, graph_record(test::perceptron({.width = 16}))).same_graph);
}

}  // namespace
}  // namespace hcb
