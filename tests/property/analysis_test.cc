// What holds for every schedule of every graph: no peak lies below the memory lower bounds, and a
// snapshot adds up to what the simulator says at every position.
#include <algorithm>
#include <optional>
#include <vector>

#include "analysis/memory_bounds.h"
#include "analysis/profile.h"
#include "base/prng.h"
#include "check/simulate.h"
#include "support/properties.h"
#include "support/rebuild.h"

namespace hcb {
namespace {

// Before some nodes of `order` some of their inputs are made again, and before that some of the
// inputs of their makers, and so on: lifetimes fall apart, and peaks go down.
class Remaker {
 public:
  Remaker(const Graph& graph, Prng& prng, int percent)
      : graph_(graph), prng_(prng), percent_(percent) {}

  std::vector<NodeId> run(const std::vector<NodeId>& order) {
    for (const NodeId n : order) {
      remake_inputs(n);
      sequence_.push_back(n);
    }
    return std::move(sequence_);
  }

 private:
  // Depth first with an explicit stack; at most 200 executions before one node.
  void remake_inputs(NodeId n) {
    std::vector<NodeId> wanted;
    std::vector<NodeId> stack{n};
    while (!stack.empty() && wanted.size() < 200) {
      const NodeId top = stack.back();
      stack.pop_back();
      for (const BufferId b : graph_.reads(top)) {
        const NodeId owner = graph_.owner(b);
        if (graph_.flags(owner).never_replay || !prng_.chance(percent_)) continue;
        wanted.push_back(owner);
        stack.push_back(owner);
      }
    }
    std::ranges::sort(wanted);
    const auto repeated = std::ranges::unique(wanted);
    wanted.erase(repeated.begin(), repeated.end());
    sequence_.insert(sequence_.end(), wanted.begin(), wanted.end());
  }

  const Graph& graph_;
  Prng& prng_;
  int percent_;
  std::vector<NodeId> sequence_;
};

struct Case {
  Graph graph;
  IdVector<BufferId, Bytes> size;
  std::vector<NodeId> sequence;
  Simulation simulation;
};

// nullopt: the simulator refuses the sequence (a mutated parameter would be read again).
std::optional<Case> random_case() {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>();
  Graph graph = drawn_training_graph(seed);
  auto size = rounded_sizes(graph, *rc::gen::element<Bytes>(1, 16, 512));
  if (!size) return std::nullopt;
  Prng prng(seed);
  const bool given_order = *rc::gen::arbitrary<bool>();
  const auto order = given_order ? plain_sequence(graph) : random_order(graph, prng);
  const auto percent = *rc::gen::element(0, 10, 40, 80, 95);
  auto sequence = Remaker(graph, prng, percent).run(order);
  auto simulation = simulate(graph, sequence, *size);
  if (!simulation) return std::nullopt;
  return Case{std::move(graph), std::move(*size), std::move(sequence), std::move(*simulation)};
}

TEST_CASE("no schedule needs less than the memory lower bounds") {
  std::size_t valid = 0;
  check_property("peak >= bound", [&] {
    const auto random = random_case();
    if (!random) return;
    ++valid;
    const MemoryBounds bounds = memory_lower_bounds(random->graph, random->size);
    RC_ASSERT(random->simulation.peak >= bounds.l1);
    RC_ASSERT(random->simulation.peak >= bounds.l2);
    RC_ASSERT(bounds.bound == std::max(bounds.l1, bounds.l2));
    RC_ASSERT(bounds.l1 >= bounds.resident);
    RC_ASSERT(bounds.held_buffers_left_out == std::size_t{0});
  });
  CHECK(valid >= 50);  // of 100
}

TEST_CASE("a snapshot adds up to the simulator's memory at every position") {
  check_property("total == memory", [] {
    const auto random = random_case();
    if (!random) return;
    for (std::size_t p = 0; p < random->sequence.size(); ++p) {
      const Snapshot taken =
          snapshot(random->graph, random->sequence, random->size, random->simulation.resident, p);
      RC_ASSERT(taken.composition.total() == random->simulation.memory[p]);
    }
  });
}

}  // namespace
}  // namespace hcb
