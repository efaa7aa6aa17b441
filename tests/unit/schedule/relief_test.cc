// The instant g3 of support/tiny_training.h, at which b (16) and gb (16) are in use, a (8) waits for g2
// and loss (4) is held to the end.
#include "schedule/relief.h"

#include <vector>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "support/graphs.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

using test::tiny::a, test::tiny::b, test::tiny::gb, test::tiny::loss, test::tiny::x;

struct Tiny {
  Graph graph = test::tiny_training();
  IdVector<BufferId, Bytes> size = rounded_sizes(graph, 1).value();
  std::vector<NodeId> sequence = plain_sequence(graph);
  Simulation before = simulate(graph, sequence, size).value();
  ReliefProbe probe{graph, size, sequence, before, 3};
};

TEST_CASE("relief: what is made again before its next use") {
  Tiny tiny;
  // f1 (10 ns) again before g2: memory 16 32 28 44 36 46 24, as the header of the graph has it.
  CHECK(tiny.probe.of(std::vector{a}) == Relief{.bytes = 8, .time = 10, .peak = 46});
  // Nothing is left behind: the same question has the same answer.
  CHECK(tiny.probe.of(std::vector{a}) == Relief{.bytes = 8, .time = 10, .peak = 46});
}

TEST_CASE("relief: an output is made again at the end, with what that needs") {
  Tiny tiny;
  // loss again behind g1: f1 f2 f3 (10 + 20 + 5 ns). The peak stays at g3: 52 - 4. At the end: 8
  // resident, gw2 and gw1 (4), a and b for f2 (24), then b and loss (20).
  CHECK(tiny.probe.of(std::vector{loss}) == Relief{.bytes = 4, .time = 35, .peak = 48});
}

TEST_CASE("relief: several together") {
  Tiny tiny;
  // Without loss, g2 holds 46 - 4; f2 at the end 8 resident, gw2, gw1, a and b: 36.
  CHECK(tiny.probe.of(std::vector{a, loss}) == Relief{.bytes = 12, .time = 45, .peak = 42});
}

TEST_CASE("relief: what is in use, resident or not there frees nothing") {
  Tiny tiny;
  CHECK_FALSE(tiny.probe.of(std::vector{b}).has_value());
  CHECK_FALSE(tiny.probe.of(std::vector{gb}).has_value());
  CHECK_FALSE(tiny.probe.of(std::vector{x}).has_value());
  CHECK_FALSE(tiny.probe.of(std::vector<BufferId>{}).has_value());
}

TEST_CASE("relief: a chain all let go is made again from its start, over and over") {
  const Graph graph = unit_chain(6);
  const auto size = rounded_sizes(graph, 1).value();
  const auto sequence = plain_sequence(graph);
  // At g5 (position 7): y0 … y3 wait, y4 and y5 are read. y3 before g4 takes 4 runs, y2 before g3 3, …
  const Simulation before = simulate(graph, sequence, size).value();
  ReliefProbe probe(graph, size, sequence, before, 7);
  std::vector<BufferId> waiting;
  for (const BufferId buffer : graph.buffers()) {
    for (const char* name : {"y0", "y1", "y2", "y3"})
      if (graph.name(buffer) == name) waiting.push_back(buffer);
  }
  REQUIRE(waiting.size() == 4);
  const auto relief = probe.of(waiting);
  REQUIRE(relief.has_value());
  CHECK(relief->bytes == 4);
  CHECK(relief->time == 4 + 3 + 2 + 1);
}

TEST_CASE("relief: on random graphs a probe leaves no trace") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    const Graph graph = random_training_graph(seed, 15);
    const auto size = rounded_sizes(graph, 1).value();
    const auto sequence = plain_sequence(graph);
    const auto plain = simulate(graph, sequence, size).value();
    ReliefProbe used(graph, size, sequence, plain, plain.peak_position);
    for (const BufferId buffer : graph.buffers()) {
      ReliefProbe fresh(graph, size, sequence, plain, plain.peak_position);
      const auto relief = used.of(std::vector{buffer});
      CHECK(relief == fresh.of(std::vector{buffer}));
      if (!relief) continue;
      CHECK(relief->bytes > 0);
      CHECK(relief->time >= 0);
      CHECK(relief->peak >= plain.peak - relief->bytes);
    }
  }
}

}  // namespace
}  // namespace hcb
