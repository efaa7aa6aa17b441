// Events of a buffer are kept in one sorted list, productions and uses together, so that the
// incarnation an execution belongs to is found by one search and changes only at its neighbours:
//
//     use, last of its incarnation      extends or cuts it back to the event before
//     production between two uses       splits or joins: nobody holds the buffer between
//     production behind the last use    a new incarnation of its own
//
// An output that takes over its donor's storage is taken off the slot of the donor's last use.
#include "schedule/search/state.h"

#include <algorithm>
#include <bit>

namespace hcb::search {

namespace {
// Slots per execution after a re-spread, at least. A slot takes 28 bytes: on a long schedule they
// are most of the state.
constexpr std::size_t kLong = 50'000;  // executions
std::size_t least_slots(std::size_t executions) { return executions < kLong ? 8 : 4; }
}  // namespace

State::State(const Problem& problem)
    : problem_(&problem),
      replayed_at_(problem.node_count(), 0),
      runs_(problem.node_count()),
      events_(problem.buffer_count()) {
  for (const Nanos t : problem.time) base_time_ += t;
  const auto all = problem.graph->nodes();
  load(std::vector<NodeId>(all.begin(), all.end()));
}

void State::load(std::span<const NodeId> sequence) {
  exec_.assign(1, Execution{});
  unused_.clear();
  log_.clear();
  replayed_.clear();
  time_ = 0;
  for (auto& runs : runs_) runs.clear();
  for (auto& events : events_) events.clear();
  for (const NodeId n : sequence) {
    const auto e = static_cast<Exec>(exec_.size());
    exec_.push_back({.node = n, .next = kEndOfStep, .prev = exec_[kEndOfStep].prev});
    exec_[exec_[e].prev].next = e;
    exec_[kEndOfStep].prev = e;
    runs_[n].push_back(e);
    if (runs_[n].size() == 2) enter_replayed(n);
    for (const BufferId b : problem_->reads[n]) events_[b].push_back(e);
    for (const BufferId b : problem_->makes[n]) events_[b].push_back(e);
    time_ += problem_->time[n];
  }
  executions_ = sequence.size();
  spread();
}

std::vector<NodeId> State::sequence() const {
  std::vector<NodeId> nodes;
  nodes.reserve(executions_);
  for (Exec e = first(); e != kEndOfStep; e = exec_[e].next) nodes.push_back(exec_[e].node);
  return nodes;
}

void State::spread() {
  const std::size_t slots = std::bit_ceil(least_slots(executions_) * (executions_ + 2));
  at_slot_.assign(slots, kEndOfStep);
  const std::size_t step = slots / (executions_ + 2);
  std::size_t slot = 0;
  for (Exec e = first(); e != kEndOfStep; e = exec_[e].next) {
    slot += step;
    exec_[e].slot = static_cast<std::uint32_t>(slot);
    at_slot_[slot] = e;
  }
  exec_[kEndOfStep].slot = static_cast<std::uint32_t>(slots);
  const std::span<Bytes> memory = memory_.reset(slots);
  collect_changes(memory);
  for (std::size_t s = 1; s < slots; ++s) memory[s] += memory[s - 1];
  memory_.build();
  ++spreads_;
  operations_ += executions_ / 4;
}

void State::collect_changes(std::span<Bytes> change) const {
  const auto add = [&](std::uint32_t first, std::uint32_t last, Bytes bytes) {
    change[first] += bytes;
    if (last < end_slot()) change[last] -= bytes;
  };
  for (Exec e = first(); e != kEndOfStep; e = exec_[e].next) {
    add(exec_[e].slot, exec_[e].slot + 1, problem_->workspace[exec_[e].node]);
  }
  for (const BufferId b : problem_->graph->buffers()) {
    const auto& events = events_[b];
    for (std::size_t i = 0, made = 0; i < events.size(); ++i) {
      if (makes(b, events[i])) made = i;
      if (i + 1 < events.size() && !makes(b, events[i + 1])) continue;
      const bool ends = ends_there(b, i);
      add(exec_[events[made]].slot, ends ? exec_[events[i]].slot + 1 : end_slot(),
          problem_->bytes[b]);
      if (!ends || i == made) continue;
      for (const Taker& taker : problem_->takers[b]) {
        const Exec e = events[i];
        if (taker.node == exec_[e].node) add(exec_[e].slot, exec_[e].slot + 1, -taker.bytes);
      }
    }
  }
}

std::size_t State::event_from(BufferId b, std::uint32_t slot) const {
  const auto& events = events_[b];
  if (events.size() <= 8) {
    std::size_t i = 0;
    while (i < events.size() && exec_[events[i]].slot < slot) ++i;
    return i;
  }
  const auto found =
      std::ranges::lower_bound(events, slot, {}, [&](Exec e) { return exec_[e].slot; });
  return static_cast<std::size_t>(found - events.begin());
}

// Does the incarnation that event `i` belongs to end with it? (An output's last one does not.)
bool State::ends_there(BufferId b, std::size_t i) const {
  const auto& events = events_[b];
  return i + 1 < events.size() ? makes(b, events[i + 1]) : problem_->is_output[b] == 0;
}

void State::take_over(BufferId donor, Exec e, bool apply) {
  for (const Taker& taker : problem_->takers[donor]) {
    if (taker.node != exec_[e].node) continue;
    change(exec_[e].slot, exec_[e].slot + 1, apply ? -taker.bytes : taker.bytes);
  }
}

void State::add_use(BufferId b, Exec e) {
  auto& events = events_[b];
  const std::size_t i = event_from(b, exec_[e].slot);
  events.insert(events.begin() + static_cast<std::ptrdiff_t>(i), e);
  if (!ends_there(b, i)) return;
  const Exec before = events[i - 1];
  change(exec_[before].slot + 1, exec_[e].slot + 1, problem_->bytes[b]);
  if (!makes(b, before)) take_over(b, before, false);
  take_over(b, e, true);
}

void State::remove_use(BufferId b, Exec e) {
  auto& events = events_[b];
  const std::size_t i = event_from(b, exec_[e].slot);
  if (ends_there(b, i)) {
    const Exec before = events[i - 1];
    change(exec_[before].slot + 1, exec_[e].slot + 1, -problem_->bytes[b]);
    if (!makes(b, before)) take_over(b, before, true);
    take_over(b, e, false);
  }
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(i));
}

void State::add_production(BufferId b, Exec e) {
  auto& events = events_[b];
  const std::size_t i = event_from(b, exec_[e].slot);
  events.insert(events.begin() + static_cast<std::ptrdiff_t>(i), e);
  if (i == 0) {
    const std::uint32_t last = ends_there(b, i) ? exec_[e].slot + 1 : end_slot();
    change(exec_[e].slot, last, problem_->bytes[b]);
    return;
  }
  if (ends_there(b, i)) {
    change(exec_[e].slot, exec_[e].slot + 1, problem_->bytes[b]);
    return;
  }
  const Exec before = events[i - 1];
  change(exec_[before].slot + 1, exec_[e].slot, -problem_->bytes[b]);
  if (!makes(b, before)) take_over(b, before, true);
}

void State::remove_production(BufferId b, Exec e) {
  auto& events = events_[b];
  const std::size_t i = event_from(b, exec_[e].slot);
  if (ends_there(b, i)) {
    change(exec_[e].slot, exec_[e].slot + 1, -problem_->bytes[b]);
  } else if (i == 0) {
    change(exec_[e].slot, end_slot(), -problem_->bytes[b]);
  } else {
    const Exec before = events[i - 1];
    change(exec_[before].slot + 1, exec_[e].slot, problem_->bytes[b]);
    if (!makes(b, before)) take_over(b, before, false);
  }
  events.erase(events.begin() + static_cast<std::ptrdiff_t>(i));
}

std::uint32_t State::free_slot_before(Exec at) {
  for (;;) {
    const Exec before = exec_[at].prev;
    const std::uint32_t low = before == kEndOfStep ? 0 : exec_[before].slot;
    const std::uint32_t high = exec_[at].slot;
    // More is inserted before a replay than behind it.
    if (high - low > 1) return std::min(high - 1, low + (high - low + 1) / 2);
    spread();
  }
}

void State::enter_replayed(NodeId n) {
  replayed_at_[n] = static_cast<std::uint32_t>(replayed_.size());
  replayed_.push_back(n);
}

void State::leave_replayed(NodeId n) {
  const NodeId last = replayed_.back();
  replayed_[replayed_at_[n]] = last;
  replayed_at_[last] = replayed_at_[n];
  replayed_.pop_back();
}

void State::attach(Exec e, NodeId n, Exec next, std::uint32_t slot) {
  const Exec prev = exec_[next].prev;
  exec_[e] = {.node = n, .slot = slot, .next = next, .prev = prev};
  exec_[prev].next = e;
  exec_[next].prev = e;
  at_slot_[slot] = e;
  auto& runs = runs_[n];
  const auto behind = std::ranges::find_if(runs, [&](Exec r) { return exec_[r].slot > slot; });
  runs.insert(behind, e);
  if (runs.size() == 2) enter_replayed(n);
  for (const BufferId b : problem_->reads[n]) add_use(b, e);
  for (const BufferId b : problem_->makes[n]) add_production(b, e);
  if (problem_->workspace[n] > 0) change(slot, slot + 1, problem_->workspace[n]);
  time_ += problem_->time[n];
  ++executions_;
  ++operations_;
}

void State::detach(Exec e) {
  const Execution gone = exec_[e];
  const NodeId n = gone.node;
  for (const BufferId b : problem_->makes[n]) remove_production(b, e);
  for (const BufferId b : problem_->reads[n]) remove_use(b, e);
  if (problem_->workspace[n] > 0) change(gone.slot, gone.slot + 1, -problem_->workspace[n]);
  time_ -= problem_->time[n];
  runs_[n].erase(std::ranges::find(runs_[n], e));
  if (runs_[n].size() == 1) leave_replayed(n);
  exec_[gone.prev].next = gone.next;
  exec_[gone.next].prev = gone.prev;
  at_slot_[gone.slot] = kEndOfStep;
  --executions_;
  ++operations_;
}

Exec State::insert_before(Exec at, NodeId n) {
  const std::uint32_t slot = free_slot_before(at);
  Exec e = static_cast<Exec>(exec_.size());
  if (unused_.empty()) {
    exec_.emplace_back();
  } else {
    e = unused_.back();
    unused_.pop_back();
  }
  attach(e, n, at, slot);
  log_.push_back(
      {.inserted = true, .exec = e, .next = at, .node = n, .slot = slot, .spread = spreads_});
  return e;
}

void State::erase(Exec e) {
  const Execution& gone = exec_[e];
  log_.push_back({.inserted = false,
                  .exec = e,
                  .next = gone.next,
                  .node = gone.node,
                  .slot = gone.slot,
                  .spread = spreads_});
  detach(e);
  unused_.push_back(e);
}

void State::undo(std::size_t mark) {
  while (log_.size() > mark) {
    const Change last = log_.back();
    log_.pop_back();
    if (last.inserted) {
      detach(last.exec);
      unused_.push_back(last.exec);
      continue;
    }
    unused_.pop_back();
    const std::uint32_t slot = last.spread == spreads_ ? last.slot : free_slot_before(last.next);
    attach(last.exec, last.node, last.next, slot);
  }
}

std::vector<NodeId> State::changed(std::size_t mark) const {
  std::vector<NodeId> nodes;
  for (const Change& change : std::span(log_).subspan(mark)) nodes.push_back(change.node);
  std::ranges::sort(nodes);
  nodes.erase(std::ranges::unique(nodes).begin(), nodes.end());
  return nodes;
}

Exec State::behind_last_over(Bytes budget) const {
  std::size_t slot = memory_.last_above(budget - problem_->resident);
  while (at_slot_[slot] == kEndOfStep) --slot;
  return exec_[at_slot_[slot]].next;
}

Bytes State::peak_between(std::uint32_t after, std::uint32_t before) const {
  if (after + 1 >= before) return 0;
  return problem_->resident + memory_.max(after + 1, before);
}

bool State::may_replay(NodeId n, std::uint32_t slot) const {
  if (problem_->replayable[n] == 0) return false;
  for (const NodeId m : problem_->mutators[n]) {
    if (exec_[runs_[m].front()].slot <= slot) return false;
  }
  return true;
}

}  // namespace hcb::search
