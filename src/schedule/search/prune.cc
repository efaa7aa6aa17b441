#include "schedule/search/prune.h"

#include <algorithm>

namespace hcb::search {

// Does nobody use what `e` makes of `b` before it is made again?
bool Prune::unread(BufferId b, Exec e) const {
  const auto events = state_.events(b);
  const std::size_t i = state_.event_from(b, state_.slot(e));
  return i + 1 < events.size() ? state_.makes(b, events[i + 1]) : problem_.is_output[b] == 0;
}

// A necessary condition, read only: each buffer alone may be held up to `e`.
bool Prune::room_without(Exec e) const {
  for (const BufferId b : problem_.makes[state_.node(e)]) {
    if (unread(b, e)) continue;
    const auto events = state_.events(b);
    const std::size_t i = state_.event_from(b, state_.slot(e));
    const std::uint32_t before = state_.slot(events[i - 1]);
    if (state_.peak_between(before, state_.slot(e)) + problem_.bytes[b] > budget_) return false;
  }
  return true;
}

bool Prune::try_erase(Exec e) {
  ++work_;
  if (!room_without(e)) return false;
  const NodeId n = state_.node(e);
  const std::size_t mark = state_.mark();
  maybe_unread_.clear();
  for (const BufferId b : problem_.reads[n]) {
    const std::size_t i = state_.event_from(b, state_.slot(e));
    for (std::size_t k = i; k-- > 0;) {
      const Exec maker = state_.events(b)[k];
      if (!state_.makes(b, maker)) continue;
      if (state_.is_replay(maker)) maybe_unread_.push_back(maker);
      break;
    }
  }
  state_.erase(e);
  erase_unread();
  if (state_.peak() <= budget_) return true;
  state_.undo(mark);
  return false;
}

// Erases the replays in maybe_unread_ that nobody reads, and those that only they read.
void Prune::erase_unread() {
  while (!maybe_unread_.empty()) {
    const Exec e = maybe_unread_.back();
    maybe_unread_.pop_back();
    const NodeId n = state_.node(e);
    if (std::ranges::find(state_.runs(n), e) == state_.runs(n).end()) continue;
    const auto all = problem_.makes[n];
    if (!std::ranges::all_of(all, [&](BufferId b) { return unread(b, e); })) continue;
    for (const BufferId b : problem_.reads[n]) {
      const std::size_t i = state_.event_from(b, state_.slot(e));
      for (std::size_t k = i; k-- > 0;) {
        const Exec maker = state_.events(b)[k];
        if (!state_.makes(b, maker)) continue;
        if (state_.is_replay(maker)) maybe_unread_.push_back(maker);
        break;
      }
    }
    state_.erase(e);
  }
}

void Prune::run(std::uint32_t noise, Prng& random) {
  candidates_.clear();
  for (const NodeId n : state_.replayed()) {
    for (const Exec e : state_.runs(n).subspan(1)) {
      const Nanos weight = problem_.time[n] * (256 + random.below(noise + 1));
      candidates_.push_back({.weight = -weight, .exec = e, .node = n});
    }
  }
  std::ranges::sort(candidates_);
  for (const Candidate& c : candidates_) {
    const auto runs = state_.runs(c.node);
    if (std::ranges::find(runs, c.exec) == runs.end()) continue;
    static_cast<void>(try_erase(c.exec));
  }
}

}  // namespace hcb::search
