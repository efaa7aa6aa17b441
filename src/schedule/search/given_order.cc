// A buffer's lives in the schedule are half-open intervals of positions. `held_` lists what is
// present in the new sequence; it is filtered at every node. A node that may run once only keeps
// its results, and so does one that reads what is mutated in place.
#include "schedule/search/given_order.h"

#include <algorithm>

#include "schedule/closure.h"

namespace hcb::search {
namespace {

struct Life {
  std::size_t first;  // the position that makes the buffer
  std::size_t last;   // of its last use before it is made again
};

class Carrier {
 public:
  Carrier(const Graph& graph, std::span<const NodeId> sequence)
      : graph_(graph),
        lives_(graph.buffer_count()),
        first_run_(graph.node_count(), 0),
        present_(graph.buffer_count(), 0),
        closure_(graph),
        fixed_(graph.node_count(), 0) {
    collect_lives(sequence);
    for (const NodeId n : graph.nodes()) fixed_[n] = graph.flags(n).never_replay ? 1 : 0;
    fix_readers_of_mutated();
  }

  std::vector<NodeId> run() && {
    for (const NodeId n : graph_.nodes()) {
      drop_at(n);
      for (const BufferId b : graph_.reads(n)) want(b);
      make_again();
      emit(n);
    }
    for (const BufferId b : graph_.buffers()) {
      if (graph_.is_output(b)) want(b);
    }
    make_again();
    return std::move(sequence_);
  }

 private:
  void collect_lives(std::span<const NodeId> sequence) {
    IdVector<NodeId, char> seen(graph_.node_count(), 0);
    for (std::size_t p = 0; p < sequence.size(); ++p) {
      const NodeId n = sequence[p];
      if (seen[n] == 0) first_run_[n] = p;
      seen[n] = 1;
      for (const BufferId b : graph_.reads(n)) {
        if (!lives_[b].empty()) lives_[b].back().last = p;
      }
      for (const BufferId b : graph_.makes(n)) lives_[b].push_back({p, p});
    }
    for (const BufferId b : graph_.buffers()) {
      if (graph_.is_output(b) && !lives_[b].empty()) lives_[b].back().last = sequence.size();
    }
  }

  void fix_readers_of_mutated() {
    IdVector<BufferId, char> mutated(graph_.buffer_count(), 0);
    for (const BufferId b : graph_.buffers()) {
      const BufferId donor = graph_.donor(b);
      if (donor != kNone<BufferId> && graph_.resident(donor)) mutated[donor] = 1;
    }
    for (const NodeId n : graph_.nodes()) {
      for (const ValueId v : graph_.inputs(n)) {
        if (v != kNone<ValueId> && mutated[graph_.buffer(v)] != 0) fixed_[n] = 1;
      }
    }
  }

  [[nodiscard]] bool held_in_schedule(BufferId b, std::size_t position) const {
    const auto behind = std::ranges::upper_bound(lives_[b], position, {}, &Life::first);
    return behind != lives_[b].begin() && position <= std::prev(behind)->last;
  }

  void drop_at(NodeId n) {
    std::erase_if(held_, [&](BufferId b) {
      if (fixed_[graph_.owner(b)] != 0 || held_in_schedule(b, first_run_[n])) return false;
      present_[b] = 0;
      return true;
    });
  }

  [[nodiscard]] bool there(BufferId b) const { return graph_.resident(b) || present_[b] != 0; }

  void want(BufferId b) {
    if (!there(b)) wanted_.push_back(graph_.owner(b));
  }

  void make_again() {
    for (const NodeId i : closure_.of_nodes(wanted_, [&](BufferId b) { return there(b); })) emit(i);
    wanted_.clear();
  }

  void emit(NodeId n) {
    sequence_.push_back(n);
    for (const BufferId b : graph_.makes(n)) {
      if (present_[b] == 0) held_.push_back(b);
      present_[b] = 1;
    }
  }

  const Graph& graph_;
  IdVector<BufferId, std::vector<Life>> lives_;
  IdVector<NodeId, std::size_t> first_run_;
  IdVector<BufferId, char> present_;
  Closure closure_;
  IdVector<NodeId, char> fixed_;  // not run again here
  std::vector<BufferId> held_;
  std::vector<NodeId> wanted_;
  std::vector<NodeId> sequence_;
};

}  // namespace

bool in_given_order(const Graph& graph, std::span<const NodeId> sequence) {
  std::size_t next = 0;
  for (const NodeId n : sequence) {
    if (index(n) > next) return false;
    if (index(n) == next) ++next;
  }
  return next == graph.node_count();
}

std::vector<NodeId> carried_to_given_order(const Graph& graph, std::span<const NodeId> sequence) {
  return Carrier(graph, sequence).run();
}

}  // namespace hcb::search
