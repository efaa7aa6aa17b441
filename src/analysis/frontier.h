// Frontiers: what a cut of an order must carry across.
//
//     order        n0     |     n1     |     n2
//     a (8)        made - - - - read
//     b (2)                     made - - - - read
//     frontier         8            2               width 8, at cut 1
//
// A cut k lies before node k of the order (0 < k < nodes). Its frontier is the non-resident buffers
// made before it and used at or after it; its bytes are the frontier's width there.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace hcb {

// Which nodes and uses count.
enum class FrontierScope {
  forward,  // forward nodes and readers alone: what a replay of the forward part must carry
  whole,    // all nodes; a graph output is used at the end of the step
};

// Bytes at the cuts before the second, third … node of the scope: one less than the nodes of the
// scope. `size`: rounded sizes (rounded_sizes()). `order`: every node once, behind what it reads;
// empty: the given order. Sums that exceed 2^63 - 1 stop there. O(nodes + edges).
[[nodiscard]] std::vector<Bytes> frontier_profile(const Graph& graph,
                                                  const IdVector<BufferId, Bytes>& size,
                                                  FrontierScope scope,
                                                  std::span<const NodeId> order = {});

// The widest frontier in bytes; 0 for fewer than two nodes. Arguments as above. O(nodes + edges).
[[nodiscard]] Bytes compute_frontier_width(const Graph& graph,
                                           const IdVector<BufferId, Bytes>& size,
                                           FrontierScope scope, std::span<const NodeId> order = {});

struct FrontierSummary {
  std::size_t cuts = 0;
  Bytes width = 0;         // the most bytes
  std::size_t widest = 0;  // index of the first cut of that width
  Bytes median = 0;        // nearest rank: the ceil(cuts · 50 / 100)-th smallest
  Bytes p95 = 0;           // nearest rank
  friend bool operator==(const FrontierSummary&, const FrontierSummary&) = default;
};

// Of a profile as frontier_profile() gives. O(cuts · log cuts). All zero for no cuts.
[[nodiscard]] FrontierSummary summarize_frontier(const std::vector<Bytes>& profile);

// What one cut carries.
struct CutSnapshot {
  std::size_t cut = 0;      // index into the profile: it lies before place cut + 1 of the scope
  Bytes bytes = 0;          // the profile's
  std::size_t buffers = 0;  // carried across
  std::vector<BufferId> largest;  // of these, most bytes first, then ascending ids
};

// `cuts`: indices into the profile, ascending and distinct; `largest`: how many buffers of each are
// named. Arguments else as for frontier_profile(). O(nodes + edges + buffers · cuts).
[[nodiscard]] std::vector<CutSnapshot> cut_snapshots(
    const Graph& graph, const IdVector<BufferId, Bytes>& size, FrontierScope scope,
    std::span<const std::size_t> cuts, std::size_t largest, std::span<const NodeId> order = {});

// At most `count` (>= 1) cuts of a profile, evenly spaced, and the widest one; ascending. O(cuts).
[[nodiscard]] std::vector<std::size_t> spread_cuts(const std::vector<Bytes>& profile,
                                                   std::size_t count);

}  // namespace hcb
