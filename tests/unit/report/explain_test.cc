#include "report/explain.h"

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "support/graphs.h"
#include "support/tiny_training.h"
#include "unit/schedule/small_training.h"

namespace hcb {
namespace {

IdVector<BufferId, Bytes> sizes(const Graph& graph) { return rounded_sizes(graph, 1).value(); }

TEST_CASE("explain: the peak of the plain step") {
  const Graph graph = test::tiny_training();
  const auto story = peak_story(graph, sizes(graph), plain_sequence(graph)).value();
  CHECK(story.peak == 52);
  CHECK(story.at == "g3 (Opg3)");
  CHECK(story.op == "Opg3");
  CHECK(story.phase == "backward");
  CHECK(story.position == 3);
  CHECK(story.executions == 6);
  CHECK(story.composition.total() == 52);
  CHECK(story.residents ==
        std::vector<std::pair<Role, Bytes>>{{Role::parameter, 4}, {Role::input, 4}});
  REQUIRE(story.groups.size() == 4);  // gb, b, a, loss
  CHECK(story.groups[2].what == "a, f1 (Opf1)");
  CHECK(story.groups[2].kept_by == "g2 (Opg2)");
}

// Three layers l.0, l.1, l.2 of two nodes, each kept for its backward.
Graph three_layers() {
  SmallTraining g;
  std::vector<NodeId> forward;
  std::string last = "x";
  for (int i = 0; i < 3; ++i) {
    for (const char* part : {"p", "q"}) {
      const std::string name = part + std::to_string(i);
      forward.push_back(g.forward(name, {last}));
      g.in_module(forward.back(), "l." + std::to_string(i) + "." + part);
      last = name;
    }
  }
  std::string gradient = last;
  for (int i = 5; i >= 0; --i) {
    const std::string made = "g" + std::to_string(i);
    const std::string made_before =
        i == 0 ? "x" : (i % 2 == 0 ? "q" : "p") + std::to_string((i - 1) / 2);
    g.backward(made, {gradient, made_before}, forward[static_cast<std::size_t>(i)]);
    gradient = made;
  }
  return std::move(g).finish({"g0"});
}

TEST_CASE("explain: equal layers are one group") {
  const Graph graph = three_layers();
  const auto story = peak_story(graph, sizes(graph), plain_sequence(graph)).value();
  // Behind the last forward node all of p0 q0 p1 q1 p2 q2 and the first gradient are there.
  REQUIRE(story.groups.size() >= 2);
  CHECK(story.groups[0].what == "Op in l.*.p");
  CHECK(story.groups[0].kept_by == "backward of Op in l.*.q");
  CHECK(story.groups[0].buffers.size() == 3);
  CHECK(story.groups[0].bytes == 3);
}

TEST_CASE("explain: what frees most per time comes first") {
  const Graph graph = test::tiny_training();
  const auto size = sizes(graph);
  const auto sequence = plain_sequence(graph);
  const auto story = peak_story(graph, size, sequence).value();
  const auto rows = relief_rows(graph, size, sequence, story, Context{});
  REQUIRE(rows.size() == 2);  // a: 8 bytes for 10 ns; loss: 4 for 35
  CHECK(rows[0].group == 2);
  CHECK(rows[0].relief == Relief{.bytes = 8, .time = 10, .peak = 46});
  CHECK(rows[1].group == 3);
  CHECK(rows[1].relief == Relief{.bytes = 4, .time = 35, .peak = 48});
}

std::string shown(const std::vector<WitnessPart>& parts) {
  std::string text;
  for (const WitnessPart& part : parts) text += part.what + " " + std::to_string(part.bytes) + "; ";
  return text;
}

TEST_CASE("explain: the witness of the memory bound, part by part") {
  const Graph graph = test::tiny_training();
  const auto size = sizes(graph);
  const MemoryBounds bounds = memory_lower_bounds(graph, size);
  CHECK(bounds.bound == 42);
  CHECK(shown(witness_parts(graph, size, bounds)) ==
        "resident 8; reads gradient gb 16; reads activation a 8; makes gradient ga 8; "
        "makes gradient gw2 2; ");
}

TEST_CASE("explain: witness parts add up to the bound on random graphs") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Graph graph = random_training_graph(seed, 12);
    const auto size = sizes(graph);
    const MemoryBounds bounds = memory_lower_bounds(graph, size);
    Bytes sum = 0;
    for (const WitnessPart& part : witness_parts(graph, size, bounds)) sum += part.bytes;
    CHECK(sum == bounds.bound);
  }
}

TEST_CASE("explain: what a plan runs again") {
  const Graph graph = test::tiny_training();
  const auto rows = again_rows(graph, test::tiny_plan(graph));
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].what == "f1 (Opf1)");
  CHECK(rows[0].nodes == 1);
  CHECK(rows[0].executions == 1);
  CHECK(rows[0].time == 10);
}

TEST_CASE("explain: groups add up to what is alive on random graphs") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Graph graph = random_training_graph(seed, 20);
    const auto story = peak_story(graph, sizes(graph), plain_sequence(graph)).value();
    Bytes sum = story.composition.resident + story.composition.workspace;
    for (const AliveGroup& group : story.groups) sum += group.bytes;
    CHECK(sum == story.peak);
  }
}

}  // namespace
}  // namespace hcb
