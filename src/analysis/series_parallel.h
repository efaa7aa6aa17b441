// Sethi-Ullman orders: optimal on trees and series-parallel parts, where every buffer has a reader
// that surely runs last.
//
//     a (9) ─> b (1) ─┐
//                     ├─> e       a b c d e: peak 11; a c b d e would need 19
//     c (9) ─> d (1) ─┘
#pragma once

#include <vector>

#include "analysis/precedence.h"

namespace hcb {

struct SeriesParallelOrder {
  std::vector<NodeId> order;
  // What series and parallel steps left over: 1, the graph is one series-parallel part and the order
  // has the least peak of all (under the condition above); nodes, nothing was series or parallel.
  std::size_t parts = 0;
};

// Every part in the order of least peak, parts in the given order. `size`: rounded sizes.
// O((nodes + edges) log² nodes) beside without_implied_edges().
[[nodiscard]] SeriesParallelOrder series_parallel_order(const Precedence& precedence,
                                                        const IdVector<BufferId, Bytes>& size);

}  // namespace hcb
