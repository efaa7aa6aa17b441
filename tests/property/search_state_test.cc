// The search state against the simulator: after any valid primitives, undone or not, the same peak,
// the same extra time and the same sequence as a fresh load.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "schedule/search/reorder.h"
#include "schedule/search/state.h"
#include "support/graphs.h"

namespace hcb::search {
namespace {

Exec pick_place(const State& state, NodeId n, Prng& random) {
  std::vector<Exec> places{kEndOfStep};
  for (Exec e = state.next(state.runs(n).front()); e != kEndOfStep; e = state.next(e)) {
    places.push_back(e);
  }
  return places[random.below(static_cast<std::uint32_t>(places.size()))];
}

void insert_somewhere(State& state, Prng& random) {
  const auto count = static_cast<std::uint32_t>(state.problem().node_count());
  const NodeId n = id_at<NodeId>(random.below(count));
  const Exec place = pick_place(state, n, random);
  const Exec before = state.prev(place);
  const std::uint32_t slot = before == kEndOfStep ? 0 : state.slot(before);
  if (state.may_replay(n, slot)) state.insert_before(place, n);
}

void erase_something(State& state, Prng& random) {
  std::vector<Exec> replays;
  for (Exec e = state.first(); e != kEndOfStep; e = state.next(e)) {
    if (state.is_replay(e)) replays.push_back(e);
  }
  if (replays.empty()) return;
  state.erase(replays[random.below(static_cast<std::uint32_t>(replays.size()))]);
}

void require_same_as_simulator(const State& state, const IdVector<BufferId, Bytes>& size) {
  const auto told = simulate(*state.problem().graph, state.sequence(), size);
  RC_ASSERT(told.has_value());
  RC_ASSERT(state.peak() == told->peak);
  RC_ASSERT(state.extra() == told->extra_time);
  if (told->peak > state.problem().resident) {
    Exec e = state.first();
    for (std::size_t p = 0; p < told->peak_position; ++p) e = state.next(e);
    RC_ASSERT(state.peak_exec() == e);
  }
}

void walk(const Graph& graph, std::uint64_t seed, std::size_t steps) {
  const auto size = rounded_sizes(graph, 1);
  RC_ASSERT(size.has_value());
  const Problem problem(graph, *size, *resident_bytes(graph, *size));
  State state(problem);
  Prng random(seed);
  require_same_as_simulator(state, *size);
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t mark = state.mark();
    const auto before = state.sequence();
    for (std::uint32_t k = random.below(4); k > 0; --k) {
      if (random.below(5) < 3)
        insert_somewhere(state, random);
      else
        erase_something(state, random);
    }
    require_same_as_simulator(state, *size);
    if (random.below(2) == 0) {
      state.undo(mark);
      RC_ASSERT(state.sequence() == before);
      require_same_as_simulator(state, *size);
    }
  }
  State fresh(problem);
  fresh.load(state.sequence());
  RC_ASSERT(fresh.peak() == state.peak());
}

// First executions moved at random and downhill, between replays that come and go.
void walk_reordering(const Graph& graph, std::uint64_t seed, std::size_t steps) {
  const auto size = rounded_sizes(graph, 1);
  RC_ASSERT(size.has_value());
  const Problem problem(graph, *size, *resident_bytes(graph, *size), true);
  State state(problem);
  Reorder reorder(state);
  Prng random(seed);
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t mark = state.mark();
    const auto before = state.sequence();
    const Bytes peak = state.peak();
    if (random.below(3) == 0) insert_somewhere(state, random);
    if (random.below(4) == 0) erase_something(state, random);
    if (random.below(2) == 0) reorder.shift_one(random);
    require_same_as_simulator(state, *size);
    if (peak > problem.resident && reorder.lower(state.peak_exec(), random))
      require_same_as_simulator(state, *size);
    if (random.below(2) == 0) {
      state.undo(mark);
      RC_ASSERT(state.sequence() == before);
      RC_ASSERT(state.peak() == peak);
    }
  }
}

}  // namespace

TEST_CASE("the search state has the simulator's peak after any primitives") {
  CHECK(rc::check("random training graphs", [](std::uint64_t seed) {
    const auto nodes = static_cast<std::size_t>(seed % 17 + 3);
    walk(random_training_graph(seed, nodes, {.in_place = 30, .optimizer = seed % 2 == 0}), seed,
         40);
  }));
}

TEST_CASE("moved first executions keep the sequence valid and the peak the simulator's") {
  CHECK(rc::check("random training graphs", [](std::uint64_t seed) {
    const auto nodes = static_cast<std::size_t>(seed % 17 + 3);
    walk_reordering(
        random_training_graph(seed, nodes, {.in_place = 30, .optimizer = seed % 2 == 0}), seed, 60);
  }));
}

TEST_CASE("a node inserted many times at one place makes the slots spread again") {
  const Graph graph = unit_chain(6);
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, *resident_bytes(graph, *size));
  State state(problem);
  const Exec last = state.prev(kEndOfStep);
  const std::size_t mark = state.mark();
  for (int i = 0; i < 500; ++i) state.insert_before(last, NodeId{0});
  CHECK(state.runs(NodeId{0}).size() == 501);
  CHECK(state.extra() == 500);
  CHECK(state.peak() == simulate(graph, state.sequence(), *size)->peak);
  state.undo(mark);
  CHECK(state.sequence() == plain_sequence(graph));
  CHECK(state.peak() == 9);  // L + 3
}

}  // namespace hcb::search
