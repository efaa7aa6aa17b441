// Maximum flow from a source to a sink, on a network that is solved again and again with other
// capacities.
//
// Arcs come in pairs: arc a goes from -> to, arc a ^ 1 back. Invariant after solve(): flow is
// conserved everywhere, 0 <= flow(a) <= capacity(a), and its value equals the capacity of the cut
// of nodes that the source still reaches.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/context.h"

namespace hcb {

class FlowNetwork {
 public:
  using Capacity = std::int64_t;
  static constexpr Capacity kInfinite = Capacity{1} << 61;

  explicit FlowNetwork(std::size_t nodes) : first_(nodes + 1, 0) {}

  // Declares an arc; returns its number. All arcs before the first solve().
  std::size_t add_arc(std::uint32_t from, std::uint32_t to);
  void set_capacity(std::size_t arc, Capacity capacity) { capacity_[arc] = capacity; }

  // The value of a maximum flow for the capacities set, whose sum over the arcs out of the source
  // must stay below 2^61. Dinic's algorithm; counts arcs looked at.
  Capacity solve(std::uint32_t source, std::uint32_t sink, Context& context);

  [[nodiscard]] Capacity flow(std::size_t arc) const;
  // Is the node on the source's side of the least cut (the smallest such side)?
  [[nodiscard]] bool on_source_side(std::uint32_t node) const { return level_[node] >= 0; }

 private:
  void build_rows();
  bool levels_from(std::uint32_t source, std::uint32_t sink, Context& context);
  Capacity augment(std::uint32_t source, std::uint32_t sink, Context& context);
  void push_along_path(Capacity amount);

  std::vector<std::uint32_t> from_;  // by arc pair
  std::vector<std::uint32_t> to_;
  std::vector<Capacity> capacity_;
  // By half arc (2 · arc forward, 2 · arc + 1 back), rows by node.
  std::vector<std::size_t> first_;
  std::vector<std::uint32_t> half_;  // row entries: half arcs
  std::vector<std::uint32_t> head_;  // by half arc
  std::vector<Capacity> residual_;   // by half arc
  std::vector<std::int32_t> level_;
  std::vector<std::size_t> next_;
  std::vector<std::uint32_t> path_;
  std::vector<std::uint32_t> queue_;
};

}  // namespace hcb
