// Frees, the turn, checkpoints: on the graph of support/tiny_training.h, whose table says what is
// used where.
#include "plan/plan.h"

#include <doctest/doctest.h>

#include "support/tiny_training.h"

namespace hcb {
namespace {

using test::frozen;
using test::kTinyAgain;
using test::tiny_training;
namespace tiny = test::tiny;

std::vector<Step> frees(std::initializer_list<BufferId> buffers) {
  std::vector<Step> steps;
  for (const BufferId b : buffers) steps.push_back(Step::free(b));
  return steps;
}

// Executions, each with the buffers freed behind it.
std::vector<Step> steps_of(
    std::initializer_list<std::pair<NodeId, std::initializer_list<BufferId>>> rows) {
  std::vector<Step> steps;
  for (const auto& [node, freed] : rows) {
    steps.push_back(Step::compute(node));
    for (const Step& step : frees(freed)) steps.push_back(step);
  }
  return steps;
}

TEST_CASE("frees follow the last use of a buffer") {
  const Graph graph = tiny_training();
  const std::vector<NodeId> plain{tiny::f1, tiny::f2, tiny::f3, tiny::g3, tiny::g2, tiny::g1};
  CHECK(with_frees(graph, plain) == steps_of({{tiny::f1, {}},
                                              {tiny::f2, {}},
                                              {tiny::f3, {}},
                                              {tiny::g3, {tiny::b}},
                                              {tiny::g2, {tiny::a, tiny::gb}},
                                              {tiny::g1, {tiny::ga}}}));
}

TEST_CASE("a buffer made again is freed at its last use before") {
  const Graph graph = tiny_training();
  CHECK(with_frees(graph, kTinyAgain) == steps_of({{tiny::f1, {}},
                                                   {tiny::f2, {tiny::a}},
                                                   {tiny::f3, {}},
                                                   {tiny::g3, {tiny::b}},
                                                   {tiny::f1, {}},
                                                   {tiny::g2, {tiny::a, tiny::gb}},
                                                   {tiny::g1, {tiny::ga}}}));
}

TEST_CASE("what nobody uses is freed where it is made, an output only before it is made again") {
  const Graph graph = tiny_training();
  // a: made twice in a row, then used by nobody; loss: made twice, stays the second time.
  const std::vector<NodeId> sequence{tiny::f1, tiny::f1, tiny::f2, tiny::f3, tiny::f3};
  CHECK(with_frees(graph, sequence) == steps_of({{tiny::f1, {tiny::a}},
                                                 {tiny::f1, {}},
                                                 {tiny::f2, {tiny::a}},
                                                 {tiny::f3, {tiny::loss}},
                                                 {tiny::f3, {tiny::b}}}));
}

TEST_CASE("executions leave out the frees") {
  const Graph graph = tiny_training();
  CHECK(executions(test::tiny_plan(graph)) == kTinyAgain);
}

TEST_CASE("the turn is the first backward node; checkpoints are what is live before it") {
  const Graph graph = tiny_training();
  CHECK(turn(graph) == tiny::g3);
  const std::vector<NodeId> plain{tiny::f1, tiny::f2, tiny::f3, tiny::g3, tiny::g2, tiny::g1};
  CHECK(saved_at_turn(graph, with_frees(graph, plain)) ==
        std::vector{tiny::a, tiny::b, tiny::loss});
  CHECK(saved_at_turn(graph, with_frees(graph, kTinyAgain)) == std::vector{tiny::b, tiny::loss});
}

TEST_CASE("a forward graph has no turn and no checkpoints") {
  GraphBuilder builder(Dialect::onnx);
  const ValueId y = builder.add_value(test::tiny_value("y", 1, Role::activation));
  builder.add_node(test::tiny_node("f", Phase::forward, 1, {}, {y}));
  builder.mark_output(y);
  const Graph graph = frozen(std::move(builder));
  CHECK(turn(graph) == kNone<NodeId>);
  CHECK(saved_at_turn(graph, with_frees(graph, std::vector{NodeId{0}})).empty());
}

}  // namespace
}  // namespace hcb
