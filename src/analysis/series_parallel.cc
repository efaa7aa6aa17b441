// Problem: find the series-parallel parts of a graph and the best order of each. Idea: two reductions
// until neither applies: a module whose one successor has it as its one predecessor is joined with
// it, and two modules with the same predecessors and the same successors are merged (Valdes, Tarjan
// and Lawler, The recognition of series parallel digraphs, 1982, on the graph without implied edges).
// analysis/segments.h keeps the best order of every module on the way. Invariant: predecessors are
// known by the last node of a module and successors by its first, so a join changes no neighbour; a
// merge removes one module from the lists of its neighbours, where it is dropped when they are read.
#include "analysis/series_parallel.h"

#define XXH_INLINE_ALL
#include <algorithm>
#include <map>
#include <queue>

#include <xxhash.h>

#include "analysis/segments.h"
#include "analysis/transitive.h"

namespace hcb {
namespace {

// Neighbourhoods larger than this are compared once, not after every change.
constexpr std::size_t kSmallNeighbourhood = 16;

// The reader that is taken to free a buffer: the last in given order, which is the last in every
// order where some reader runs behind all others.
NodeId freed_by(const Graph& graph, BufferId b) {
  if (graph.is_output(b) || graph.readers(b).empty()) return kNone<NodeId>;
  return graph.readers(b).back();
}

MemoryStep memory_step(const Graph& graph, const IdVector<BufferId, Bytes>& size, NodeId n) {
  MemoryStep step{.hill = graph.cost(n).workspace};
  for (const BufferId b : graph.makes(n)) {
    const BufferId donor = graph.donor(b);
    const bool takes_over = donor != kNone<BufferId> && freed_by(graph, donor) == n;
    if (!takes_over) step.hill += size[b];
    if (graph.is_output(b) || !graph.readers(b).empty()) step.change += size[b];
  }
  for (const BufferId b : graph.reads(n)) {
    if (freed_by(graph, b) == n) step.change -= size[b];
  }
  step.hill = std::max(step.hill, step.change);
  return step;
}

std::vector<MemoryStep> memory_steps(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  std::vector<MemoryStep> steps;
  steps.reserve(graph.node_count());
  for (const NodeId n : graph.nodes()) steps.push_back(memory_step(graph, size, n));
  return steps;
}

// Modules are named by their first node.
class Reduction {
 public:
  Reduction(const Precedence& precedence, std::vector<MemoryStep> steps)
      : nodes_(precedence.graph().node_count()),
        lists_(steps),
        before_(nodes_),
        after_(nodes_),
        last_(nodes_),
        first_(nodes_),
        alive_(nodes_, 1),
        seen_(nodes_, 0) {
    const auto edges = without_implied_edges(precedence);
    for (std::size_t n = 0; n < nodes_; ++n) {
      last_[n] = first_[n] = static_cast<Node>(n);
      for (const NodeId to : edges[id_at<NodeId>(n)]) {
        after_[n].items.push_back(static_cast<Node>(index(to)));
        before_[index(to)].items.push_back(static_cast<Node>(n));
      }
    }
    for (std::size_t n = 0; n < nodes_; ++n) {
      before_[n].alive = before_[n].items.size();
      after_[n].alive = after_[n].items.size();
    }
  }

  SeriesParallelOrder run() && {
    for (std::size_t n = 0; n < nodes_; ++n) todo_.push(static_cast<Node>(n));
    while (!todo_.empty()) {
      const Node m = todo_.front();
      todo_.pop();
      if (alive_[m] != 0) reduce(m);
    }
    return emit();
  }

 private:
  using Node = std::uint32_t;

  // Nodes, some of which may have died since.
  struct Neighbours {
    std::vector<Node> items;
    std::size_t alive = 0;
  };

  [[nodiscard]] Neighbours& after(Node m) { return after_[last_[m]]; }

  // The modules in front of m are known by their last nodes, those behind it by their first.
  [[nodiscard]] bool lives_before(Node last) const { return alive_[first_[last]] != 0; }
  [[nodiscard]] bool lives_after(Node first) const { return alive_[first] != 0; }

  Node only_after(Node m) {
    Neighbours& list = after(m);
    while (!lives_after(list.items.back())) list.items.pop_back();
    return list.items.back();
  }

  Node only_before(Node m) {
    Neighbours& list = before_[m];
    while (!lives_before(list.items.back())) list.items.pop_back();
    return first_[list.items.back()];
  }

  void reduce(Node m) {
    if (after(m).alive == 1) {
      const Node next = only_after(m);
      if (before_[next].alive == 1) return join(m, next);
    }
    if (before_[m].alive == 1) {
      const Node previous = only_before(m);
      if (after(previous).alive == 1) return join(previous, m);
    }
    const bool small = before_[m].alive + after(m).alive <= kSmallNeighbourhood;
    if (small || seen_[m] == 0) merge_with_twin(m);
    seen_[m] = 1;
  }

  void join(Node a, Node b) {
    lists_.join(a, b);
    alive_[b] = 0;
    last_[a] = last_[b];
    first_[last_[b]] = a;
    todo_.push(a);
  }

  void tidy(Node m) {
    std::erase_if(before_[m].items, [&](Node last) { return !lives_before(last); });
    std::erase_if(after(m).items, [&](Node first) { return !lives_after(first); });
    std::ranges::sort(before_[m].items);
    std::ranges::sort(after(m).items);
  }

  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> key(Node m) {
    const auto hash = [](const std::vector<Node>& items) {
      return XXH3_64bits(items.data(), items.size() * sizeof(Node));
    };
    return {hash(before_[m].items), hash(after(m).items)};
  }

  void merge_with_twin(Node m) {
    tidy(m);
    const auto [at, added] = by_neighbours_.try_emplace(key(m), m);
    if (added) return;
    const Node twin = std::exchange(at->second, m);
    if (twin == m || alive_[twin] == 0) return;
    tidy(twin);
    const bool same =
        before_[m].items == before_[twin].items && after(m).items == after(twin).items;
    if (same) merge(m, twin);
  }

  void merge(Node m, Node twin) {
    lists_.merge(std::min(m, twin), std::max(m, twin));
    const Node gone = std::max(m, twin);
    const Node left = std::min(m, twin);
    by_neighbours_[key(left)] = left;
    alive_[gone] = 0;
    for (const Node last : before_[left].items) forget_one(after_[last], first_[last]);
    for (const Node first : after(left).items) forget_one(before_[first], first);
    todo_.push(left);
  }

  void forget_one(Neighbours& list, Node neighbour) {
    --list.alive;
    todo_.push(neighbour);
  }

  SeriesParallelOrder emit() {
    SeriesParallelOrder result;
    result.order.reserve(nodes_);
    std::vector<std::size_t> missing(nodes_);
    std::priority_queue<Node, std::vector<Node>, std::greater<>> ready;
    for (Node m = 0; m < nodes_; ++m) {
      if (alive_[m] == 0) continue;
      ++result.parts;
      tidy(m);
      missing[m] = before_[m].items.size();
      if (missing[m] == 0) ready.push(m);
    }
    while (!ready.empty()) {
      const Node m = ready.top();
      ready.pop();
      lists_.append_to(result.order, m);
      for (const Node next : after(m).items) {
        if (--missing[next] == 0) ready.push(next);
      }
    }
    return result;
  }

  std::size_t nodes_;
  SegmentLists lists_;
  std::vector<Neighbours> before_;  // of the module of that first node: last nodes
  std::vector<Neighbours> after_;   // of the module of that last node: first nodes
  std::vector<Node> last_;          // by first node
  std::vector<Node> first_;         // by last node
  std::vector<char> alive_;         // by first node
  std::vector<char> seen_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Node> by_neighbours_;
  std::queue<Node> todo_;
};

}  // namespace

SeriesParallelOrder series_parallel_order(const Precedence& precedence,
                                          const IdVector<BufferId, Bytes>& size) {
  return Reduction(precedence, memory_steps(precedence.graph(), size)).run();
}

}  // namespace hcb
