#include "schedule/search/repair.h"

#include <algorithm>
#include <limits>
#include <span>

namespace hcb::search {
namespace {

using Wide = __int128;

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t kLook = 64;  // cuts between two looks at whether to stop

constexpr Nanos kMostRepeats = 1 << 16;

// Is a/b < c/d? All positive or zero, b and d positive.
bool less_ratio(Nanos a, Bytes b, Nanos c, Bytes d) {
  return static_cast<Wide>(a) * d < static_cast<Wide>(c) * b;
}

}  // namespace

Repair::Repair(State& state, Bytes budget)
    : state_(state),
      problem_(state.problem()),
      budget_(budget),
      closure_(state, budget),
      last_cut_(problem_.buffer_count(), 0),
      made_cuts_(1) {
  for (const BufferId b : problem_.graph->buffers()) {
    if (problem_.bytes[b] == 0) continue;
    if (problem_.graph->readers(b).empty() && problem_.is_output[b] == 0) continue;
    if (problem_.replayable[problem_.owner[b]] != 0) candidates_.push_back(b);
  }
}

// Bytes that another execution of `owner` at `before` takes off the slot `peak`.
Bytes Repair::relief(NodeId owner, std::uint32_t peak, std::uint32_t before) const {
  Bytes sum = 0;
  for (const BufferId b : problem_.makes[owner]) {
    const auto events = state_.events(b);
    const std::size_t i = state_.event_from(b, peak);
    if (i == 0) continue;
    const bool held = i == events.size()
                          ? problem_.is_output[b] != 0
                          : !state_.makes(b, events[i]) && state_.slot(events[i]) >= before;
    if (held) sum += problem_.bytes[b];
  }
  return sum;
}

// An output that nothing uses behind the peak may be made again where memory is within the budget
// for good, or at the very end.
void Repair::consider(BufferId b, Exec peak, const RepairOptions& options, Prng& random) {
  const auto events = state_.events(b);
  const std::uint32_t slot = state_.slot(peak);
  if (state_.slot(events.front()) >= slot) return;
  if (state_.slot(events.back()) < slot) {
    if (problem_.is_output[b] == 0 || !options.outputs) return;
    consider_at(b, kEndOfStep, peak, options, random);
    if (room_ != kEndOfStep) consider_at(b, room_, peak, options, random);
    return;
  }
  const std::size_t i = state_.event_from(b, slot);
  if (i == 0 || i == events.size() || events[i] == peak || state_.makes(b, events[i])) return;
  consider_at(b, events[i], peak, options, random);
}

void Repair::consider_at(BufferId b, Exec at, Exec peak, const RepairOptions& options,
                         Prng& random) {
  const std::uint32_t slot = state_.slot(peak);
  Bytes relieved = relief(problem_.owner[b], slot, state_.slot(at));
  const Nanos noise = 256 + random.below(options.noise + 1);
  Nanos limit = options.limit - state_.extra();
  if (best_.buffer != kNone<BufferId>) {
    // No closure that costs more per byte than the best one so far needs to be finished.
    const Wide most =
        static_cast<Wide>(best_.time) * relieved / (static_cast<Wide>(best_.relief) * noise);
    limit = static_cast<Nanos>(std::min<Wide>(limit, most));
  }
  work_ += 2;
  if (!closure_.find(b, at, limit, slot, options.price)) return;
  relieved -= closure_.held();
  if (relieved <= 0) return;
  if (options.cap) relieved = std::min(relieved, over_);
  work_ += closure_.nodes().size();
  const Nanos time = closure_.time() * noise * (options.damp ? repeats(b, at) : 1);
  if (best_.buffer == kNone<BufferId> || less_ratio(time, relieved, best_.time, best_.relief)) {
    best_ = {.buffer = b, .before = at, .time = time, .relief = relieved};
  }
}

bool Repair::cut_one(Exec e, const RepairOptions& options, Prng& random) {
  best_ = {};
  over_ = std::max<Bytes>(1, state_.peak() - budget_);
  room_ = state_.peak() > budget_ ? state_.behind_last_over(budget_) : state_.next(e);
  for (const BufferId b : candidates_) consider(b, e, options, random);
  work_ += candidates_.size() / 16;
  if (best_.buffer == kNone<BufferId>) return false;
  if (!closure_.find(best_.buffer, best_.before, options.limit - state_.extra(), state_.slot(e),
                     options.price))
    return false;
  closure_.insert(state_);
  remember(best_.buffer, best_.before);
  return true;
}

// 2 to the number of times that `b` was made again before `before` in this repair.
Nanos Repair::repeats(BufferId b, Exec before) const {
  Nanos factor = 1;
  for (std::uint32_t i = last_cut_[b]; i != 0; i = made_cuts_[i].earlier) {
    if (made_cuts_[i].before == before && factor < kMostRepeats) factor *= 2;
  }
  return factor;
}

void Repair::remember(BufferId b, Exec before) {
  made_cuts_.push_back({.buffer = b, .before = before, .earlier = last_cut_[b]});
  last_cut_[b] = static_cast<std::uint32_t>(made_cuts_.size() - 1);
}

void Repair::forget_cuts() {
  for (const MadeCut& cut : std::span(made_cuts_).subspan(1)) last_cut_[cut.buffer] = 0;
  made_cuts_.resize(1);
}

bool Repair::run(const RepairOptions& options, Prng& random, const Context& context) {
  forget_cuts();
  const std::uint64_t last = options.work == 0 ? kNoLimit : work_ + options.work;
  for (std::uint32_t cuts = 0; state_.peak() > budget_; ++cuts) {
    if (cuts == options.cuts || work_ >= last) return false;
    if (cuts % kLook == kLook - 1 && context.cancelled()) return false;
    if (!cut_one(state_.peak_exec(), options, random)) return false;
  }
  return true;
}

}  // namespace hcb::search
