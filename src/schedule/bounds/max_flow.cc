// Dinic's algorithm (1970): breadth-first levels, then a blocking flow by depth-first search with
// current-arc pointers and an explicit path. O(V² E); the networks of moments.h end in short paths,
// since nearly every node has an arc to the sink.
#include "schedule/bounds/max_flow.h"

#include <algorithm>

namespace hcb {

std::size_t FlowNetwork::add_arc(std::uint32_t from, std::uint32_t to) {
  from_.push_back(from);
  to_.push_back(to);
  capacity_.push_back(0);
  return to_.size() - 1;
}

void FlowNetwork::build_rows() {
  const std::size_t nodes = first_.size() - 1;
  std::ranges::fill(first_, 0);
  for (std::size_t a = 0; a < to_.size(); ++a) ++first_[from_[a] + 1], ++first_[to_[a] + 1];
  for (std::size_t n = 0; n < nodes; ++n) first_[n + 1] += first_[n];
  half_.resize(2 * to_.size());
  head_.resize(2 * to_.size());
  residual_.resize(2 * to_.size());
  std::vector<std::size_t> at(first_.begin(), first_.end() - 1);
  for (std::size_t a = 0; a < to_.size(); ++a) {
    head_[2 * a] = to_[a];
    head_[2 * a + 1] = from_[a];
    half_[at[from_[a]]++] = static_cast<std::uint32_t>(2 * a);
    half_[at[to_[a]]++] = static_cast<std::uint32_t>(2 * a + 1);
  }
  level_.assign(nodes, -1);
  next_.assign(nodes, 0);
}

FlowNetwork::Capacity FlowNetwork::flow(std::size_t arc) const { return residual_[2 * arc + 1]; }

bool FlowNetwork::levels_from(std::uint32_t source, std::uint32_t sink, Context& context) {
  std::ranges::fill(level_, -1);
  queue_.assign(1, source);
  level_[source] = 0;
  for (std::size_t q = 0; q < queue_.size(); ++q) {
    const std::uint32_t n = queue_[q];
    context.count(first_[n + 1] - first_[n]);
    for (std::size_t e = first_[n]; e < first_[n + 1]; ++e) {
      const std::uint32_t h = half_[e];
      if (residual_[h] == 0 || level_[head_[h]] >= 0) continue;
      level_[head_[h]] = level_[n] + 1;
      queue_.push_back(head_[h]);
    }
  }
  return level_[sink] >= 0;
}

void FlowNetwork::push_along_path(Capacity amount) {
  for (const std::uint32_t h : path_) {
    residual_[h] -= amount;
    residual_[h ^ 1] += amount;
  }
}

// A blocking flow in the level graph.
FlowNetwork::Capacity FlowNetwork::augment(std::uint32_t source, std::uint32_t sink,
                                           Context& context) {
  for (std::size_t n = 0; n < next_.size(); ++n) next_[n] = first_[n];
  Capacity total = 0;
  path_.clear();
  std::uint32_t at = source;
  while (true) {
    if (at == sink) {
      Capacity amount = kInfinite * 2;
      for (const std::uint32_t h : path_) amount = std::min(amount, residual_[h]);
      push_along_path(amount);
      total += amount;
      std::size_t keep = 0;
      while (residual_[path_[keep]] > 0) ++keep;
      at = head_[path_[keep] ^ 1];
      path_.resize(keep);
      continue;
    }
    bool advanced = false;
    for (; next_[at] < first_[at + 1]; ++next_[at]) {
      context.count(1);
      const std::uint32_t h = half_[next_[at]];
      if (residual_[h] == 0 || level_[head_[h]] != level_[at] + 1) continue;
      path_.push_back(h);
      at = head_[h];
      advanced = true;
      break;
    }
    if (advanced) continue;
    if (at == source) return total;
    at = head_[path_.back() ^ 1];
    path_.pop_back();
    ++next_[at];
  }
}

FlowNetwork::Capacity FlowNetwork::solve(std::uint32_t source, std::uint32_t sink,
                                         Context& context) {
  if (half_.empty()) build_rows();
  for (std::size_t a = 0; a < to_.size(); ++a) {
    residual_[2 * a] = capacity_[a];
    residual_[2 * a + 1] = 0;
  }
  Capacity total = 0;
  while (levels_from(source, sink, context)) total += augment(source, sink, context);
  return total;
}

}  // namespace hcb
