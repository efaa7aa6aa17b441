// Two moves of the search on a step of four nodes where one of two buffers has to go.
//
//     a, b    8 bytes each, times 1 and 5                  budget 18: beside p fits one of a and b
//     p       10 bytes while it runs                       a b p b' r: b again, 5
//     r       reads a and b, makes 1 byte                  a b p a' r: a again, 1
#include <array>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "graph/builder.h"
#include "schedule/search/cut_move.h"
#include "schedule/search/exact_window.h"

namespace hcb::search {
namespace {

constexpr Bytes kBudget = 18;
constexpr NodeId kA{0};
constexpr NodeId kB{1};
constexpr NodeId kP{2};
constexpr NodeId kR{3};

Graph two_held() {
  GraphBuilder builder(Dialect::onnx, "two held");
  const auto bytes = [&](const char* name, std::int64_t count) {
    return builder.add_value({.name = name, .dtype = DType::u8, .shape = {count}});
  };
  const ValueId a = bytes("a", 8);
  const ValueId b = bytes("b", 8);
  const ValueId p = bytes("p", 1);
  const ValueId r = bytes("r", 1);
  builder.add_node({.name = "a", .op = "Op", .outputs = {a}, .cost = {.time = 1}});
  builder.add_node({.name = "b", .op = "Op", .outputs = {b}, .cost = {.time = 5}});
  builder.add_node({.name = "p", .op = "Op", .outputs = {p}, .cost = {.workspace = 9, .time = 2}});
  builder.add_node(
      {.name = "r", .op = "Op", .inputs = {a, b}, .outputs = {r}, .cost = {.time = 2}});
  builder.mark_output(p);
  builder.mark_output(r);
  auto graph = std::move(builder).freeze();
  REQUIRE(graph.has_value());
  return *std::move(graph);
}

struct TwoHeld {
  Graph graph = two_held();
  IdVector<BufferId, Bytes> size = *rounded_sizes(graph, 1);
  Problem problem{graph, size, 0};
  State state{problem};

  TwoHeld() { state.load(std::array{kA, kB, kP, kB, kR}); }
  void check_a_again() const {
    CHECK(state.sequence() == std::vector{kA, kB, kP, kA, kR});
    CHECK(state.extra() == 1);
    CHECK(state.peak() == 18);
  }
};

}  // namespace

TEST_CASE("exact window: the cheaper of two buffers is made again") {
  TwoHeld two;
  CHECK(two.state.extra() == 5);
  CHECK(two.state.peak() == 18);  // a and p's 1 + 9; later a, b, p and r
  ExactWindow window(two.state, kBudget);
  REQUIRE(window.improve(std::array{kA, kB}, 100));
  two.check_a_again();
  CHECK_FALSE(window.improve(std::array{kA, kB}, 100));  // nothing takes less
}

TEST_CASE("exact window: gives up where a window of b alone offers nothing, or states run out") {
  TwoHeld two;
  ExactWindow window(two.state, kBudget);
  CHECK_FALSE(window.improve(std::array{kB}, 100));
  CHECK_FALSE(window.improve(std::array{kA, kB}, 1));
  CHECK(two.state.extra() == 5);
  CHECK(two.state.mark() == 0);
}

TEST_CASE("cut move: what is held over p is chosen by its time per byte") {
  TwoHeld two;
  CutMove cut(two.state, kBudget);
  const Exec p = two.state.runs(kP).front();
  REQUIRE(cut.run(p, kEndOfStep));
  two.check_a_again();
  two.state.undo(0);
  CHECK(two.state.sequence() == std::vector{kA, kB, kP, kB, kR});
}

TEST_CASE("cut move: where nothing can be left out, nothing changes") {
  TwoHeld two;
  CutMove cut(two.state, 9);  // p takes 10
  CHECK_FALSE(cut.run(two.state.runs(kP).front(), kEndOfStep));
  CHECK(two.state.mark() == 0);
}

}  // namespace hcb::search
