// What two plans do with matched nodes: how often each runs, what is kept at the turn, and in which
// order. Nodes of one side alone stand in the list of ops and have no part here.
#include <algorithm>
#include <map>

#include "report/diff_parts.h"

namespace hcb {
namespace {

std::vector<std::size_t> runs_by_node(const DiffSide& side) {
  std::vector<std::size_t> runs(side.graph.nodes.size(), 0);
  for (const NodeId n : side.executions) ++runs[index(n)];
  return runs;
}

std::size_t again(std::size_t runs) { return runs == 0 ? 0 : runs - 1; }

std::vector<RecomputePair> recomputations(const DiffSide& before, const DiffSide& after,
                                          const NodeMatch& match) {
  const auto before_runs = runs_by_node(before);
  const auto after_runs = runs_by_node(after);
  std::vector<RecomputePair> pairs;
  for (std::size_t n = 0; n < after_runs.size(); ++n) {
    if (match.to_old[n] == kNone<NodeId>) continue;
    const std::size_t was = again(before_runs[index(match.to_old[n])]);
    const std::size_t is = again(after_runs[n]);
    if (was != is) pairs.push_back({op_name(after.graph, id_at<NodeId>(n)), was, is});
  }
  return pairs;
}

// A buffer by the node that makes it, and its place among that node's buffers.
struct Made {
  NodeId node = kNone<NodeId>;
  std::size_t place = 0;
  friend auto operator<=>(const Made&, const Made&) = default;
};

std::vector<Made> made_by(const GraphRecord& graph) {
  std::vector<Made> made;
  std::vector<std::size_t> next(graph.nodes.size(), 0);
  for (const BufferRecord& buffer : graph.buffers) {
    const bool owned = buffer.owner != kNone<NodeId>;
    made.push_back({buffer.owner, owned ? next[index(buffer.owner)]++ : 0});
  }
  return made;
}

// Checkpoints under the names of NEW's nodes; those of removed nodes are in `lost`.
std::map<Made, BufferId> translated(const DiffSide& side, const std::vector<NodeId>* to_new,
                                    std::vector<BufferId>& lost) {
  const std::vector<Made> made = made_by(side.graph);
  std::map<Made, BufferId> kept;
  for (const BufferId b : side.kept) {
    Made key = made[index(b)];
    if (key.node != kNone<NodeId> && to_new != nullptr) key.node = (*to_new)[index(key.node)];
    if (key.node == kNone<NodeId>) {
      lost.push_back(b);
    } else {
      kept.emplace(key, b);
    }
  }
  return kept;
}

KeptChange kept_change(const DiffSide& side, BufferId b, bool added) {
  const BufferRecord& buffer = side.graph.buffers[index(b)];
  return {buffer.name, buffer.bytes, added};
}

std::vector<KeptChange> checkpoints(const DiffSide& before, const DiffSide& after,
                                    const NodeMatch& match) {
  std::vector<BufferId> removed;
  std::vector<BufferId> added;
  const auto was = translated(before, &match.to_new, removed);
  const auto is = translated(after, nullptr, added);
  for (const auto& [key, b] : was) {
    if (!is.contains(key)) removed.push_back(b);
  }
  for (const auto& [key, b] : is) {
    if (!was.contains(key)) added.push_back(b);
  }
  std::vector<KeptChange> changes;
  changes.reserve(removed.size() + added.size());
  for (const BufferId b : removed) changes.push_back(kept_change(before, b, false));
  for (const BufferId b : added) changes.push_back(kept_change(after, b, true));
  std::ranges::stable_sort(changes, std::greater{}, &KeptChange::bytes);
  return changes;
}

// The next position at or behind `i` whose node the other side has too.
std::size_t matched_from(const std::vector<NodeId>& executions, std::size_t i,
                         const std::vector<NodeId>& partner) {
  while (i < executions.size() && partner[index(executions[i])] == kNone<NodeId>) ++i;
  return i;
}

std::optional<OrderChange> order_change(const DiffSide& before, const DiffSide& after,
                                        const NodeMatch& match) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (true) {
    i = matched_from(before.executions, i, match.to_new);
    j = matched_from(after.executions, j, match.to_old);
    const bool ended = i == before.executions.size();
    const bool new_ended = j == after.executions.size();
    if (ended && new_ended) return std::nullopt;
    const bool same =
        !ended && !new_ended && match.to_new[index(before.executions[i])] == after.executions[j];
    if (!same) {
      OrderChange change{.execution = i};
      if (!ended) change.before = op_name(before.graph, before.executions[i]);
      if (!new_ended) change.after = op_name(after.graph, after.executions[j]);
      return change;
    }
    ++i;
    ++j;
  }
}

}  // namespace

void compare_schedules(const DiffSide& before, const DiffSide& after, const NodeMatch& match,
                       Diff& diff) {
  diff.recomputed = recomputations(before, after, match);
  diff.kept = checkpoints(before, after, match);
  diff.order = order_change(before, after, match);
}

}  // namespace hcb
