// The generators of support/graphs.h have the numbers their comments promise: other tests rest on
// them.
#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "support/graphs.h"

namespace hcb {
namespace {

Simulation must_simulate(const Graph& graph, std::span<const NodeId> sequence) {
  const auto size = rounded_sizes(graph, 1);
  REQUIRE(size);
  const auto result = simulate(graph, sequence, *size);
  if (!result) FAIL(result.error().message);
  return *result;
}

// The interval tree on the unit chain: replay(l, r) keeps y at the cuts, right part
// first. f_i is node i, the seed node L, g_i node 2L - i.
std::vector<NodeId> height_compressed(std::size_t length, std::size_t arity) {
  struct Replay {
    std::size_t first, last;
  };
  std::vector<NodeId> sequence;
  std::vector<Replay> stack{{0, length}};
  while (!stack.empty()) {
    const auto [first, last] = stack.back();
    stack.pop_back();
    const std::size_t size = last - first;
    const std::size_t parts = std::min(arity, size);
    const std::size_t end = size == 1 ? last : first + size * (parts - 1) / parts;
    for (std::size_t i = first; i < end; ++i) sequence.push_back(id_at<NodeId>(i));
    if (size == 1) {
      if (last == length) sequence.push_back(id_at<NodeId>(length));
      sequence.push_back(id_at<NodeId>(2 * length - first));
      continue;
    }
    for (std::size_t k = 0; k < parts; ++k) {
      stack.push_back({first + size * k / parts, first + size * (k + 1) / parts});
    }
  }
  return sequence;
}

std::uint32_t most_executions(const Simulation& run) {
  return *std::ranges::max_element(run.count);
}

std::size_t nodes_of(const Graph& graph, Phase phase) {
  return static_cast<std::size_t>(
      std::ranges::count_if(graph.nodes(), [&](NodeId n) { return graph.phase(n) == phase; }));
}

TEST_CASE("splitmix64 gives the published sequence") {
  Prng random(1234567);
  CHECK(random.next() == 6457827717110365317ULL);
  CHECK(random.next() == 3203168211198807973ULL);
  CHECK(random.next() == 9817491932198370423ULL);
}

TEST_CASE("unit chain: plain peak is L + 3") {
  for (std::size_t length : {1, 2, 3, 16, 100}) {
    const Graph graph = unit_chain(length);
    CHECK(graph.node_count() == 2 * length + 1);
    const Simulation run = must_simulate(graph, plain_sequence(graph));
    CHECK(run.peak == static_cast<Bytes>(length + 3));
    CHECK(run.time == static_cast<Nanos>(2 * length + 1));
  }
}

TEST_CASE("unit chain of two: every byte of the plain order") {
  const Graph graph = unit_chain(2);
  // x resident; f0: x y0; f1: x y0 y1; seed: + dy1; g1: + dy0; g0: x y0 dy0 dx
  const Simulation run = must_simulate(graph, plain_sequence(graph));
  CHECK(run.memory == std::vector<Bytes>{2, 3, 4, 5, 4});
  CHECK(graph.name(NodeId{3}) == "g1");
  CHECK(graph.forward_of(NodeId{3}) == NodeId{1});
  CHECK(graph.name(graph.outputs()[0]) == "dx");
}

TEST_CASE("unit chain: binary interval tree gives e + 4, 1 + e/2 and e + 1") {
  for (std::size_t e = 0; e <= 12; ++e) {
    const std::size_t length = std::size_t{1} << e;
    const Simulation run = must_simulate(unit_chain(length), height_compressed(length, 2));
    CHECK(run.peak == static_cast<Bytes>(e + 4));
    CHECK(run.extra_time == static_cast<Nanos>(length * e / 2));
    CHECK(most_executions(run) == e + 1);
  }
}

TEST_CASE("unit chain: interval tree of arity sqrt(L) gives 2 sqrt(L) + 2") {
  for (std::size_t root : {2, 4, 8, 16, 32, 64}) {
    const std::size_t length = root * root;
    const Simulation run = must_simulate(unit_chain(length), height_compressed(length, root));
    CHECK(run.peak == static_cast<Bytes>(2 * root + 2));
    CHECK(run.extra_time == static_cast<Nanos>(2 * length - 2 * root));
    CHECK(most_executions(run) == 3);
  }
}

TEST_CASE("a forward chain holds two values and its input") {
  const Graph graph = forward_chain(5);
  CHECK(must_simulate(graph, plain_sequence(graph)).peak == 3);
}

TEST_CASE("the wide graph sums the gradient of its source one branch at a time") {
  const Graph graph = wide_graph(5);
  // source, 5 branches, join, loss; seed, 8 gradients, 4 sums
  CHECK(nodes_of(graph, Phase::forward) == 8);
  CHECK(nodes_of(graph, Phase::backward) == 13);
  CHECK(graph.outputs().size() == 7);  // loss and six parameter gradients
}

TEST_CASE("random graphs simulate, and the same seed gives the same graph") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Graph graph = random_training_graph(seed, 3 + seed % 40, {.optimizer = seed % 4 == 0});
    const Simulation run = must_simulate(graph, plain_sequence(graph));
    CHECK(run.extra_time == 0);
    const Graph again = random_training_graph(seed, 3 + seed % 40, {.optimizer = seed % 4 == 0});
    CHECK(must_simulate(again, plain_sequence(again)).memory == run.memory);
    const Graph dag = random_dag(seed, 1 + seed % 40);
    CHECK(must_simulate(dag, plain_sequence(dag)).extra_time == 0);
  }
}

TEST_CASE("three hundred random graphs have every feature") {
  std::size_t views = 0, stash = 0, never = 0, random = 0, effects = 0, sums = 0, donors = 0;
  std::size_t order = 0, omitted = 0, padded = 0, several = 0, workspace = 0, unread = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Graph graph = random_training_graph(seed, 20);
    order += graph.order_edges().size();
    for (NodeId n : graph.nodes()) {
      views += graph.flags(n).view;
      never += graph.flags(n).never_replay;
      random += graph.flags(n).random;
      effects += graph.flags(n).effect;
      sums += graph.op(n) == "GradSum";
      several += graph.outputs(n).size() > 1;
      workspace += graph.cost(n).workspace > 0;
      omitted += std::ranges::count(graph.inputs(n), kNone<ValueId>) > 0;
    }
    for (BufferId b : graph.buffers()) {
      stash += graph.role(b) == Role::stash;
      donors += graph.donor(b) != kNone<BufferId>;
      padded += graph.bytes(b) > 4 * graph.shape(graph.base_value(b))[0];
      unread += graph.readers(b).empty() && !graph.is_output(b);
    }
  }
  for (std::size_t count : {views, stash, never, random, effects, sums, donors, order, omitted,
                            padded, several, workspace, unread}) {
    CHECK(count > 100);
  }
}

TEST_CASE("layers of a layered graph are outputs at the end") {
  const Graph graph = layered_graph(7, 4, 6);
  CHECK(graph.node_count() == 24);
  CHECK(graph.outputs().size() == 6);
  CHECK(must_simulate(graph, plain_sequence(graph)).peak > 0);
}

TEST_CASE("the generated training graph has exactly 100,000 nodes") {
  const Graph graph = training_100k();
  CHECK(graph.node_count() == 100'000);
  CHECK(nodes_of(graph, Phase::backward) > nodes_of(graph, Phase::forward));
  CHECK(must_simulate(graph, plain_sequence(graph)).peak > 0);
}

}  // namespace
}  // namespace hcb
