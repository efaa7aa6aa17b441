// The exact window of all nodes against exhaustive search, and cut moves against the simulator.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "schedule/exact_search.h"
#include "schedule/search/cut_move.h"
#include "schedule/search/exact_window.h"
#include "support/exhaustive.h"
#include "support/graphs.h"

namespace hcb::search {
namespace {

// Replays at random places behind the first execution of their node.
void insert_replays(State& state, std::size_t count, Prng& random) {
  const auto nodes = static_cast<std::uint32_t>(state.problem().node_count());
  for (; count > 0; --count) {
    const NodeId n = id_at<NodeId>(random.below(nodes));
    Exec at = state.next(state.runs(n).front());
    for (std::size_t skip = random.below(nodes); skip > 0 && at != kEndOfStep; --skip)
      at = state.next(at);
    if (state.may_replay(n, state.slot(at))) state.insert_before(at, n);
  }
}

void check_window(std::uint64_t seed) {
  const Graph graph = small_random_graph(seed, 5 + seed % 4);
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, *resident_bytes(graph, *size));
  State state(problem);
  Prng random(seed);
  insert_replays(state, 6, random);
  const Bytes budget = state.peak();
  Context context;
  const auto least = least_extra_time(graph, *size, budget, Scope::given_order, context);
  RC_ASSERT(least.has_value());
  RC_ASSERT(least->has_value());
  const auto all = graph.nodes();
  const std::vector<NodeId> nodes(all.begin(), all.end());
  ExactWindow window(state, budget);
  window.improve(nodes, 100'000);
  RC_ASSERT(state.extra() == (*least)->extra_time);
  const auto told = simulate(graph, state.sequence(), *size);
  RC_ASSERT(told.has_value());
  RC_ASSERT(told->peak == state.peak());
  RC_ASSERT(told->peak <= budget);
}

void check_cut(std::uint64_t seed) {
  const Graph graph = random_training_graph(seed, 12, {.optimizer = seed % 2 == 0});
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, *resident_bytes(graph, *size));
  State state(problem);
  Prng random(seed);
  insert_replays(state, 12, random);
  state.forget();
  const auto before = state.sequence();
  const auto nodes = static_cast<std::uint32_t>(graph.node_count());
  const Exec v = state.runs(id_at<NodeId>(random.below(nodes))).front();
  Exec w = state.next(v);
  for (std::size_t skip = random.below(nodes); skip > 0 && w != kEndOfStep; --skip)
    w = state.next(w);
  const Bytes budget = state.peak() * static_cast<Bytes>(60 + random.below(40)) / 100;
  if (!CutMove(state, budget).run(v, w)) {
    RC_ASSERT(state.sequence() == before);
    return;
  }
  RC_ASSERT(state.peak_between(state.slot(v) - 1, state.slot(v) + 1) <= budget);
  const auto told = simulate(graph, state.sequence(), *size);
  RC_ASSERT(told.has_value());
  RC_ASSERT(told->peak == state.peak());
  RC_ASSERT(told->extra_time == state.extra());
  state.undo(0);
  RC_ASSERT(state.sequence() == before);
}

}  // namespace

TEST_CASE("an exact window of all nodes finds what exhaustive search finds") {
  CHECK(rc::check("small graphs with everything the memory model knows",
                  [](std::uint64_t seed) { check_window(seed); }));
}

TEST_CASE("a cut move leaves a valid schedule that fits beside its instant") {
  CHECK(rc::check("training graphs with random replays",
                  [](std::uint64_t seed) { check_cut(seed); }));
}

}  // namespace hcb::search
