// Breadth first over producers of what is gone; nodes carry the number of the search that saw them,
// so nothing is cleared between searches.
#include "schedule/search/closure.h"

#include <algorithm>

namespace hcb::search {

Closure::Closure(const State& state, Bytes budget)
    : state_(state),
      problem_(state.problem()),
      budget_(budget),
      seen_(problem_.node_count(), 0),
      held_in_(problem_.buffer_count(), 0) {}

bool Closure::live(BufferId b, std::uint32_t slot) const {
  const std::size_t i = state_.event_from(b, slot);
  const auto events = state_.events(b);
  if (i == events.size()) return problem_.is_output[b] != 0;
  return !state_.makes(b, events[i]);
}

// Is `b`, which is gone by `slot`, to be held on to it?
bool Closure::hold(BufferId b, std::uint32_t slot, std::uint32_t peak, const Price& price) {
  if (held_in_[b] == epoch_) return true;
  const std::size_t i = state_.event_from(b, slot);
  const std::uint32_t last = state_.slot(state_.events(b)[i - 1]);
  const bool over_peak = last < peak && peak < slot;
  const Bytes most = over_peak ? state_.peak() : state_.peak_between(last, slot);
  if (most + problem_.bytes[b] <= budget_) return true;
  if (price.time == 0 || last >= peak) return false;
  if (static_cast<__int128>(problem_.time[problem_.owner[b]]) * price.bytes <=
      static_cast<__int128>(price.time) * problem_.bytes[b])
    return false;
  held_in_[b] = epoch_;
  held_ += problem_.bytes[b];
  return true;
}

bool Closure::add(NodeId n, std::uint32_t slot, Nanos limit) {
  if (seen_[n] == epoch_) return true;
  seen_[n] = epoch_;
  time_ += problem_.time[n];
  nodes_.push_back(n);
  return time_ <= limit && state_.may_replay(n, slot);
}

bool Closure::find(BufferId b, Exec at, Nanos limit, std::uint32_t peak, const Price& price) {
  ++epoch_;
  nodes_.clear();
  time_ = 0;
  held_ = 0;
  at_ = at;
  const std::uint32_t slot = state_.slot(at);
  if (!add(problem_.owner[b], slot, limit)) return false;
  for (std::size_t next = 0; next < nodes_.size(); ++next) {
    for (const BufferId x : problem_.reads[nodes_[next]]) {
      if (live(x, slot) || seen_[problem_.owner[x]] == epoch_ || hold(x, slot, peak, price))
        continue;
      if (!add(problem_.owner[x], slot, limit)) return false;
    }
  }
  return true;
}

void Closure::insert(State& state) {
  std::ranges::sort(nodes_);
  for (const NodeId n : nodes_) state.insert_before(at_, n);
}

}  // namespace hcb::search
