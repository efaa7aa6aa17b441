#include "schedule/search/search.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "check/simulate.h"

namespace hcb::search {
namespace {

constexpr Nanos kNoLimit = std::numeric_limits<Nanos>::max() / 1024;
constexpr std::uint64_t kFirstRound = 256;  // iterations
constexpr std::size_t kMembers = 8;
constexpr std::uint32_t kLook = 8;     // cuts tried where a start is repaired
constexpr std::uint32_t kCross = 4;    // every so many steps
constexpr std::uint32_t kReorder = 4;  // every so many steps, where the order is free
constexpr Bytes kAbove = 400;          // share of the base peak that a new order may need more
constexpr std::uint32_t kFresh = 4;    // greedy schedules that join a cycle
constexpr std::uint64_t kLate = 2;     // the cycle from which on what follows is done
constexpr std::uint32_t kCut = 192;    // every so many steps, of graphs up to
constexpr std::size_t kCutNodes = 20'000;
constexpr std::size_t kPolished = 12;    // nodes changed by a step, at most
constexpr std::uint64_t kPolishing = 8;  // the last share of a round
constexpr Nanos kNearMiss = 64;  // share of the extra time that a polished step may be above
constexpr std::size_t kWindowStates = 300;

}  // namespace

Search::Search(const Problem& problem, Bytes budget)
    : problem_(problem),
      budget_(budget),
      state_(problem),
      repair_(state_, budget),
      prune_(state_, budget),
      reorder_(state_),
      window_(state_, budget),
      cut_move_(state_, budget),
      random_(1),
      base_peak_(state_.peak()) {}

std::uint64_t Search::work() const {
  return 8 * state_.operations() + repair_.work() + prune_.work() + reorder_.work() +
         window_.work() + cut_move_.work() + crossed_;
}

Found Search::found() const {
  return {.sequence = state_.sequence(), .extra = state_.extra(), .peak = state_.peak()};
}

void Search::record() {
  if (!round_best_ || state_.extra() < round_best_->extra) round_best_ = found();
  if (!best_ || round_best_->extra < best_->extra) best_ = round_best_;
}

// Members differ in extra time; above kMembers the costliest goes.
void Search::keep_as_member(Found schedule) {
  const auto same = [&](const Found& member) { return member.extra == schedule.extra; };
  if (std::ranges::any_of(members_, same)) return;
  members_.push_back(std::move(schedule));
  std::ranges::stable_sort(members_, {}, &Found::extra);
  if (members_.size() > kMembers) members_.pop_back();
}

bool Search::start(std::span<const NodeId> sequence, const RepairOptions& options,
                   const Context& context) {
  in_round_ = 0;  // a round under way is given up: the state is another schedule's now
  state_.load(sequence);
  round_best_.reset();
  if (!repair_.run(options, random_, context)) return false;
  prune_.run(options.noise, random_);
  state_.forget();
  const Nanos before = best_ ? best_->extra : kNoLimit;
  record();
  keep_as_member(*round_best_);
  return best_->extra < before;
}

std::uint32_t Search::most_cuts() const {
  return static_cast<std::uint32_t>(4 * problem_.node_count() + 1000);
}

bool Search::add_start(std::span<const NodeId> sequence, std::uint64_t work,
                       const Context& context) {
  const Nanos limit = best_ ? 4 * best_->extra : 8 * base_time(*problem_.graph);
  return start(sequence,
               {.limit = limit,
                .cuts = most_cuts(),
                .work = work,
                .adapt = true,
                .damp = true,
                .look = kLook},
               context);
}

bool Search::add_start_patiently(std::span<const NodeId> sequence, std::uint64_t work,
                                 const Context& context) {
  RepairOptions options{
      .limit = 64 * base_time(*problem_.graph), .cuts = most_cuts(), .work = work, .damp = true};
  if (start(sequence, options, context)) return true;
  options.adapt = true;
  options.look = kLook;
  return start(sequence, options, context);
}

// Moves first executions while that takes the peak down. A move that lowers memory where it happens
// can raise it elsewhere, and two of them undo each other for ever: after as many moves as there are
// nodes the peak has to be lower than before them.
void Search::settle() {
  Bytes peak = state_.peak();
  std::size_t moves = 0;
  while (state_.peak() > budget_ && reorder_.lower(state_.peak_exec(), random_)) {
    if (++moves < problem_.node_count()) continue;
    if (state_.peak() >= peak) return;
    peak = state_.peak();
    moves = 0;
  }
}

bool Search::add_reordered(std::uint64_t work_limit, const Context& context) {
  const std::uint64_t begun = work();
  state_.load(plain_sequence(*problem_.graph));
  settle();
  state_.forget();
  Found lowest = found();
  while (lowest.peak > budget_ && work() - begun < work_limit && !context.cancelled()) {
    const Bytes before = state_.peak();
    for (std::uint32_t shifts = 1 + random_.below(3); shifts > 0; --shifts)
      reorder_.shift_one(random_);
    settle();
    const auto left =
        static_cast<__int128>(begun + work_limit - std::min(work(), begun + work_limit));
    const auto above = static_cast<Bytes>(base_peak_ / kAbove * left / work_limit);
    if (state_.peak() > before + above * static_cast<Bytes>(random_.below(2))) {
      state_.undo(0);
      continue;
    }
    state_.forget();
    if (state_.peak() < lowest.peak) lowest = found();
  }
  return add_start(lowest.sequence, work_limit, context);
}

void Search::collect_replays() {
  replays_.clear();
  for (const NodeId n : state_.replayed()) {
    for (const Exec e : state_.runs(n).subspan(1)) replays_.push_back(e);
  }
}

void Search::remove_neighbours(Exec centre, std::uint32_t count) {
  const NodeId n = state_.node(centre);
  const auto by_time = random_.below(2) == 0;
  const auto distance = [&](Exec e) -> std::uint64_t {
    const auto a = by_time ? state_.slot(e) : static_cast<std::uint32_t>(index(state_.node(e)));
    const auto b = by_time ? state_.slot(centre) : static_cast<std::uint32_t>(index(n));
    return a > b ? a - b : b - a;
  };
  const std::size_t many = std::min<std::size_t>(count, replays_.size());
  std::ranges::nth_element(replays_, replays_.begin() + static_cast<std::ptrdiff_t>(many - 1), {},
                           [&](Exec e) { return std::pair(distance(e), e); });
  replays_.resize(many);
  for (const Exec e : replays_) {
    if (random_.below(4) != 0) state_.erase(e);
  }
}

void Search::remove_some() {
  collect_replays();
  if (replays_.empty()) return;
  const std::uint32_t count = 1 + random_.below(random_.below(4) == 0 ? 16 : 6);
  const auto size = static_cast<std::uint32_t>(replays_.size());
  if (random_.below(3) != 0) {
    remove_neighbours(replays_[random_.below(size)], count);
    return;
  }
  for (std::uint32_t i = 0; i < count && !replays_.empty(); ++i) {
    const std::uint32_t pick = random_.below(static_cast<std::uint32_t>(replays_.size()));
    state_.erase(replays_[pick]);
    replays_[pick] = replays_.back();
    replays_.pop_back();
  }
}

// Takes over the replays of another member within a window of nodes. What runs again there may be
// cheaper, and is often independent of what runs again elsewhere.
void Search::cross() {
  const Found& other = members_[random_.below(static_cast<std::uint32_t>(members_.size()))];
  const auto nodes = static_cast<std::uint32_t>(problem_.node_count());
  const std::uint32_t widest = random_.below(nodes / 2 + 1);  // drawn in this order everywhere
  const std::uint32_t width = 1 + widest / (1 + random_.below(8));
  const std::uint32_t first = random_.below(nodes);
  const auto inside = [&](NodeId n) { return index(n) >= first && index(n) - first < width; };
  collect_replays();
  for (const Exec e : replays_) {
    if (inside(state_.node(e))) state_.erase(e);
  }
  seen_.assign(problem_.node_count(), 0);
  waiting_.clear();
  for (const NodeId n : other.sequence) {
    if (seen_[n] != 0) {
      if (inside(n)) waiting_.push_back(n);
      continue;
    }
    seen_[n] = 1;
    insert_waiting(state_.runs(n).front());
  }
  insert_waiting(kEndOfStep);
  crossed_ += problem_.node_count() / 4;
}

void Search::insert_waiting(Exec at) {
  for (const NodeId n : waiting_) {
    const std::uint32_t slot = state_.slot(at);
    if (state_.slot(state_.runs(n).front()) < slot && state_.may_replay(n, slot))
      state_.insert_before(at, n);
  }
  waiting_.clear();
}

// What is held over a first execution, and what is made again up to another one behind it.
void Search::cut_segment() {
  const auto nodes = static_cast<std::uint32_t>(problem_.node_count());
  const Exec v = state_.runs(static_cast<NodeId>(random_.below(nodes))).front();
  const std::size_t shorter = random_.below(6);  // drawn in this order everywhere
  std::size_t width = 1 + random_.below(nodes >> shorter);
  Exec w = state_.next(v);
  for (; width > 0 && w != kEndOfStep; --width) w = state_.next(w);
  cut_move_.run(v, w);
}

// A step that comes near to being kept often needs only an exchange among the nodes it changed.
void Search::polish(Nanos before) {
  if (cycle_ < kLate || kPolishing * in_round_ > length_ || 2 * window_.work() > work()) return;
  if (state_.extra() > before + before / kNearMiss) return;
  const auto nodes = state_.changed(0);
  if (nodes.size() > 1 && nodes.size() <= kPolished) window_.improve(nodes, kWindowStates);
}

// About the extra time so far per byte saved so far, times 2^-3 … 2^4; every other time none.
Price Search::draw_price() {
  if (random_.below(2) == 0) return {};
  const Bytes saved = std::max<Bytes>(1, base_peak_ - budget_);
  return {.time = std::max<Nanos>(1, state_.extra() << random_.below(8)), .bytes = saved * 8};
}

void Search::disturb(const RepairOptions& options) {
  if (problem_.reorder && random_.below(kReorder) == 0) {
    reorder_.shift_one(random_);
    remove_some();
    settle();
    return;
  }
  if (cycle_ >= kLate && problem_.node_count() <= kCutNodes && random_.below(kCut) == 0) {
    cut_segment();
  } else if (crosses_ && random_.below(kCross) == 0) {
    cross();
  } else if (random_.below(4) == 0) {
    static_cast<void>(
        repair_.cut_one(state_.peak_exec(), {.noise = 4096, .limit = options.limit}, random_));
  } else {
    remove_some();
  }
}

void Search::step(Nanos allowance, const Context& context) {
  const Nanos before = state_.extra();
  const RepairOptions options{.noise = static_cast<std::uint32_t>(random_.below(3)) * 128,
                              .limit = before + before / 4 + allowance,
                              .price = draw_price(),
                              .cap = random_.below(2) == 0,
                              .outputs = random_.below(2) == 0};
  disturb(options);
  if (repair_.run(options, random_, context)) {
    prune_.run(options.noise, random_);
    polish(before);
    if (state_.extra() <= before + allowance) {
      record();
      state_.forget();
      return;
    }
  }
  state_.undo(0);
}

// Of members of the same extra time one stays: rounds tend to end in the same schedule. The costlier
// half makes room for greedy schedules made with noise.
void Search::begin_cycle(const Context& context) {
  member_ = 0;
  if (cycle_ < 12) ++cycle_;
  length_ = kFirstRound << cycle_;
  if (cycle_ < 2) return;
  std::ranges::stable_sort(members_, {}, &Found::extra);
  const auto same = std::ranges::unique(members_, {}, &Found::extra);
  members_.erase(same.begin(), same.end());
  if (members_.size() > kMembers / 2) members_.resize(kMembers / 2);
  const auto plain = plain_sequence(*problem_.graph);
  for (std::uint32_t i = 1; i <= kFresh; ++i) {
    const RepairOptions options{
        .noise = 128 * i, .limit = 2 * best_->extra, .cuts = most_cuts(), .cap = i % 2 == 0};
    static_cast<void>(start(plain, options, context));
  }
}

void Search::begin_round(const Context& context) {
  if (member_ == members_.size()) begin_cycle(context);
  if (length_ == 0) length_ = kFirstRound;
  state_.load(members_[member_].sequence);
  crosses_ = cycle_ < kLate || 2 * member_ < members_.size();
  round_best_.reset();
  in_round_ = length_;
  record();
}

void Search::end_round() {
  members_[member_] = *round_best_;
  ++member_;
  ++round_;
}

// What may be given up in this iteration: up to 1/32, 1/128 or 1/512 of the extra time, in turn by
// round, falling to nothing with the square of what is left of the round.
Nanos Search::draw_allowance() {
  const auto left = static_cast<__int128>(in_round_);
  const auto length = static_cast<__int128>(length_);
  const Nanos most = best_->extra >> (5 + 2 * (round_ % 3));
  const __int128 top = static_cast<__int128>(most) * left * left / (length * length);
  return static_cast<Nanos>((static_cast<__int128>(random_.next() >> 1) * top) >> 63);
}

void Search::run(std::uint64_t work_limit, Nanos target, const Context& context) {
  while (best_ && work() < work_limit && best_->extra > target && !context.cancelled()) {
    if (in_round_ == 0) begin_round(context);
    step(draw_allowance(), context);
    ++iterations_;
    if (--in_round_ == 0) end_round();
  }
}

}  // namespace hcb::search
