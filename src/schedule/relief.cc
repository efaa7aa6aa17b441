// Events of a buffer are the positions at which its owner or a reader runs: alive at p is what is read
// at or behind p before it is made again. Executions to add are collected per position of the old
// sequence and merged into it once.
#include "schedule/relief.h"

#include <algorithm>
#include <map>

#include "graph/implied.h"

namespace hcb {

ReliefProbe::ReliefProbe(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                         std::span<const NodeId> sequence, const Simulation& before,
                         std::size_t position)
    : graph_(graph),
      size_(size),
      sequence_(sequence),
      before_(before),
      instant_(position),
      closure_(graph),
      first_event_(graph.buffer_count() + 1, 0),
      mutated_(graph.buffer_count(), sequence.size()),
      gone_until_(graph.buffer_count(), 0) {
  const auto each_event = [&](auto&& take) {
    for (std::size_t p = 0; p < sequence_.size(); ++p) {
      for (const BufferId b : graph_.reads(sequence_[p])) take(b, p);
      for (const BufferId b : graph_.makes(sequence_[p])) take(b, p);
    }
  };
  each_event([&](BufferId b, std::size_t) { ++first_event_[index(b) + 1]; });
  for (std::size_t i = 1; i < first_event_.size(); ++i) first_event_[i] += first_event_[i - 1];
  events_.resize(first_event_.back());
  std::vector<std::size_t> next(first_event_.begin(), first_event_.end() - 1);
  each_event([&](BufferId b, std::size_t p) { events_[next[index(b)]++] = p; });
  for (const BufferId b : graph_.buffers()) {
    if (!mutates_resident(graph_, b)) continue;
    const BufferId donor = graph_.donor(b);
    const auto own = event_from(b, 0);
    if (own < first_event_[index(b) + 1]) mutated_[donor] = std::min(mutated_[donor], events_[own]);
  }
}

// Index of the first event of b at or behind `position`.
std::size_t ReliefProbe::event_from(BufferId b, std::size_t position) const {
  const auto begin = events_.begin() + static_cast<std::ptrdiff_t>(first_event_[index(b)]);
  const auto end = events_.begin() + static_cast<std::ptrdiff_t>(first_event_[index(b) + 1]);
  return static_cast<std::size_t>(std::lower_bound(begin, end, position) - events_.begin());
}

// Is b in memory just before `position` in the old sequence, for a use at or behind it?
bool ReliefProbe::alive(BufferId b, std::size_t position) const {
  const std::size_t at = event_from(b, position);
  if (at == first_event_[index(b)]) return false;  // not made yet
  if (at == first_event_[index(b) + 1]) return graph_.is_output(b);
  return sequence_[events_[at]] != graph_.owner(b);
}

// The position before which b is to be made again, the end included; nullopt: it is not alive at the
// instant, or touched there.
std::optional<std::size_t> ReliefProbe::next_use(BufferId b) const {
  if (graph_.resident(b) || size_[b] == 0 || !alive(b, instant_)) return std::nullopt;
  const std::size_t at = event_from(b, instant_);
  if (at == first_event_[index(b) + 1]) return sequence_.size();
  return events_[at] == instant_ ? std::nullopt : std::optional(events_[at]);
}

bool ReliefProbe::may_run(NodeId n, std::size_t position) const {
  if (graph_.flags(n).never_replay) return false;
  return std::ranges::none_of(graph_.inputs(n), [&](ValueId v) {
    return v != kNone<ValueId> && mutated_[graph_.buffer(v)] < position;
  });
}

// Is b there at `position` of the new sequence, with what was let go of and not made again yet?
bool ReliefProbe::there(BufferId b, std::size_t position) const {
  return graph_.resident(b) || (alive(b, position) && gone_until_[b] < position);
}

// What has to run again before `position`, for the node there.
const std::vector<NodeId>& ReliefProbe::made_before(std::size_t position) {
  return closure_.of_inputs(sequence_[position], [&](BufferId b) { return there(b, position); });
}

const std::vector<NodeId>& ReliefProbe::made_at_the_end(std::span<const BufferId> outputs) {
  std::vector<NodeId> owners;
  for (const BufferId b : outputs) owners.push_back(graph_.owner(b));
  return closure_.of_nodes(owners, [&](BufferId b) { return there(b, sequence_.size()); });
}

// The sequence in which `gone`, where gone_until_ is set, is made again.
std::optional<std::vector<NodeId>> ReliefProbe::changed(std::span<const BufferId> gone) {
  std::map<std::size_t, std::vector<BufferId>> by_use;
  for (const BufferId b : gone) {
    if (gone_until_[b] > 0) by_use[gone_until_[b]].push_back(b);
  }
  std::vector<NodeId> result(sequence_.begin(),
                             sequence_.begin() + static_cast<std::ptrdiff_t>(instant_));
  std::size_t copied = instant_;
  std::size_t added = 0;
  for (const auto& [position, buffers] : by_use) {
    const bool at_end = position == sequence_.size();
    const std::vector<NodeId>& nodes = at_end ? made_at_the_end(buffers) : made_before(position);
    added += nodes.size();
    if (added > kMostNodes) return std::nullopt;
    if (!std::ranges::all_of(nodes, [&](NodeId n) { return may_run(n, position); })) {
      for (const BufferId b : buffers) gone_until_[b] = 0;  // they stay
      continue;
    }
    result.insert(result.end(), sequence_.begin() + static_cast<std::ptrdiff_t>(copied),
                  sequence_.begin() + static_cast<std::ptrdiff_t>(position));
    result.insert(result.end(), nodes.begin(), nodes.end());
    copied = position;
  }
  result.insert(result.end(), sequence_.begin() + static_cast<std::ptrdiff_t>(copied),
                sequence_.end());
  return result;
}

std::optional<Relief> ReliefProbe::of(std::span<const BufferId> buffers) {
  for (const BufferId b : buffers) gone_until_[b] = next_use(b).value_or(0);
  const auto sequence = changed(buffers);
  for (const BufferId b : buffers) gone_until_[b] = 0;
  if (!sequence || sequence->size() == sequence_.size()) return std::nullopt;
  const auto after = simulate(graph_, *sequence, size_);
  if (!after) return std::nullopt;
  const Relief relief{before_.memory[instant_] - after->memory[instant_],
                      after->extra_time - before_.extra_time, after->peak};
  return relief.bytes > 0 ? std::optional(relief) : std::nullopt;
}

}  // namespace hcb
