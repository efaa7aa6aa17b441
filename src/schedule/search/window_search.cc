// Three things keep the states few and lose nothing, as in schedule/exact_search.cc:
// - Holding more is never worse, since what is held can be let go later: a move lets go only of
//   inclusion-minimal sets that make room, and a state whose held set is part of that of a state at
//   the same gap that took no more time is dropped.
// - A buffer that nothing to come can need is not part of a state.
// - What is left takes at least one execution of every node whose result is missing, directly or
//   through missing inputs that no step makes. Running a node takes at most its own time off this.
// Source: Hart, Nilsson, Raphael, A formal basis for the heuristic determination of minimum cost paths,
// 1968.
#include "schedule/search/window_search.h"

#include <algorithm>
#include <bit>

namespace hcb::search {
namespace {

constexpr std::size_t kNoOwner = 64;
constexpr std::uint64_t kWays = 64;  // of making room, per state allowed

template <class Do>
void for_each_bit(Mask mask, Do&& what) {
  for (; mask != 0; mask &= mask - 1) what(static_cast<std::size_t>(std::countr_zero(mask)));
}

}  // namespace

WindowSearch::WindowSearch(const Window& window)
    : window_(window),
      owner_(window.bytes.size(), kNoOwner),
      useful_(window.steps.size() + 1, window.outputs),
      needed_(window.steps.size() + 1, window.outputs),
      made_(window.steps.size() + 1, 0),
      closed_(window.steps.size() + 1) {
  for (std::size_t n = 0; n < window_.nodes.size(); ++n)
    for_each_bit(window_.nodes[n].makes, [&](std::size_t b) { owner_[b] = n; });
  collect_needs();
}

void WindowSearch::collect_needs() {
  for (std::size_t gap = window_.steps.size() + 1; gap-- > 0;) {
    if (gap < window_.steps.size()) {
      const WindowStep& step = window_.steps[gap];
      needed_[gap] = step.reads | (needed_[gap + 1] & ~step.makes);
      made_[gap] = step.makes | made_[gap + 1];
      useful_[gap] = step.reads | (useful_[gap + 1] & ~step.makes);
    }
    for (std::size_t n = window_.nodes.size(); n-- > 0;) {
      const WindowNode& node = window_.nodes[n];
      if (gap < node.until && (node.makes & useful_[gap]) != 0) useful_[gap] |= node.reads;
    }
  }
}

Bytes WindowSearch::total(Mask buffers) const {
  Bytes sum = 0;
  for_each_bit(buffers, [&](std::size_t b) { sum += window_.bytes[b]; });
  return sum;
}

std::optional<std::vector<WindowReplay>> WindowSearch::run(Nanos below, std::size_t states) {
  below_ = below;
  most_work_ = states * kWays;
  push({0, window_.held & useful_[0]}, 0, 0, kStep);
  while (!queue_.empty() && visits_.size() <= states && work_ <= most_work_) {
    const std::uint32_t at = std::get<3>(queue_.top());
    queue_.pop();
    if (visits_[at].closed || is_dominated(visits_[at])) continue;
    visits_[at].closed = true;
    const Key key = visits_[at].key;
    if (key.gap == window_.steps.size() && (window_.outputs & ~key.held) == 0) return path_to(at);
    closed_[key.gap].push_back(at);
    expand(at);
  }
  return std::nullopt;
}

bool WindowSearch::is_dominated(const Visit& visit) const {
  return std::ranges::any_of(closed_[visit.key.gap], [&](std::uint32_t other) {
    return visits_[other].spent <= visit.spent && (visit.key.held & ~visits_[other].key.held) == 0;
  });
}

// nullopt: something that is missing cannot be made.
std::optional<Nanos> WindowSearch::estimate(const Key& key) const {
  std::uint64_t again = 0;
  Nanos least = 0;
  for (Mask missing = needed_[key.gap] & ~key.held; missing != 0;) {
    const std::size_t n = owner_[static_cast<std::size_t>(std::countr_zero(missing))];
    missing &= missing - 1;
    if (n == kNoOwner || key.gap >= window_.nodes[n].until) return std::nullopt;
    if ((again & mask_bit(n)) != 0) continue;
    again |= mask_bit(n);
    least += window_.nodes[n].time;
    missing |= window_.nodes[n].reads & ~key.held & ~made_[key.gap];
  }
  return least;
}

void WindowSearch::expand(std::uint32_t at) {
  const Key key = visits_[at].key;
  const bool last = key.gap == window_.steps.size();
  const Bytes gap_room = last ? window_.gap : window_.steps[key.gap].gap;
  for (std::uint32_t n = 0; n < window_.nodes.size(); ++n) {
    const WindowNode& node = window_.nodes[n];
    if (key.gap < node.from || key.gap >= node.until) continue;
    if ((node.reads & ~key.held) != 0 || (node.makes & ~key.held & useful_[key.gap]) == 0) continue;
    move(at, n, key.gap, node.reads, node.makes, node.donors, gap_room - node.workspace);
  }
  if (last) return;
  const WindowStep& step = window_.steps[key.gap];
  if ((step.reads & ~key.held) == 0)
    move(at, kStep, key.gap + 1, step.reads, step.makes, step.donors, step.room);
}

// To the gap `gap` by running what reads and makes these.
void WindowSearch::move(std::uint32_t at, std::uint32_t ran, std::size_t gap, Mask reads,
                        Mask makes, Mask donors, Bytes room) {
  const Mask held = visits_[at].key.held;
  const Mask there = held | makes;
  const Bytes over = total(there) - room;
  const Mask others = (held & ~reads & ~makes) | donors;
  if (over > 0) return free_and_push(at, ran, gap, there, others, over);
  const Nanos time = ran == kStep ? 0 : window_.nodes[ran].time;
  push({gap, there & useful_[gap]}, visits_[at].spent + time, at, ran);
}

// Lets go of inclusion-minimal subsets of `items` of at least `missing` bytes together. With the
// largest first, a subset is minimal if it falls short without its last item.
void WindowSearch::free_and_push(std::uint32_t at, std::uint32_t ran, std::size_t gap, Mask there,
                                 Mask items, Bytes missing) {
  std::vector<std::size_t> list;
  for_each_bit(items, [&](std::size_t b) { list.push_back(b); });
  std::ranges::stable_sort(list, std::ranges::greater{},
                           [&](std::size_t b) { return window_.bytes[b]; });
  std::vector<Bytes> rest(list.size() + 1, 0);
  for (std::size_t i = list.size(); i-- > 0;) rest[i] = rest[i + 1] + window_.bytes[list[i]];
  const Nanos spent = visits_[at].spent + (ran == kStep ? 0 : window_.nodes[ran].time);
  struct Choice {
    std::size_t next;
    Bytes missing;
    Mask gone;
  };
  std::vector<Choice> open{{0, missing, 0}};
  while (!open.empty() && work_ <= most_work_) {
    const Choice c = open.back();
    open.pop_back();
    ++work_;
    if (c.missing <= 0) {
      push({gap, there & useful_[gap] & ~c.gone}, spent, at, ran);
    } else if (rest[c.next] >= c.missing) {
      const std::size_t b = list[c.next];
      open.push_back({c.next + 1, c.missing, c.gone});
      open.push_back({c.next + 1, c.missing - window_.bytes[b], c.gone | mask_bit(b)});
    }
  }
}

void WindowSearch::push(const Key& key, Nanos spent, std::uint32_t from, std::uint32_t ran) {
  work_ += 2;
  const std::optional<Nanos> left = estimate(key);
  if (!left || spent + *left >= below_) return;
  const auto [at, is_new] = index_.try_emplace(key, static_cast<std::uint32_t>(visits_.size()));
  if (is_new) {
    visits_.push_back({key, spent, from, ran, false});
  } else {
    Visit& known = visits_[at->second];
    if (known.closed || known.spent <= spent) return;
    known.spent = spent, known.from = from, known.ran = ran;
  }
  queue_.push({spent + *left, window_.steps.size() - key.gap, ~at->second, at->second});
}

std::vector<WindowReplay> WindowSearch::path_to(std::uint32_t at) const {
  std::vector<WindowReplay> path;
  for (; at != 0; at = visits_[at].from) {
    if (visits_[at].ran != kStep) path.push_back({visits_[at].key.gap, visits_[at].ran});
  }
  std::ranges::reverse(path);
  return path;
}

}  // namespace hcb::search
