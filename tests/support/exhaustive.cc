#include "support/exhaustive.h"

#include <bit>
#include <cstdlib>
#include <queue>
#include <set>

#include "base/prng.h"
#include "graph/builder.h"
#include "support/autodiff.h"

namespace hcb {
namespace {

using Mask = std::uint32_t;

// Packed into one number: nodes that ran, buffers in memory, and in plain gaps 1 + the last
// recomputation since the last first execution.
struct State {
  Mask done = 0;
  Mask held = 0;
  std::uint32_t gap = 0;
};

// Dijkstra's algorithm. Moves: run a node whose inputs are there (with or without letting a donor
// go), or let one buffer go, which is free.
class Search {
 public:
  Search(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget, Scope scope)
      : graph_(graph),
        size_(size),
        scope_(scope),
        free_(budget - resident_bytes(graph, size).value()),
        nodes_(graph.node_count()) {
    rank_.assign(graph.buffer_count(), 0);
    for (const BufferId b : graph.buffers()) {
      if (graph.resident(b)) continue;
      rank_[b] = static_cast<std::uint32_t>(buffers_.size());
      buffers_.push_back(b);
      if (graph.is_output(b)) outputs_ |= bit(b);
    }
    if (nodes_ + buffers_.size() > 22) std::abort();
    closed_.assign(std::size_t{1} << (nodes_ + buffers_.size() + std::bit_width(nodes_)), false);
  }

  std::optional<Nanos> run() {
    const Mask all = (Mask{1} << nodes_) - 1;
    push({}, 0);
    while (!queue_.empty()) {
      const auto [cost, packed] = queue_.top();
      queue_.pop();
      if (closed_[packed]) continue;
      closed_[packed] = true;
      const State state = unpacked(packed);
      if (state.done == all && (state.held & outputs_) == outputs_) return cost;
      for (Mask rest = state.held; rest != 0; rest &= rest - 1)
        push({state.done, state.held & ~(rest & -rest), state.gap}, cost);
      for (const NodeId n : graph_.nodes()) expand(state, cost, n);
    }
    return std::nullopt;
  }

 private:
  using Entry = std::pair<Nanos, std::size_t>;

  [[nodiscard]] Mask bit(BufferId b) const { return Mask{1} << rank_[b]; }

  [[nodiscard]] State unpacked(std::size_t packed) const {
    return {static_cast<Mask>(packed & ((std::size_t{1} << nodes_) - 1)),
            static_cast<Mask>((packed >> nodes_) & ((std::size_t{1} << buffers_.size()) - 1)),
            static_cast<std::uint32_t>(packed >> (nodes_ + buffers_.size()))};
  }

  void push(const State& state, Nanos cost) {
    const std::size_t packed = state.done | std::size_t{state.held} << nodes_ |
                               std::size_t{state.gap} << (nodes_ + buffers_.size());
    if (!closed_[packed]) queue_.push({cost, packed});
  }

  void expand(const State& state, Nanos cost, NodeId n) {
    const Mask me = Mask{1} << index(n);
    const bool first = (state.done & me) == 0;
    if (first ? !may_start(state, n) : graph_.flags(n).never_replay) return;
    const bool plain = scope_ == Scope::given_order_plain_gaps;
    if (!first && plain && state.gap > index(n)) return;
    for (const BufferId b : graph_.reads(n)) {
      if ((state.held & bit(b)) == 0) return;
    }
    State next{.done = state.done | me};
    if (plain && !first) next.gap = static_cast<std::uint32_t>(index(n)) + 1;
    const Nanos total = cost + (first ? 0 : graph_.cost(n).time);
    Mask there = state.held;
    Mask donors = 0;
    for (const BufferId b : graph_.makes(n)) {
      there |= bit(b);
      const BufferId donor = graph_.donor(b);
      if (donor != kNone<BufferId> && !graph_.resident(donor)) donors |= bit(donor);
    }
    for (Mask gone = donors;; gone = (gone - 1) & donors) {
      next.held = there & ~gone;
      if (bytes_at(n, there, next.held) <= free_) push(next, total);
      if (gone == 0) break;
    }
  }

  [[nodiscard]] bool may_start(const State& state, NodeId n) const {
    const Mask me = Mask{1} << index(n);
    if (scope_ != Scope::any_order && state.done != me - 1) return false;
    for (const NodeId p : graph_.predecessors(n)) {
      if ((state.done >> index(p) & 1) == 0) return false;
    }
    return true;
  }

  [[nodiscard]] bool in_resident_storage(BufferId b) const {
    const BufferId donor = graph_.donor(b);
    return donor != kNone<BufferId> && graph_.resident(donor);
  }

  [[nodiscard]] Bytes bytes_at(NodeId n, Mask there, Mask kept) const {
    Bytes total = graph_.cost(n).workspace;
    for (const BufferId b : buffers_) {
      if ((there & bit(b)) != 0 && !in_resident_storage(b)) total += size_[b];
    }
    for (const BufferId b : graph_.makes(n)) {
      const BufferId donor = graph_.donor(b);
      if (donor == kNone<BufferId> || graph_.resident(donor) || size_[donor] != size_[b]) continue;
      if ((kept & bit(donor)) == 0) total -= size_[b];
    }
    return total;
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  Scope scope_;
  Bytes free_;
  std::size_t nodes_;
  IdVector<BufferId, std::uint32_t> rank_;
  std::vector<BufferId> buffers_;
  Mask outputs_ = 0;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
  std::vector<bool> closed_;
};

}  // namespace

std::optional<Nanos> exhaustive_extra_time(const Graph& graph,
                                           const IdVector<BufferId, Bytes>& size, Bytes budget,
                                           Scope scope) {
  return Search(graph, size, budget, scope).run();
}

Graph small_random_graph(std::uint64_t seed, std::size_t nodes) {
  Prng prng(seed);
  GraphBuilder builder(Dialect::aten, "small");
  std::vector<ValueId> made;
  std::vector<NodeId> added;
  for (std::size_t n = 0; n < nodes; ++n) {
    NodeSpec node{.name = "n" + std::to_string(n), .op = "op"};
    node.cost = {.workspace = prng.chance(15) ? 1 : 0, .time = prng.between(0, 3)};
    node.flags.never_replay = prng.chance(12);
    const std::size_t inputs = made.empty() ? 0 : prng.below(3);
    std::set<ValueId> chosen;
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::size_t back = prng.chance(70) ? prng.below(std::min<std::size_t>(3, made.size()))
                                               : prng.below(made.size());
      chosen.insert(made[made.size() - 1 - back]);
    }
    node.inputs.assign(chosen.begin(), chosen.end());
    const std::size_t outputs = prng.chance(25) ? 2 : 1;
    for (std::size_t o = 0; o < outputs; ++o) {
      std::int64_t bytes = prng.between(0, 3);
      if (o == 0 && !node.inputs.empty() && prng.chance(20)) {
        bytes = builder.value(node.inputs.front()).shape.front();
        node.donates.push_back({0, 0});
      }
      const ValueId v = builder.add_value(
          {.name = node.name + "." + std::to_string(o), .dtype = DType::u8, .shape = {bytes}});
      node.outputs.push_back(v);
      if (prng.chance(20) || n + 1 == nodes) builder.mark_output(v);
    }
    made.insert(made.end(), node.outputs.begin(), node.outputs.end());
    added.push_back(builder.add_node(std::move(node)));
    if (n > 1 && prng.chance(10)) builder.add_order_edge(added[prng.below(n)], added[n]);
  }
  return must_freeze(std::move(builder));
}

Graph gap6() {
  GraphBuilder builder(Dialect::aten, "gap6");
  const auto value = [&](const char* name, std::int64_t bytes) {
    return builder.add_value({.name = name, .dtype = DType::u8, .shape = {bytes}});
  };
  const auto node = [&](const char* name, std::vector<ValueId> in, std::vector<ValueId> out) {
    builder.add_node({.name = name,
                      .op = "op",
                      .inputs = std::move(in),
                      .outputs = std::move(out),
                      .cost = {.time = 1}});
  };
  const ValueId x = value("x", 4), p = value("p", 1), q = value("q", 1), junk = value("junk", 4);
  const ValueId r = value("r", 1), z = value("z", 6), t = value("t", 1);
  node("x", {}, {x});
  node("p", {x}, {p});
  node("q", {p}, {q, junk});
  node("r", {q, x}, {r});
  node("z", {}, {z});
  node("t", {r}, {t});
  builder.mark_output(t);
  return must_freeze(std::move(builder));
}

}  // namespace hcb
