// The leaf of a backward node g whose forward node is unknown: a forward buffer x is free of charge
// at leaf j exactly when block(x) <= j <= upto(x), where upto is the block of its last forward
// reader, since it is in the frontier there or made by the block itself. The leaf that suits all
// buffers g reads best is therefore max(max block, min upto). Tables, masks and scalars that many
// blocks read would only blur this, so buffers that are small, or computed from residents alone,
// are left out. Then leaves are lowered along edges in one pass in given order.
#include "schedule/blocks.h"

#include <algorithm>
#include <limits>

namespace hcb {
namespace {

constexpr BlockIndex kAnywhere = std::numeric_limits<BlockIndex>::max();
constexpr int kSmallShare = 64;  // a buffer below 1/64 of the mean block output points nowhere

class LeafAssigner {
 public:
  LeafAssigner(const Graph& graph, const IdVector<BufferId, Bytes>& size, const ForwardOrder& order,
               Blocks& blocks)
      : graph_(graph), size_(size), order_(order), blocks_(blocks) {
    for (const NodeId n : order.nodes) {
      for (const BufferId b : graph.makes(n)) forward_bytes_ += size[b];
    }
  }

  void assign(Mutations mutations) {
    for (const NodeId n : order_.rest) {
      BlockIndex leaf = std::min({own_leaf(n), after_predecessors(n), blocks_.count() - 1});
      if (order_.mutates[n]) {
        leaf = mutations == Mutations::at_end ? kTail : std::min(leaf, after_forward_readers(n));
      }
      blocks_.block_of[n] = leaf;
    }
  }

 private:
  [[nodiscard]] BlockIndex block(NodeId n) const { return blocks_.block_of[n]; }

  [[nodiscard]] BlockIndex own_leaf(NodeId g) const {
    const NodeId forward = graph_.forward_of(g);
    if (forward != kNone<NodeId> && order_.is_forward[forward]) return block(forward);
    BlockIndex made = kTail;
    BlockIndex upto = kAnywhere;
    for (const BufferId b : graph_.reads(g)) {
      if (!is_big_forward(b)) continue;
      made = std::max(made, block(graph_.owner(b)));
      upto = std::min(upto, last_forward_block(b));
    }
    return made == kTail ? kAnywhere : std::max(made, upto);
  }

  [[nodiscard]] bool is_big_forward(BufferId b) const {
    const NodeId owner = graph_.owner(b);
    if (!order_.is_forward[owner] || graph_.reads(owner).empty()) return false;
    return static_cast<__int128>(size_[b]) * kSmallShare * blocks_.count() > forward_bytes_;
  }

  // Ids of forward readers ascend with their blocks, so the last one is found from the end.
  [[nodiscard]] BlockIndex last_forward_block(BufferId b) const {
    const auto readers = graph_.readers(b);
    for (auto reader = readers.rbegin(); reader != readers.rend(); ++reader) {
      if (order_.is_forward[*reader]) return block(*reader);
    }
    return block(graph_.owner(b));
  }

  [[nodiscard]] BlockIndex after_predecessors(NodeId g) const {
    BlockIndex leaf = kAnywhere;
    const auto lower = [&](NodeId before) {
      if (!order_.is_forward[before]) leaf = std::min(leaf, block(before));
    };
    for (const NodeId before : graph_.predecessors(g)) lower(before);
    for (const NodeId before : order_.implied[g]) lower(before);
    return leaf;
  }

  [[nodiscard]] BlockIndex after_forward_readers(NodeId mutator) const {
    BlockIndex leaf = kAnywhere;
    for (const NodeId reader : order_.implied[mutator]) {
      if (order_.is_forward[reader]) leaf = std::min(leaf, block(reader));
    }
    return leaf;
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  const ForwardOrder& order_;
  Blocks& blocks_;
  __int128 forward_bytes_ = 0;
};

void number_forward_nodes(const Graph& graph, const ForwardOrder& order, Blocks& blocks) {
  blocks.time_before.assign(1, 0);
  for (BlockIndex j = 0; j < blocks.count(); ++j) {
    Nanos time = blocks.time_before.back();
    for (const NodeId n : blocks.nodes(order, j, j + 1)) {
      blocks.block_of[n] = j;
      time += graph.cost(n).time;
    }
    blocks.time_before.push_back(time);
  }
}

bool is_separator(char c) { return c == '.' || c == '/'; }

bool is_number(std::string_view part) {
  return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
}

// The path up to the first part that is a number, else its first part: "/h/0/mlp" -> "/h/0". A note
// in brackets, "(loss)", is no module, and a source line, "model.py:42", neither.
std::string_view repeated_module(std::string_view path) {
  if (path.starts_with('(') || path.find(':') != std::string_view::npos) return {};
  std::size_t first_end = 0;
  for (std::size_t begin = 0; begin < path.size();) {
    const auto end = static_cast<std::size_t>(
        std::find_if(path.begin() + static_cast<std::ptrdiff_t>(begin), path.end(), is_separator) -
        path.begin());
    const std::string_view part = path.substr(begin, end - begin);
    if (is_number(part)) return path.substr(0, end);
    if (first_end == 0 && !part.empty()) first_end = end;
    begin = end + 1;
  }
  return path.substr(0, first_end);
}

// Counting sort of the rest by leaf; stable, so each group stays in given order.
void group_rest(const ForwardOrder& order, Blocks& blocks) {
  const auto row = [&](NodeId n) { return static_cast<std::size_t>(blocks.block_of[n] + 1); };
  blocks.group_offset.assign(static_cast<std::size_t>(blocks.count()) + 2, 0);
  for (const NodeId n : order.rest) ++blocks.group_offset[row(n) + 1];
  for (std::size_t r = 1; r < blocks.group_offset.size(); ++r) {
    blocks.group_offset[r] += blocks.group_offset[r - 1];
  }
  std::vector<std::uint32_t> next(blocks.group_offset.begin(), blocks.group_offset.end() - 1);
  blocks.group_nodes.resize(order.rest.size());
  for (const NodeId n : order.rest) blocks.group_nodes[next[row(n)]++] = n;
}

}  // namespace

std::span<const NodeId> Blocks::nodes(const ForwardOrder& order, BlockIndex first,
                                      BlockIndex last) const {
  const std::uint32_t begin = boundary[static_cast<std::size_t>(first)];
  return std::span(order.nodes).subspan(begin, boundary[static_cast<std::size_t>(last)] - begin);
}

std::span<const NodeId> Blocks::group(BlockIndex j) const {
  const auto row = static_cast<std::size_t>(j + 1);
  return std::span(group_nodes)
      .subspan(group_offset[row], group_offset[row + 1] - group_offset[row]);
}

std::vector<std::uint32_t> even_boundaries(const Graph& graph, const ForwardOrder& order,
                                           std::size_t block_size) {
  std::vector<std::uint32_t> boundary{0};
  std::size_t counted = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (graph.flags(order.nodes[i]).view) continue;
    if (counted > 0 && counted % block_size == 0) boundary.push_back(static_cast<std::uint32_t>(i));
    ++counted;
  }
  if (!order.nodes.empty()) boundary.push_back(static_cast<std::uint32_t>(order.size()));
  return boundary;
}

std::vector<std::uint32_t> module_boundaries(const Graph& graph, const ForwardOrder& order) {
  std::vector<std::uint32_t> boundary{0};
  std::string_view current;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::string_view next = repeated_module(graph.module(order.nodes[i]));
    if (next.empty() || next == current || graph.flags(order.nodes[i]).view) continue;
    if (!current.empty()) boundary.push_back(static_cast<std::uint32_t>(i));
    current = next;
  }
  if (!order.nodes.empty()) boundary.push_back(static_cast<std::uint32_t>(order.size()));
  return boundary;
}

Blocks make_blocks(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                   const ForwardOrder& order, std::vector<std::uint32_t> boundary,
                   Mutations mutations) {
  Blocks blocks;
  blocks.boundary = std::move(boundary);
  blocks.block_of.assign(graph.node_count(), kTail);
  number_forward_nodes(graph, order, blocks);
  LeafAssigner(graph, size, order, blocks).assign(mutations);
  group_rest(order, blocks);
  return blocks;
}

}  // namespace hcb
