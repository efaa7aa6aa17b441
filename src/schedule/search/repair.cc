#include "schedule/search/repair.h"

#include <algorithm>
#include <limits>
#include <span>

namespace hcb::search {
namespace {

using Wide = __int128;

constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t kLook = 64;  // cuts between two looks at whether to stop

constexpr Nanos kUnit = 256;  // times of cuts are multiplied by this, and by noise
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
  const Nanos noise = kUnit + random.below(options.noise + 1);
  Nanos limit = options.limit - state_.extra();
  if (best_.size() == options.look) {
    // No closure that costs more per byte than the best ones so far needs to be finished.
    const Cut& worst = best_.back();
    const Wide most =
        static_cast<Wide>(worst.time) * relieved / (static_cast<Wide>(worst.relief) * noise);
    limit = static_cast<Nanos>(std::min<Wide>(limit, most));
  }
  work_ += 2;
  const Price price = price_for(options);
  if (!closure_.find(b, at, limit, slot, price)) return;
  relieved -= closure_.held();
  if (relieved <= 0) return;
  if (options.cap) relieved = std::min(relieved, over_);
  work_ += closure_.nodes().size();
  const Nanos time = closure_.time() * noise * (options.damp ? repeats(b, at) : 1);
  keep({.buffer = b, .before = at, .time = time, .relief = relieved, .price = price}, options);
}

// What a byte at this peak is worth: what the best cut so far pays for it, before that the last one.
Price Repair::price_for(const RepairOptions& options) const {
  if (!options.adapt || options.price.time > 0) return options.price;
  if (best_.empty()) return last_;
  return {.time = best_.front().time / kUnit, .bytes = best_.front().relief};
}

void Repair::keep(const Cut& cut, const RepairOptions& options) {
  const auto behind = std::ranges::find_if(best_, [&](const Cut& other) {
    return less_ratio(cut.time, cut.relief, other.time, other.relief);
  });
  if (behind == best_.end() && best_.size() == options.look) return;
  if (best_.size() == options.look) {
    std::move_backward(behind, best_.end() - 1, best_.end());
    *behind = cut;
  } else {
    best_.insert(behind, cut);
  }
}

bool Repair::make(const Cut& cut, Exec e, const RepairOptions& options) {
  if (!closure_.find(cut.buffer, cut.before, options.limit - state_.extra(), state_.slot(e),
                     cut.price))
    return false;
  closure_.insert(state_);
  return true;
}

// Bytes over the budget where the cut makes its buffer again.
Bytes Repair::over_behind(const Cut& cut, Exec e, const RepairOptions& options) {
  const Exec last = state_.prev(cut.before);
  const std::size_t mark = state_.mark();
  Bytes over = 0;
  if (make(cut, e, options)) {
    const Bytes most = state_.peak_between(state_.slot(last), state_.slot(cut.before));
    over = std::max<Bytes>(0, most - budget_);
  }
  state_.undo(mark);
  return over;
}

Repair::Cut Repair::best_tried(Exec e, const RepairOptions& options) {
  Cut best = best_.front();
  Bytes net_best = 0;
  for (const Cut& cut : best_) {
    if (net_best > 0 && !less_ratio(cut.time, cut.relief, best.time, net_best)) break;
    const Bytes net = std::max<Bytes>(1, cut.relief - over_behind(cut, e, options));
    if (net_best > 0 && !less_ratio(cut.time, net, best.time, net_best)) continue;
    best = cut;
    net_best = net;
  }
  return best;
}

bool Repair::cut_one(Exec e, const RepairOptions& options, Prng& random) {
  best_.clear();
  over_ = std::max<Bytes>(1, state_.peak() - budget_);
  room_ = state_.peak() > budget_ ? state_.behind_last_over(budget_) : state_.next(e);
  for (const BufferId b : candidates_) consider(b, e, options, random);
  work_ += candidates_.size() / 16;
  if (best_.empty()) return false;
  const Cut cut = best_.size() == 1 ? best_.front() : best_tried(e, options);
  if (!make(cut, e, options)) return false;
  last_ = {.time = cut.time / kUnit, .bytes = cut.relief};
  remember(cut.buffer, cut.before);
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
  last_ = {};
  const std::uint64_t last = options.work == 0 ? kNoLimit : spent() + options.work;
  for (std::uint32_t cuts = 0; state_.peak() > budget_; ++cuts) {
    if (cuts == options.cuts || spent() >= last) return false;
    if (cuts % kLook == kLook - 1 && context.cancelled()) return false;
    if (!cut_one(state_.peak_exec(), options, random)) return false;
  }
  return true;
}

}  // namespace hcb::search
