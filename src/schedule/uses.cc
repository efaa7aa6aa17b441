// Every buffer's readers are looked at once; frontiers are intervals of blocks, so one difference
// array over blocks gives all their sizes.
#include "schedule/uses.h"

#include <algorithm>

namespace hcb {
namespace {

constexpr std::ptrdiff_t kMostFarUses =
    2;  // more of them: making it again each time costs too much

}  // namespace

Uses::Uses(const Graph& graph, const ForwardOrder& order, const Blocks& blocks, UsePolicy policy)
    : policy_(policy),
      own_(graph.buffer_count(), kTail),
      once_until_(graph.buffer_count(), kTail),
      far_closed_(graph.buffer_count(), false) {
  offset_.assign(1, 0);
  offset_.reserve(graph.buffer_count() + 1);
  for (const BufferId b : graph.buffers()) {
    if (!graph.resident(b) && order.is_forward[graph.owner(b)]) collect(graph, order, blocks, b);
    offset_.push_back(blocks_.size());
  }
}

void Uses::collect(const Graph& graph, const ForwardOrder& order, const Blocks& blocks,
                   BufferId b) {
  own_[b] = blocks.block_of[graph.owner(b)];
  once_until_[b] = own_[b];
  const std::size_t first = blocks_.size();
  for (const NodeId reader : graph.readers(b)) {
    const BlockIndex at = blocks.block_of[reader];
    if (!order.is_forward[reader]) {
      blocks_.push_back(at);
    } else if (order.once[reader]) {
      once_until_[b] = std::max(once_until_[b], at);
    } else if (at != own_[b]) {
      blocks_.push_back(at);
    }
  }
  const auto begin = blocks_.begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, blocks_.end());
  blocks_.erase(std::unique(begin, blocks_.end()), blocks_.end());
  drop_closed(b, first);
}

void Uses::drop_closed(BufferId b, std::size_t first) {
  const auto begin = blocks_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto late = [&](BlockIndex u) { return u != kTail && u < own_[b]; };
  if (policy_.close_late) blocks_.erase(std::remove_if(begin, blocks_.end(), late), blocks_.end());
  if (policy_.skip_span <= 0) return;
  const auto far = [&](BlockIndex u) { return u - own_[b] > policy_.skip_span; };
  const auto count = std::count_if(begin, blocks_.end(), far);
  far_closed_[b] = count > 0 && count <= kMostFarUses;
  if (!far_closed_[b]) return;
  blocks_.erase(std::remove_if(begin, blocks_.end(), far), blocks_.end());
  if (far(once_until_[b])) once_until_[b] = own_[b];
}

bool Uses::any(BufferId b, BlockIndex first, BlockIndex last) const {
  const auto uses = of(b);
  const auto at = std::ranges::lower_bound(uses, first);
  return at != uses.end() && *at < last;
}

BlockIndex Uses::last(BufferId b) const {
  const auto uses = of(b);
  return uses.empty() ? once_until_[b] : std::max(once_until_[b], uses.back());
}

std::vector<Bytes> frontier_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                  const Uses& uses, BlockIndex blocks) {
  std::vector<Bytes> frontier(static_cast<std::size_t>(blocks) + 1, 0);
  for (const BufferId b : graph.buffers()) {
    if (uses.block(b) == kTail || uses.last(b) <= uses.block(b)) continue;
    frontier[static_cast<std::size_t>(uses.block(b)) + 1] += size[b];
    if (uses.last(b) + 1 < blocks) frontier[static_cast<std::size_t>(uses.last(b)) + 1] -= size[b];
  }
  for (std::size_t j = 1; j < frontier.size(); ++j) frontier[j] += frontier[j - 1];
  frontier.pop_back();
  return frontier;
}

Bytes late_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size, const Uses& uses) {
  Bytes total = 0;
  for (const BufferId b : graph.buffers()) {
    if (uses.block(b) != kTail && uses.has_late_use(b)) total += size[b];
  }
  return total;
}

Bytes stored_bytes(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                   const ForwardOrder& order) {
  Bytes total = 0;
  for (const NodeId n : order.nodes) {
    for (const BufferId b : graph.makes(n)) {
      const auto readers = graph.readers(b);
      if (!readers.empty() && !order.is_forward[readers.back()]) total += size[b];
    }
  }
  return total;
}

}  // namespace hcb
