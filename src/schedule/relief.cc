// Closures go into the search state one after the other, so that each sees what those before it left;
// then memory and time are read off the state and everything is taken back.
#include "schedule/relief.h"

#include <limits>

namespace hcb {

ReliefProbe::ReliefProbe(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes resident,
                         std::span<const NodeId> sequence, std::size_t position)
    : problem_(graph, size, resident), state_(problem_), closure_(state_, 0) {
  state_.load(sequence);
  state_.forget();
  instant_ = state_.first();
  for (std::size_t i = 0; i < position; ++i) instant_ = state_.next(instant_);
  before_ = memory();
  extra_before_ = state_.extra();
}

Bytes ReliefProbe::memory() const {
  const std::uint32_t slot = state_.slot(instant_);
  return state_.peak_between(slot - 1, slot + 1);
}

// The use before which b is to be made again; nullopt: b is not there, or touched at the instant.
std::optional<search::Exec> ReliefProbe::next_use(BufferId b) const {
  const auto events = state_.events(b);
  const std::size_t i = state_.event_from(b, state_.slot(instant_));
  if (i == 0) return std::nullopt;
  if (i == events.size()) {
    return problem_.is_output[b] != 0 ? std::optional(search::kEndOfStep) : std::nullopt;
  }
  if (events[i] == instant_ || state_.makes(b, events[i])) return std::nullopt;
  return events[i];
}

std::optional<Relief> ReliefProbe::of(std::span<const BufferId> buffers) {
  const std::size_t mark = state_.mark();
  std::size_t looked_at = 0;
  for (const BufferId b : buffers) {
    if (problem_.bytes[b] == 0 || problem_.replayable[problem_.owner[b]] == 0) continue;
    const auto use = next_use(b);
    if (!use) continue;
    const bool found = closure_.find(b, *use, std::numeric_limits<Nanos>::max(),
                                     state_.slot(instant_), search::Price{});
    looked_at += closure_.nodes().size();
    if (looked_at > kMostNodes) break;
    if (found) closure_.insert(state_);
  }
  const Relief relief{before_ - memory(), state_.extra() - extra_before_, state_.peak()};
  state_.undo(mark);
  if (looked_at > kMostNodes || relief.bytes <= 0) return std::nullopt;
  return relief;
}

}  // namespace hcb
