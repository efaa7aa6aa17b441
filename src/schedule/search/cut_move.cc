#include "schedule/search/cut_move.h"

#include <algorithm>

namespace hcb::search {
namespace {

constexpr std::uint32_t kSource = 0;
constexpr std::uint32_t kSink = 1;
constexpr std::uint32_t kFirst = 2;
constexpr int kPriceBits = 60;
constexpr int kBisections = 10;

}  // namespace

CutMove::CutMove(State& state, Bytes budget)
    : state_(state),
      problem_(state.problem()),
      budget_(budget),
      scale_(scale_for(*problem_.graph)),
      buffer_number_(problem_.buffer_count(), 0),
      node_number_(problem_.node_count(), 0),
      at_v_(problem_.buffer_count(), 0),
      present_(problem_.buffer_count(), 0) {}

bool CutMove::made_by(NodeId n, Exec v) const {
  return state_.slot(state_.runs(n).front()) <= state_.slot(v);
}

void CutMove::enter(NodeId n) {
  if (node_number_[n] != 0) return;
  nodes_.push_back(n);
  node_number_[n] = 1;
}

void CutMove::need(BufferId b) {
  if (buffer_number_[b] != 0) return;
  buffers_.push_back(b);
  buffer_number_[b] = 1;
}

// What is needed of what was made up to v: by first executions of the segment, and behind w.
void CutMove::collect_segment(Exec v, Exec w) {
  segment_.clear();
  replays_.clear();
  needed_.clear();
  behind_.clear();
  for (const BufferId b : buffers_) buffer_number_[b] = 0;
  for (const NodeId n : nodes_) node_number_[n] = 0;
  buffers_.clear();
  nodes_.clear();
  at_v_.assign(problem_.buffer_count(), 0);
  present_.assign(problem_.buffer_count(), 0);
  end_ = state_.slot(w);
  for (Exec e = state_.next(v); e != w; e = state_.next(e)) {
    (state_.is_replay(e) ? replays_ : segment_).push_back(e);
    if (state_.is_replay(e)) continue;
    for (const BufferId b : problem_.reads[state_.node(e)]) {
      if (made_by(problem_.owner[b], v)) need(b);
    }
  }
  for (const BufferId b : problem_.graph->buffers()) {
    if (problem_.bytes[b] == 0) continue;
    const auto events = state_.events(b);
    const std::size_t i = state_.event_from(b, end_);
    const bool live = i == 0               ? false
                      : i == events.size() ? problem_.is_output[b] != 0
                                           : !state_.makes(b, events[i]);
    if (!live) continue;
    behind_.push_back(b);
    if (made_by(problem_.owner[b], v)) need(b);
  }
  needed_ = buffers_;
  room_ = budget_ - problem_.resident - problem_.workspace[state_.node(v)];
  for (const auto& row : {problem_.reads[state_.node(v)], problem_.makes[state_.node(v)]}) {
    for (const BufferId b : row) {
      if (at_v_[b] == 0) room_ -= problem_.bytes[b];
      at_v_[b] = 1;
    }
  }
}

void CutMove::build() {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    const NodeId n = problem_.owner[buffers_[i]];
    if (node_number_[n] != 0) continue;
    enter(n);
    if (!state_.may_replay(n, end_)) continue;
    for (const BufferId b : problem_.reads[n]) need(b);
  }
  std::uint32_t next = kFirst;
  Bytes total = 1;
  for (const BufferId b : buffers_) buffer_number_[b] = next++, total += problem_.bytes[b];
  for (const NodeId n : nodes_) node_number_[n] = next++;
  most_price_ = (std::int64_t{1} << kPriceBits) / total;
  network_.emplace(next);
  const auto unlimited = [&](std::size_t arc) {
    network_->set_capacity(arc, FlowNetwork::kInfinite);
  };
  for (const BufferId b : needed_) unlimited(network_->add_arc(kSource, buffer_number_[b]));
  keep_.clear();
  for (const BufferId b : buffers_)
    keep_.push_back(network_->add_arc(buffer_number_[b], node_number_[problem_.owner[b]]));
  for (const NodeId n : nodes_) {
    const std::size_t run = network_->add_arc(node_number_[n], kSink);
    if (!state_.may_replay(n, end_)) {
      unlimited(run);
      continue;
    }
    network_->set_capacity(run, (problem_.time[n] / scale_.unit) << scale_.log2);
    for (const BufferId b : problem_.reads[n])
      unlimited(network_->add_arc(node_number_[n], buffer_number_[b]));
  }
}

// Leaves in present_ what the least cut at this price holds.
bool CutMove::fits(std::int64_t price) {
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    const BufferId b = buffers_[i];
    network_->set_capacity(keep_[i], at_v_[b] != 0 ? 0 : price * problem_.bytes[b]);
  }
  Context context;
  network_->solve(kSource, kSink, context);
  work_ += context.work() / 8;
  Bytes bytes = 0;
  for (const BufferId b : buffers_) {
    const bool held = network_->on_source_side(buffer_number_[b]) &&
                      !network_->on_source_side(node_number_[problem_.owner[b]]);
    present_[b] = held ? 1 : 0;
    if (held && at_v_[b] == 0) bytes += problem_.bytes[b];
  }
  return bytes <= room_;
}

bool CutMove::find_price() {
  if (!fits(most_price_)) return false;
  std::int64_t low = 0;
  std::int64_t high = most_price_;
  // Prices differ by orders of magnitude: halve the exponent first.
  while (high / 4 > 1 && fits(high / 4)) high /= 4;
  low = high / 4;
  for (int i = 0; i < kBisections && high - low > 1; ++i) {
    const std::int64_t middle = low + (high - low) / 2;
    (fits(middle) ? high : low) = middle;
  }
  return fits(high);
}

void CutMove::make_missing(std::span<const BufferId> wanted, Exec at) {
  closure_.clear();
  for (const BufferId b : wanted) {
    if (present_[b] == 0) closure_.push_back(problem_.owner[b]);
  }
  for (std::size_t i = 0; i < closure_.size(); ++i) {
    for (const BufferId b : problem_.makes[closure_[i]]) present_[b] = 1;
    for (const BufferId b : problem_.reads[closure_[i]]) {
      if (present_[b] == 0) closure_.push_back(problem_.owner[b]);
    }
  }
  std::ranges::sort(closure_);
  closure_.erase(std::ranges::unique(closure_).begin(), closure_.end());
  for (const NodeId n : closure_) state_.insert_before(at, n);
}

void CutMove::place(Exec w) {
  for (const Exec e : replays_) state_.erase(e);
  for (const Exec e : segment_) {
    make_missing(problem_.reads[state_.node(e)], e);
    for (const BufferId b : problem_.makes[state_.node(e)]) present_[b] = 1;
  }
  make_missing(behind_, w);
}

bool CutMove::run(Exec v, Exec w) {
  collect_segment(v, w);
  work_ += problem_.buffer_count() / 4;
  if (needed_.empty()) return false;
  build();
  if (!find_price()) return false;
  place(w);
  return true;
}

}  // namespace hcb::search
