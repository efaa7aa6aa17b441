// One pass over the base order with the set of missing buffers. At a moment the set is reset to
// what the program says; before every base step the missing inputs are closed over and run in
// ascending order. What the next moment keeps and is missing is made just before it.
#include "schedule/bounds/placement.h"

#include <algorithm>

#include "schedule/closure.h"

namespace hcb {
namespace {

class Placement {
 public:
  Placement(const MomentSystem& system, const std::vector<IdVector<BufferId, char>>& kept,
            const std::vector<IdVector<NodeId, char>>& again)
      : system_(system),
        graph_(system.graph()),
        kept_(kept),
        again_(again),
        missing_(graph_.buffer_count(), 0),
        closure_(graph_) {}

  std::vector<NodeId> run() && {
    std::size_t next = 0;
    for (const NodeId n : graph_.nodes()) {
      for (const BufferId b : graph_.reads(n)) want(b);
      if (next < system_.moment_count() && system_.spec().moments[next] == n) {
        const std::size_t k = next++;
        if (k > 0) run_gap(k - 1);
        for (const BufferId b : graph_.buffers()) {
          if (k > 0 && system_.open(k, b) && kept_[k][b]) want(b);
        }
        make_again();
        drop_at(k);
      }
      make_again();
      sequence_.push_back(n);
    }
    run_gap(system_.moment_count() - 1);
    for (const BufferId b : graph_.buffers()) {
      if (graph_.is_output(b)) want(b);
    }
    make_again();
    return std::move(sequence_);
  }

 private:
  void drop_at(std::size_t k) {
    for (const BufferId b : graph_.buffers()) {
      if (!system_.open(k, b) || graph_.flags(graph_.owner(b)).never_replay) continue;
      if (index(graph_.owner(b)) >= index(system_.spec().moments[k])) continue;
      missing_[b] = !kept_[k][b];
    }
  }

  void run_gap(std::size_t k) {
    if (again_.empty() || !system_.is_gap(k)) return;
    for (const NodeId i : graph_.nodes()) {
      if (again_[k][i] && system_.replayable(k, i)) wanted_.push_back(i);
    }
  }

  void want(BufferId b) {
    if (missing_[b]) wanted_.push_back(graph_.owner(b));
  }

  void make_again() {
    for (const NodeId i : closure_.of_nodes(wanted_, [&](BufferId b) { return !missing_[b]; })) {
      sequence_.push_back(i);
      for (const BufferId b : graph_.makes(i)) missing_[b] = 0;
    }
    wanted_.clear();
  }

  const MomentSystem& system_;
  const Graph& graph_;
  const std::vector<IdVector<BufferId, char>>& kept_;
  const std::vector<IdVector<NodeId, char>>& again_;
  IdVector<BufferId, char> missing_;
  Closure closure_;
  std::vector<NodeId> wanted_;
  std::vector<NodeId> sequence_;
};

}  // namespace

bool has_plain_gaps(std::span<const NodeId> sequence) {
  std::size_t next = 0;   // first executions so far
  std::size_t least = 0;  // of what may run again here
  for (const NodeId n : sequence) {
    const bool first = index(n) == next;
    if (!first && (index(n) > next || index(n) < least)) return false;
    next += first ? 1 : 0;
    least = first ? 0 : index(n) + 1;
  }
  return true;
}

std::vector<NodeId> sort_gaps(std::vector<NodeId> sequence) {
  std::size_t next = 0;
  auto gap = sequence.begin();
  for (auto at = sequence.begin(); at != sequence.end(); ++at) {
    if (index(*at) != next) continue;
    std::ranges::sort(gap, at);
    gap = at + 1;
    ++next;
  }
  std::ranges::sort(gap, sequence.end());
  return sequence;
}

std::vector<NodeId> place_late(const MomentSystem& system,
                               const std::vector<IdVector<BufferId, char>>& kept,
                               const std::vector<IdVector<NodeId, char>>& again) {
  return Placement(system, kept, again).run();
}

}  // namespace hcb
