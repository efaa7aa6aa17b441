// Trees and series-parallel graphs small enough to try every order: Sethi-Ullman has the least peak.
#include "analysis/series_parallel.h"

#include <algorithm>
#include <map>

#include <doctest/doctest.h>

#include "analysis/transitive.h"
#include "base/prng.h"
#include "check/simulate.h"
#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

Bytes peak_of(const Graph& graph, const std::vector<NodeId>& order,
              const IdVector<BufferId, Bytes>& size) {
  const auto simulation = simulate(graph, order, size);
  REQUIRE_MESSAGE(simulation.has_value(), simulation.error().message);
  return simulation->peak;
}

// The least peak of all orders: over the sets of nodes that ran first (at most 2^14 of them), the
// least over the last one of them of the greater of what it needs and what came before.
class LeastPeak {
 public:
  LeastPeak(const Graph& graph, const IdVector<BufferId, Bytes>& size)
      : graph_(graph), size_(size) {}

  Bytes run() {
    const std::uint32_t all = (1U << graph_.node_count()) - 1;
    std::vector<Bytes> least(all + 1, kNever);
    least[0] = 0;
    for (std::uint32_t ran = 0; ran < all; ++ran) {
      if (least[ran] == kNever) continue;
      for (const NodeId n : graph_.nodes()) {
        if (has(ran, n) || !ready(ran, n)) continue;
        Bytes& next = least[ran | bit(n)];
        next = std::min(next, std::max(least[ran], needed(ran, n)));
      }
    }
    return least[all];
  }

 private:
  static constexpr Bytes kNever = std::numeric_limits<Bytes>::max();

  static std::uint32_t bit(NodeId n) { return 1U << index(n); }
  static bool has(std::uint32_t ran, NodeId n) { return (ran & bit(n)) != 0; }

  [[nodiscard]] bool ready(std::uint32_t ran, NodeId n) const {
    return std::ranges::all_of(graph_.predecessors(n), [&](NodeId p) { return has(ran, p); });
  }

  [[nodiscard]] bool live(std::uint32_t ran, BufferId b) const {
    if (graph_.resident(b) || !has(ran, graph_.owner(b))) return false;
    if (graph_.is_output(b)) return true;
    return std::ranges::any_of(graph_.readers(b), [&](NodeId r) { return !has(ran, r); });
  }

  [[nodiscard]] Bytes needed(std::uint32_t ran, NodeId n) const {
    Bytes bytes = graph_.cost(n).workspace;
    for (const BufferId b : graph_.buffers()) {
      const bool made = !graph_.resident(b) && graph_.owner(b) == n;
      if (graph_.resident(b) || made || live(ran, b)) bytes += size_[b];
    }
    return bytes;
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
};

// Every node but the last is read by one node of a greater id: an in-tree.
Graph random_tree(std::uint64_t seed, std::size_t nodes) {
  Prng prng(seed);
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  std::vector<ValueId> unread;
  ValueId last = x;
  for (std::size_t i = 0; i < nodes; ++i) {
    std::vector<ValueId> inputs;
    const std::size_t most = i + 1 == nodes ? unread.size() : prng.below(4);
    for (std::size_t k = 0; k < most && !unread.empty(); ++k) {
      const std::size_t at = prng.below(unread.size());
      inputs.push_back(unread[at]);
      unread.erase(unread.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if (inputs.empty()) inputs.push_back(x);
    last = g.value("v" + std::to_string(i), prng.between(0, 9));
    g.node({.name = "n" + std::to_string(i),
            .inputs = inputs,
            .outputs = {last},
            .cost = {.workspace = prng.between(0, 3)}});
    unread.push_back(last);
  }
  g.output(last);
  return g.freeze();
}

TEST_CASE("Sethi-Ullman: the least peak of all orders on 300 random trees") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Graph graph = random_tree(seed, 2 + seed % 9);
    const auto size = exact_sizes(graph);
    const auto found = series_parallel_order(Precedence(graph), size);
    CHECK(found.parts == 1);
    CHECK_MESSAGE(peak_of(graph, found.order, size) == LeastPeak(graph, size).run(), "seed ", seed);
  }
}

// A random series-parallel composition in which every edge is a buffer of its own.
class SeriesParallelGraph {
 public:
  explicit SeriesParallelGraph(std::uint64_t seed) : prng_(seed) {}

  Graph run(std::size_t nodes) {
    compose(nodes);
    for (std::size_t n = 0; n < count_; ++n) add(n);
    return g_.freeze();
  }

 private:
  using Ends = std::pair<std::vector<std::size_t>, std::vector<std::size_t>>;  // sources, sinks

  Ends compose(std::size_t nodes) {
    if (nodes == 1) {
      const std::size_t n = count_++;
      return {{n}, {n}};
    }
    const std::size_t left = 1 + prng_.below(nodes - 1);
    Ends a = compose(left);
    Ends b = compose(nodes - left);
    if (prng_.chance(50)) {
      for (const std::size_t from : a.second) {
        for (const std::size_t to : b.first) edges_[from].push_back(to);
      }
      return {a.first, b.second};
    }
    a.first.insert(a.first.end(), b.first.begin(), b.first.end());
    a.second.insert(a.second.end(), b.second.begin(), b.second.end());
    return a;
  }

  void add(std::size_t n) {
    std::vector<ValueId> outputs;
    for (const std::size_t to : edges_[n]) {
      outputs.push_back(
          g_.value("v" + std::to_string(n) + "_" + std::to_string(to), prng_.between(0, 9)));
      inputs_[to].push_back(outputs.back());
    }
    if (outputs.empty() || prng_.chance(20)) {
      outputs.push_back(g_.value("out" + std::to_string(n), prng_.between(0, 5)));
      g_.output(outputs.back());
    }
    if (inputs_[n].empty()) inputs_[n].push_back(g_.resident("x" + std::to_string(n), 0));
    g_.node({.name = "n" + std::to_string(n),
             .inputs = inputs_[n],
             .outputs = outputs,
             .cost = {.workspace = prng_.between(0, 3)}});
  }

  Prng prng_;
  SmallGraph g_;
  std::size_t count_ = 0;
  std::map<std::size_t, std::vector<std::size_t>> edges_;
  std::map<std::size_t, std::vector<ValueId>> inputs_;
};

TEST_CASE("Sethi-Ullman: the least peak of all orders on 300 series-parallel graphs") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Graph graph = SeriesParallelGraph(seed).run(2 + seed % 10);
    const auto size = exact_sizes(graph);
    const auto found = series_parallel_order(Precedence(graph), size);
    CHECK_MESSAGE(found.parts == 1, "seed ", seed);
    CHECK_MESSAGE(peak_of(graph, found.order, size) == LeastPeak(graph, size).run(), "seed ", seed);
  }
}

// The graph of the letter N is no series-parallel graph, and neither is what contains it.
TEST_CASE("what is not series-parallel stays in parts, in the given order") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("va", 1);
  const ValueId b = g.value("vb", 1);
  g.node({.name = "a", .inputs = {x}, .outputs = {a}});
  g.node({.name = "b", .inputs = {x}, .outputs = {b}});
  g.node({.name = "c", .inputs = {a}, .outputs = {g.value("vc", 1)}});
  g.node({.name = "d", .inputs = {a, b}, .outputs = {g.value("vd", 1)}});
  const Graph graph = g.freeze();
  const auto found = series_parallel_order(Precedence(graph), exact_sizes(graph));
  CHECK(found.parts == 4);
  CHECK(found.order == plain_sequence(graph));
}

// A residual connection: the edge around the branch is implied by it.
TEST_CASE("edges that a longer path implies do not count") {
  SmallGraph g;
  const ValueId x = g.resident("x", 0);
  const ValueId a = g.value("va", 1);
  const ValueId b = g.value("vb", 1);
  g.node({.name = "a", .inputs = {x}, .outputs = {a}});
  g.node({.name = "b", .inputs = {a}, .outputs = {b}});
  g.node({.name = "c", .inputs = {a, b}, .outputs = {g.value("vc", 1)}});
  const Graph graph = g.freeze();
  const auto kept = without_implied_edges(Precedence(graph));
  CHECK(kept[NodeId{0}].size() == 1);
  CHECK(kept[NodeId{0}][0] == NodeId{1});
  CHECK(kept[NodeId{1}].size() == 1);
  CHECK(series_parallel_order(Precedence(graph), exact_sizes(graph)).parts == 1);
}

// A chain of 300 nodes, each read by all after it: only the next edge is not implied. With a window
// of one group, edges of more than 128 nodes stay.
TEST_CASE("implied edges over groups of 64 nodes") {
  SmallGraph g;
  std::vector<ValueId> all{g.resident("x", 0)};
  for (int i = 0; i < 300; ++i) {
    const ValueId made = g.value("v" + std::to_string(i), 1);
    g.node({.name = "n" + std::to_string(i), .inputs = all, .outputs = {made}});
    all.push_back(made);
  }
  const Graph graph = g.freeze();
  const Precedence precedence(graph);
  const auto kept = without_implied_edges(precedence);
  CHECK(kept.item_count() == 299);
  for (std::size_t i = 0; i < 299; ++i) CHECK(kept[id_at<NodeId>(i)][0] == id_at<NodeId>(i + 1));
  const auto near = without_implied_edges(precedence, 64);
  CHECK(near[NodeId{0}].size() == 1 + 300 - 128);  // the next, and those from 128 on
}

}  // namespace
}  // namespace hcb
