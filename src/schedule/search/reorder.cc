// Candidates are tried in random order, up to a few; a try costs as many operations of the state as
// nodes move, twice.
#include "schedule/search/reorder.h"

#include <algorithm>

namespace hcb::search {
namespace {

constexpr std::size_t kMostMoved = 12;
constexpr std::uint32_t kTries = 24;
constexpr int kSkipped = 4;  // executions that stay in front of what moves earlier

}  // namespace

Reorder::Reorder(State& state)
    : state_(state),
      problem_(state.problem()),
      mutates_(problem_.node_count(), 0),
      in_set_(problem_.node_count(), 0) {
  for (const NodeId n : problem_.graph->nodes()) {
    for (const NodeId m : problem_.mutators[n]) mutates_[m] = 1;
  }
}

bool Reorder::add(NodeId n) {
  if (in_set_[n] == epoch_) return true;
  if (set_.size() == kMostMoved) return false;
  in_set_[n] = epoch_;
  set_.push_back(n);
  return true;
}

// With the nodes of the set, all that follow them and run first before `at`. False where there are
// too many, or one of them runs again before `at`.
bool Reorder::add_successors(Exec at) {
  const std::uint32_t slot = state_.slot(at);
  for (std::size_t i = 0; i < set_.size(); ++i) {
    const auto runs = state_.runs(set_[i]);
    if (runs.size() > 1 && state_.slot(runs[1]) < slot) return false;
    for (const NodeId m : problem_.graph->successors(set_[i])) {
      if (first_slot(m) < slot && !add(m)) return false;
    }
  }
  return true;
}

bool Reorder::add_predecessors(Exec at) {
  const std::uint32_t slot = state_.slot(at);
  for (std::size_t i = 0; i < set_.size(); ++i) {
    if (mutates_[set_[i]] != 0) return false;
    for (const NodeId m : problem_.graph->predecessors(set_[i])) {
      if (first_slot(m) >= slot && !add(m)) return false;
    }
  }
  return true;
}

// One at a time, so that every node stays behind what it reads: later from the last one on, earlier
// from the first. Inserted before it is erased: the sequence is valid in between.
void Reorder::move_before(Exec at, bool later) {
  std::ranges::sort(set_, {}, [&](NodeId n) { return first_slot(n); });
  if (later) std::ranges::reverse(set_);
  for (const NodeId n : set_) {
    const Exec old = state_.runs(n).front();
    const Exec moved = state_.insert_before(at, n);
    state_.erase(old);
    if (later) at = moved;
  }
  work_ += 8 * set_.size();
}

// Keeps the move where memory between old and new places is below the peak then.
bool Reorder::try_before(Exec at) {
  const auto by_slot = [&](NodeId n) { return first_slot(n); };
  const auto [lowest, highest] = std::ranges::minmax(set_, {}, by_slot);
  const Exec first = state_.runs(lowest).front();
  const Exec last = state_.runs(highest).front();
  const bool later = state_.slot(first) < state_.slot(at);
  const Exec before = later ? state_.prev(first) : state_.prev(at);
  const Exec behind = later ? at : state_.next(last);
  const Bytes peak = state_.peak();
  const std::size_t mark = state_.mark();
  move_before(at, later);
  const std::uint32_t from = before == kEndOfStep ? 0 : state_.slot(before);
  if (state_.peak_between(from, state_.slot(behind)) < peak) return true;
  state_.undo(mark);
  return false;
}

// Directly behind the peak, else directly before the first reader.
bool Reorder::make_later(BufferId b, Exec peak) {
  const NodeId n = problem_.owner[b];
  const Exec made = state_.runs(n).front();
  if (made == peak || first_slot(n) > state_.slot(peak)) return false;
  const auto events = state_.events(b);
  const std::size_t behind = state_.event_from(b, state_.slot(peak) + 1);
  for (std::size_t i = 0; i < behind; ++i) {
    if (events[i] != made && state_.is_replay(events[i])) return false;
  }
  const Exec reader = behind < events.size() ? events[behind] : kEndOfStep;
  return move_later(n, state_.next(peak), peak) || move_later(n, reader, peak);
}

bool Reorder::move_later(NodeId n, Exec at, Exec peak) {
  begin_set();
  return add(n) && add_successors(at) && in_set_[state_.node(peak)] != epoch_ && try_before(at);
}

// Directly before the peak, else directly behind the last use there or what else has to be in front.
bool Reorder::make_earlier(BufferId b, Exec peak) {
  const std::size_t behind = state_.event_from(b, state_.slot(peak));
  if (behind == 0) return false;
  if (!collect_readers(b, behind, peak)) return false;
  if (in_set_[state_.node(peak)] != epoch_ && try_before(peak)) return true;
  Exec at = state_.next(state_.events(b)[behind - 1]);
  for (int skipped = 0; skipped < kSkipped && at != peak; ++skipped, at = state_.next(at)) {
    if (!collect_readers(b, behind, at) || in_set_[state_.node(peak)] == epoch_) return false;
    if (in_set_[state_.node(at)] != epoch_) return try_before(at);
  }
  return false;
}

// All uses from the event `behind` on until b is made again, and what they need from behind `at`.
bool Reorder::collect_readers(BufferId b, std::size_t behind, Exec at) {
  const auto events = state_.events(b);
  begin_set();
  for (std::size_t i = behind; i < events.size() && !state_.makes(b, events[i]); ++i) {
    if (state_.is_replay(events[i]) || !add(state_.node(events[i]))) return false;
  }
  return !set_.empty() && add_predecessors(at);
}

void Reorder::begin_set() {
  ++epoch_;
  set_.clear();
}

void Reorder::collect_live(std::uint32_t slot) {
  live_.clear();
  for (const BufferId b : problem_.graph->buffers()) {
    if (problem_.bytes[b] == 0) continue;
    const auto events = state_.events(b);
    const std::size_t i = state_.event_from(b, slot);
    const bool live = i == 0               ? false
                      : i == events.size() ? problem_.is_output[b] != 0
                                           : !state_.makes(b, events[i]);
    if (live) live_.push_back(b);
  }
  work_ += problem_.buffer_count() / 8;
}

bool Reorder::lower(Exec peak, Prng& random) {
  collect_live(state_.slot(peak));
  for (std::uint32_t tries = 0; tries < kTries && !live_.empty(); ++tries) {
    const std::uint32_t pick = random.below(static_cast<std::uint32_t>(live_.size()));
    const BufferId b = live_[pick];
    live_[pick] = live_.back();
    live_.pop_back();
    work_ += 4;
    const bool later_first = random.below(2) == 0;
    if (later_first ? make_later(b, peak) || make_earlier(b, peak)
                    : make_earlier(b, peak) || make_later(b, peak))
      return true;
  }
  return false;
}

void Reorder::shift_one(Prng& random) {
  const auto nodes = static_cast<std::uint32_t>(problem_.node_count());
  const auto n = static_cast<NodeId>(random.below(nodes));
  const auto to = static_cast<NodeId>(random.below(nodes));
  const Exec at = state_.runs(to).front();
  if (n == to) return;
  begin_set();
  const bool later = first_slot(n) < state_.slot(at);
  if (!add(n) || !(later ? add_successors(at) : add_predecessors(at))) return;
  if (in_set_[to] != epoch_) move_before(at, later);
}

}  // namespace hcb::search
