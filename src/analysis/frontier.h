// Frontiers: what a cut of the given order must carry across.
//
//     order        n0     |     n1     |     n2
//     a (8)        made - - - - read
//     b (2)                     made - - - - read
//     frontier         8            2               width 8, at cut 1
//
// A cut k lies before node k of the order (0 < k < nodes). Its frontier is the non-resident buffers
// made before it and used at or after it; its bytes are the frontier's width there.
#pragma once

#include <vector>

#include "graph/graph.h"

namespace hcb {

// Which nodes and uses count.
enum class FrontierScope {
  forward,  // forward nodes and readers alone: what a replay of the forward part must carry
  whole,    // all nodes; a graph output is used at the end of the step
};

// Bytes at the cuts before the second, third … node of the scope, in the given order: one less than
// the nodes of the scope. `size`: rounded. Sums that exceed 2^63 - 1 stop there. O(nodes + edges).
[[nodiscard]] std::vector<Bytes> frontier_profile(const Graph& graph,
                                                  const IdVector<BufferId, Bytes>& size,
                                                  FrontierScope scope);

// The widest frontier; 0 for fewer than two nodes. O(nodes + edges).
[[nodiscard]] Bytes compute_frontier_width(const Graph& graph,
                                           const IdVector<BufferId, Bytes>& size,
                                           FrontierScope scope);

struct FrontierSummary {
  std::size_t cuts = 0;
  Bytes width = 0;         // the most bytes
  std::size_t widest = 0;  // index of the first cut of that width
  Bytes median = 0;        // nearest rank: the ceil(cuts · 50 / 100)-th smallest
  Bytes p95 = 0;           // nearest rank
  friend bool operator==(const FrontierSummary&, const FrontierSummary&) = default;
};

// O(cuts · log cuts). All zero for no cuts.
[[nodiscard]] FrontierSummary summarize_frontier(const std::vector<Bytes>& profile);

}  // namespace hcb
