// Buffers that the nodes of the window read or make are of the window; so nothing else changes its
// life when they run elsewhere. A stretch of executions that touch none of them is one step, and
// none at all where it leaves room for all of them.
#include "schedule/search/exact_window.h"

#include <algorithm>

namespace hcb::search {
namespace {

constexpr std::size_t kMostBuffers = 64;
constexpr std::size_t kMostNodes = 64;

}  // namespace

ExactWindow::ExactWindow(State& state, Bytes budget)
    : state_(state),
      problem_(state.problem()),
      budget_(budget),
      in_window_(problem_.node_count(), 0),
      rank_(problem_.buffer_count(), 0) {}

void ExactWindow::clear() {
  for (const NodeId n : nodes_) in_window_[n] = 0;
  for (const BufferId b : buffers_) rank_[b] = 0;
  nodes_.clear();
  buffers_.clear();
  again_ = 0;
  bytes_ = 0;
}

// False where the masks are full.
bool ExactWindow::add(NodeId n) {
  std::size_t more = 0;
  for (const BufferId b : problem_.reads[n]) more += rank_[b] == 0 ? 1 : 0;
  for (const BufferId b : problem_.makes[n]) more += rank_[b] == 0 ? 1 : 0;
  if (nodes_.size() == kMostNodes || buffers_.size() + more > kMostBuffers) return false;
  for (const auto& row : {problem_.reads[n], problem_.makes[n]}) {
    for (const BufferId b : row) {
      if (rank_[b] != 0) continue;
      buffers_.push_back(b);
      rank_[b] = static_cast<std::uint32_t>(buffers_.size());
      bytes_ += problem_.bytes[b];
    }
  }
  nodes_.push_back(n);
  in_window_[n] = 1;
  again_ += problem_.time[n] * static_cast<Nanos>(state_.runs(n).size() - 1);
  return true;
}

void ExactWindow::collect(std::span<const NodeId> nodes) {
  clear();
  for (const NodeId n : nodes) {
    if (in_window_[n] != 0 || problem_.replayable[n] == 0) continue;
    if (!add(n)) break;
  }
  std::ranges::sort(nodes_);
}

void ExactWindow::collect_fixed() {
  fixed_.clear();
  for (Exec e = state_.first(); e != kEndOfStep; e = state_.next(e)) {
    if (in_window_[state_.node(e)] != 0 && state_.is_replay(e)) continue;
    if (e >= position_.size()) position_.resize(2 * e + 1);
    position_[e] = static_cast<std::uint32_t>(fixed_.size());
    fixed_.push_back(e);
  }
}

// What `b`, which is not of the window, takes up, as differences from position to position.
void ExactWindow::add_outside(BufferId b) {
  const auto events = state_.events(b);
  const Bytes bytes = problem_.bytes[b];
  const auto behind = static_cast<std::uint32_t>(fixed_.size() + 1);
  for (std::size_t i = 0, made = 0; i < events.size(); ++i) {
    if (state_.makes(b, events[i])) made = i;
    if (i + 1 < events.size() && !state_.makes(b, events[i + 1])) continue;
    const bool ends = i + 1 < events.size() || problem_.is_output[b] == 0;
    const std::uint32_t from = position_[events[made]];
    const std::uint32_t last = position_[events[i]];
    const std::uint32_t until = ends ? last + 1 : behind;
    during_[from] += bytes;
    during_[until] -= bytes;
    across_[from + 1] += bytes;
    across_[until] -= bytes;
    if (!ends || i == made) continue;
    for (const Taker& taker : problem_.takers[b]) {
      if (taker.node != state_.node(events[i])) continue;
      during_[last] -= taker.bytes;
      during_[last + 1] += taker.bytes;
    }
  }
}

void ExactWindow::collect_outside() {
  during_.assign(fixed_.size() + 2, 0);
  across_.assign(fixed_.size() + 2, 0);
  for (const BufferId b : problem_.graph->buffers()) {
    if (problem_.bytes[b] > 0 && rank_[b] == 0) add_outside(b);
  }
  for (std::size_t p = 1; p < during_.size(); ++p) {
    during_[p] += during_[p - 1];
    across_[p] += across_[p - 1];
  }
  for (std::size_t p = 0; p < fixed_.size(); ++p)
    during_[p] += problem_.workspace[state_.node(fixed_[p])];
}

Mask ExactWindow::local(std::span<const BufferId> buffers) const {
  Mask mask = 0;
  for (const BufferId b : buffers) {
    if (rank_[b] != 0) mask |= mask_bit(rank_[b] - 1);
  }
  return mask;
}

Mask ExactWindow::donors(NodeId n) const {
  Mask mask = 0;
  for (const BufferId b : problem_.reads[n]) {
    if (rank_[b] == 0) continue;
    for (const Taker& taker : problem_.takers[b]) {
      if (taker.node == n) mask |= mask_bit(rank_[b] - 1);
    }
  }
  return mask;
}

WindowStep ExactWindow::step_of(NodeId n) const {
  return {
      .reads = local(problem_.reads[n]), .makes = local(problem_.makes[n]), .donors = donors(n)};
}

void ExactWindow::build() {
  window_.steps.clear();
  window_.nodes.clear();
  window_.bytes.clear();
  window_.outputs = 0;
  begin_.clear();
  const Bytes most = budget_ - problem_.resident;
  bool stretch = false;  // is the last step one?
  bool any = false;      // is there anything to hold yet?
  for (std::uint32_t p = 0; p < fixed_.size(); ++p) {
    WindowStep step = step_of(state_.node(fixed_[p]));
    const bool touches = (step.reads | step.makes) != 0;
    any = any || touches;
    step.room = most - during_[p];
    step.gap = most - across_[p];
    if (!any || (!touches && step.room >= bytes_)) continue;
    if (!touches && stretch) {
      window_.steps.back().room = std::min(window_.steps.back().room, step.room);
      continue;
    }
    window_.steps.push_back(step);
    begin_.push_back(p);
    stretch = !touches;
  }
  window_.gap = most - across_[fixed_.size()];
  for (const BufferId b : buffers_) {
    window_.bytes.push_back(problem_.bytes[b]);
    if (problem_.is_output[b] != 0) window_.outputs |= mask_bit(rank_[b] - 1);
  }
  for (const NodeId n : nodes_) window_.nodes.push_back(node_of(n));
}

// The first gap behind the execution at `position`.
std::size_t ExactWindow::gap_behind(std::uint32_t position) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(begin_, position) - begin_.begin());
}

WindowNode ExactWindow::node_of(NodeId n) const {
  WindowNode node{.reads = local(problem_.reads[n]),
                  .makes = local(problem_.makes[n]),
                  .donors = donors(n),
                  .time = problem_.time[n],
                  .workspace = problem_.workspace[n],
                  .from = gap_behind(position_[state_.runs(n).front()]),
                  .until = begin_.size() + 1};
  for (const NodeId m : problem_.mutators[n])
    node.until = std::min(node.until, gap_behind(position_[state_.runs(m).front()]));
  return node;
}

bool ExactWindow::apply(const std::vector<WindowReplay>& replays) {
  const std::size_t mark = state_.mark();
  const Nanos before = state_.extra();
  for (const NodeId n : nodes_) {
    while (state_.runs(n).size() > 1) state_.erase(state_.runs(n).back());
  }
  for (const WindowReplay& replay : replays) {
    const Exec at = replay.gap == begin_.size() ? kEndOfStep : fixed_[begin_[replay.gap]];
    state_.insert_before(at, nodes_[replay.node]);
  }
  if (state_.peak() <= budget_ && state_.extra() < before) return true;
  state_.undo(mark);
  return false;
}

bool ExactWindow::improve(std::span<const NodeId> nodes, std::size_t states) {
  collect(nodes);
  if (again_ == 0) return false;
  collect_fixed();
  collect_outside();
  build();
  work_ += fixed_.size() / 2 + problem_.buffer_count() / 2;
  WindowSearch search(window_);
  const auto replays = search.run(again_, states);
  work_ += search.work() / 2;
  return replays && apply(*replays);
}

}  // namespace hcb::search
