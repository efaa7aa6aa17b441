// A* over (done, held) with sets as 64-bit masks. Three things keep the states few and lose nothing:
// - Holding more is never worse, since what is held can be let go later; so a move lets go only of
//   inclusion-minimal sets that make room, and a state whose held set is part of that of a state with
//   the same nodes done and no more extra time is dropped.
// - A buffer that no execution to come can need is not part of a state.
// - What is left costs at least one execution of every node whose result is missing for a first
//   execution or an output, directly or through missing inputs. The estimate is consistent: running a
//   node takes at most its own time off it, letting go only adds.
// Least peak: bisection between a proved bound and the plain peak with all times 0.
// Sources: Hart, Nilsson, Raphael, A formal basis for the heuristic determination of minimum cost
// paths (1968); minimal sets to let go are the "forced retention" lemma of docs/bounds.md read from
// the other side.
#include "schedule/exact_search.h"

#include <algorithm>
#include <bit>
#include <queue>
#include <tuple>
#include <unordered_map>

#include <fmt/format.h>

#include "analysis/memory_bounds.h"
#include "check/simulate.h"
#include "graph/implied.h"
#include "schedule/forward_order.h"

namespace hcb {
namespace {

using Mask = std::uint64_t;
constexpr Nanos kNever = -1;  // no continuation can succeed

constexpr Mask bit(std::size_t i) { return Mask{1} << i; }

template <class Do>
void for_each_bit(Mask mask, Do&& what) {
  for (; mask != 0; mask &= mask - 1) what(static_cast<std::size_t>(std::countr_zero(mask)));
}

// A node as masks over nodes and over the buffers that are not resident.
struct MaskNode {
  Mask before = 0;    // nodes that ran before its first execution
  Mask mutators = 0;  // nodes after which it may not run any more
  Mask reads = 0;
  Mask makes = 0;
  Mask donors = 0;  // read buffers whose storage a made one may take over
  Nanos time = 0;
  Bytes workspace = 0;
  bool replayable = false;
};

struct MaskGraph {
  std::vector<MaskNode> nodes;
  std::vector<Bytes> bytes;        // by buffer; 0 in resident storage
  std::vector<std::size_t> owner;  // by buffer
  Mask outputs = 0;
  Mask all = 0;  // nodes
  Bytes resident = 0;

  [[nodiscard]] Bytes total(Mask buffers) const {
    Bytes sum = 0;
    for_each_bit(buffers, [&](std::size_t b) { sum += bytes[b]; });
    return sum;
  }
};

class Translator {
 public:
  Translator(const Graph& graph, const IdVector<BufferId, Bytes>& size)
      : graph_(graph), size_(size), order_(forward_order(graph)), rank_(graph.buffer_count(), 0) {}

  MaskGraph run(Bytes resident) {
    out_.resident = resident;
    out_.all = graph_.node_count() == 64 ? ~Mask{0} : bit(graph_.node_count()) - 1;
    for (const BufferId b : graph_.buffers()) add(b);
    for (const NodeId n : graph_.nodes()) add(n);
    return std::move(out_);
  }

 private:
  void add(BufferId b) {
    if (graph_.resident(b)) return;
    rank_[b] = out_.bytes.size();
    out_.bytes.push_back(mutates_resident(graph_, b) ? 0 : size_[b]);
    out_.owner.push_back(index(graph_.owner(b)));
    if (graph_.is_output(b)) out_.outputs |= bit(rank_[b]);
  }

  void add(NodeId n) {
    MaskNode node{.time = graph_.cost(n).time,
                  .workspace = graph_.cost(n).workspace,
                  .replayable = !graph_.flags(n).never_replay && !graph_.makes(n).empty()};
    for (const NodeId p : graph_.predecessors(n)) node.before |= bit(index(p));
    for (const NodeId p : order_.implied[n]) node.before |= bit(index(p));
    for (const BufferId b : graph_.reads(n)) node.reads |= bit(rank_[b]);
    for (const BufferId b : graph_.makes(n)) add_made(b, node);
    for (const ValueId v : graph_.inputs(n)) {
      if (v != kNone<ValueId>) node.mutators |= mutators_of(graph_.buffer(v));
    }
    out_.nodes.push_back(node);
  }

  void add_made(BufferId b, MaskNode& node) const {
    node.makes |= bit(rank_[b]);
    const BufferId donor = graph_.donor(b);
    if (donor == kNone<BufferId> || graph_.resident(donor) || size_[donor] != size_[b]) return;
    node.donors |= bit(rank_[donor]);
  }

  [[nodiscard]] Mask mutators_of(BufferId read) const {
    if (!graph_.resident(read)) return 0;
    Mask mutators = 0;
    for (const BufferId b : graph_.buffers()) {
      if (graph_.donor(b) == read) mutators |= bit(index(graph_.owner(b)));
    }
    return mutators;
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  ForwardOrder order_;
  IdVector<BufferId, std::size_t> rank_;
  MaskGraph out_;
};

struct Key {
  Mask done = 0;
  Mask held = 0;
  friend bool operator==(const Key&, const Key&) = default;
};

struct KeyHash {
  std::size_t operator()(const Key& key) const {
    return static_cast<std::size_t>((key.done * 0x9E3779B97F4A7C15u) ^
                                    std::rotl(key.held * 0xC2B2AE3D27D4EB4Fu, 31));
  }
};

struct State {
  Key key;
  Nanos spent = 0;
  std::uint32_t from = 0;
  std::uint32_t ran = 0;  // the node that led here
  bool closed = false;
};

class AStar {
 public:
  AStar(const MaskGraph& graph, Bytes budget, Scope scope, bool timed, Context& context)
      : graph_(graph),
        room_(budget - graph.resident),
        scope_(scope),
        timed_(timed),
        context_(context) {}

  // The executions; nullopt: nothing fits.
  Result<std::optional<std::vector<NodeId>>> run() {
    push({}, 0, 0, 0);
    while (!queue_.empty()) {
      const std::uint32_t at = std::get<3>(queue_.top());
      queue_.pop();
      if (states_[at].closed || is_dominated(at)) continue;
      states_[at].closed = true;
      const Key key = states_[at].key;
      if (key.done == graph_.all && (graph_.outputs & ~key.held) == 0) return path_to(at);
      closed_[key.done].push_back(at);
      for (std::size_t n = 0; n < graph_.nodes.size(); ++n) expand(at, n);
      HCB_CHECK(may_go_on());
    }
    return std::optional<std::vector<NodeId>>{};
  }

 private:
  // (extra time at least, nodes not done, found later first, state).
  using Entry = std::tuple<Nanos, int, std::uint32_t, std::uint32_t>;

  Result<void> may_go_on() {
    HCB_CHECK(context_.check());
    if (!context_.exhausted()) return {};
    return fail(ErrorKind::limit,
                fmt::format("exhaustive search: no answer after {} states", context_.work()),
                "a higher --work-limit, or --strategy budget");
  }

  [[nodiscard]] Nanos time(std::size_t n) const { return timed_ ? graph_.nodes[n].time : 0; }

  [[nodiscard]] bool is_dominated(std::uint32_t at) const {
    const auto found = closed_.find(states_[at].key.done);
    if (found == closed_.end()) return false;
    const State& state = states_[at];
    return std::ranges::any_of(found->second, [&](std::uint32_t other) {
      return states_[other].spent <= state.spent &&
             (state.key.held & ~states_[other].key.held) == 0;
    });
  }

  // Buffers that an execution to come may read, or that are outputs, if exactly `done` have run.
  Mask useful(Mask done) {
    const auto [at, is_new] = useful_.try_emplace(done, 0);
    if (!is_new) return at->second;
    Mask useful = graph_.outputs;
    for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
      const MaskNode& node = graph_.nodes[n];
      const bool first = (done & bit(n)) == 0;
      if (first || (node.replayable && (node.makes & useful) != 0)) useful |= node.reads;
    }
    return at->second = useful;
  }

  // Time that must still be spent again; kNever: something missing cannot be made.
  [[nodiscard]] Nanos estimate(const Key& key) const {
    Mask needed = graph_.outputs;
    for_each_bit(graph_.all & ~key.done, [&](std::size_t n) { needed |= graph_.nodes[n].reads; });
    Mask again = 0;
    bool possible = true;
    for (Mask missing = needed & ~key.held; missing != 0;) {
      const auto b = static_cast<std::size_t>(std::countr_zero(missing));
      missing &= missing - 1;
      const std::size_t n = graph_.owner[b];
      if ((key.done & bit(n)) == 0 || (again & bit(n)) != 0) continue;
      again |= bit(n);
      possible = possible && graph_.nodes[n].replayable;
      missing |= graph_.nodes[n].reads & ~key.held;
    }
    if (!possible) return kNever;
    Nanos least = 0;
    for_each_bit(again, [&](std::size_t n) { least += time(n); });
    return least;
  }

  [[nodiscard]] bool may_run(const Key& key, std::size_t n) {
    const MaskNode& node = graph_.nodes[n];
    if ((node.reads & ~key.held) != 0 || (node.mutators & key.done) != 0) return false;
    if ((key.done & bit(n)) != 0)
      return node.replayable && (node.makes & ~key.held & useful(key.done)) != 0;
    return (node.before & ~key.done) == 0 && (scope_ == Scope::any_order || key.done == bit(n) - 1);
  }

  void expand(std::uint32_t at, std::size_t n) {
    const State state = states_[at];
    if (!may_run(state.key, n)) return;
    const MaskNode& node = graph_.nodes[n];
    const bool first = (state.key.done & bit(n)) == 0;
    const Mask done = state.key.done | bit(n);
    const Nanos spent = state.spent + (first ? 0 : time(n));
    const Mask there = state.key.held | node.makes;
    const Bytes over = graph_.total(there) + node.workspace - room_;
    const Mask kept = there & useful(done);
    if (over <= 0) return push({done, kept}, spent, at, n);
    const Mask others = state.key.held & ~node.reads & ~node.makes;
    for_each_way_to_free(others | node.donors, over,
                         [&](Mask gone) { push({done, kept & ~gone}, spent, at, n); });
  }

  // Inclusion-minimal subsets of `items` of at least `bytes` together. With the largest first, a
  // subset is minimal if it falls short without its last item.
  template <class Do>
  void for_each_way_to_free(Mask items, Bytes bytes, Do what) {
    std::vector<std::size_t> list;
    for_each_bit(items, [&](std::size_t b) {
      if (graph_.bytes[b] > 0) list.push_back(b);
    });
    std::ranges::stable_sort(list, std::ranges::greater{},
                             [&](std::size_t b) { return graph_.bytes[b]; });
    std::vector<Bytes> rest(list.size() + 1, 0);
    for (std::size_t i = list.size(); i-- > 0;) rest[i] = rest[i + 1] + graph_.bytes[list[i]];
    struct Choice {
      std::size_t next;
      Bytes missing;
      Mask gone;
    };
    std::vector<Choice> open{{0, bytes, 0}};
    while (!open.empty()) {
      const Choice c = open.back();
      open.pop_back();
      if (c.missing <= 0) {
        what(c.gone);
      } else if (rest[c.next] >= c.missing) {
        const std::size_t b = list[c.next];
        open.push_back({c.next + 1, c.missing, c.gone});
        open.push_back({c.next + 1, c.missing - graph_.bytes[b], c.gone | bit(b)});
      }
    }
  }

  void push(const Key& key, Nanos spent, std::uint32_t from, std::size_t ran) {
    const auto next = static_cast<std::uint32_t>(states_.size());
    const auto [at, is_new] = index_.try_emplace(key, next);
    if (is_new) {
      context_.count(1);
      states_.push_back({key, spent, from, static_cast<std::uint32_t>(ran), false});
    } else {
      State& known = states_[at->second];
      if (known.closed || known.spent <= spent) return;
      known.spent = spent, known.from = from, known.ran = static_cast<std::uint32_t>(ran);
    }
    const Nanos left = estimate(key);
    if (left == kNever) return;
    const int not_done = std::popcount(graph_.all & ~key.done);
    queue_.push({spent + left, not_done, ~at->second, at->second});
  }

  [[nodiscard]] std::optional<std::vector<NodeId>> path_to(std::uint32_t at) const {
    std::vector<NodeId> path;
    for (; at != 0; at = states_[at].from) path.push_back(NodeId{states_[at].ran});
    std::ranges::reverse(path);
    return path;
  }

  const MaskGraph& graph_;
  Bytes room_;
  Scope scope_;
  bool timed_;
  Context& context_;
  std::vector<State> states_;
  std::unordered_map<Key, std::uint32_t, KeyHash> index_;
  std::unordered_map<Mask, std::vector<std::uint32_t>> closed_;
  std::unordered_map<Mask, Mask> useful_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

Result<void> check_size(const Graph& graph) {
  const auto buffers = static_cast<std::size_t>(
      std::ranges::count_if(graph.buffers(), [&](BufferId b) { return !graph.resident(b); }));
  if (graph.node_count() <= kMostExactNodes && buffers <= kMostExactBuffers) return {};
  return fail(
      ErrorKind::limit,
      fmt::format("exhaustive search takes at most {} nodes and {} buffers; the graph has {} "
                  "nodes and {} buffers",
                  kMostExactNodes, kMostExactBuffers, graph.node_count(), buffers),
      "--strategy budget takes graphs of any size, and proves a bound");
}

Result<MaskGraph> translate(const Graph& graph, const IdVector<BufferId, Bytes>& size) {
  HCB_CHECK(check_size(graph));
  HCB_TRY(const Bytes resident, resident_bytes(graph, size));
  // No sum of any buffers overflows.
  HCB_TRY([[maybe_unused]] const auto plain, simulate(graph, plain_sequence(graph), size));
  return Translator(graph, size).run(resident);
}

Result<std::optional<ExactSchedule>> search(const Graph& graph,
                                            const IdVector<BufferId, Bytes>& size,
                                            const MaskGraph& masks, Bytes budget, Scope scope,
                                            bool timed, Context& context) {
  HCB_TRY(auto sequence, AStar(masks, budget, scope, timed, context).run());
  if (!sequence) return std::nullopt;
  HCB_TRY(const Simulation simulation, simulate(graph, *sequence, size));
  return ExactSchedule{*std::move(sequence), simulation.extra_time, simulation.peak};
}

}  // namespace

Result<std::optional<ExactSchedule>> least_extra_time(const Graph& graph,
                                                      const IdVector<BufferId, Bytes>& size,
                                                      Bytes budget, Scope scope, Context& context) {
  HCB_TRY(const MaskGraph masks, translate(graph, size));
  return search(graph, size, masks, budget, scope, true, context);
}

Result<ExactSchedule> least_peak(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                 Scope scope, Context& context) {
  HCB_TRY(const MaskGraph masks, translate(graph, size));
  HCB_TRY(const Simulation plain, simulate(graph, plain_sequence(graph), size));
  Bytes impossible = memory_lower_bounds(graph, size).bound - 1;
  Bytes least = plain.peak;
  while (least - impossible > 1) {
    const Bytes middle = impossible + (least - impossible) / 2;
    HCB_TRY(const auto found, search(graph, size, masks, middle, scope, false, context));
    (found ? least : impossible) = found ? found->peak : middle;
  }
  HCB_TRY(auto best, search(graph, size, masks, least, scope, true, context));
  if (best) return *std::move(best);
  return fail(ErrorKind::internal,
              "exhaustive search: the peak of a schedule found before is lost");
}

}  // namespace hcb
