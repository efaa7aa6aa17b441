// Orders of the nodes, compared by the peak of running every node once.
//
// The order decides the peak before anything is recomputed: with a given order that makes values
// long before they are read, another one costs no time and saves memory. Every order respects the
// edges and the rules that are no edges (graph/implied.h).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "analysis/precedence.h"

namespace hcb {

// A way to order nodes.
struct OrderHeuristic {
  std::string_view name;     // as --order takes it
  std::string_view summary;  // one line for people
  std::size_t most_nodes;    // of a graph it is tried on
  std::vector<NodeId> (*run)(const Precedence&, const IdVector<BufferId, Bytes>& size);
};

// given, depth-first, kahn, greedy, reverse-greedy, sethi-ullman: in the order in which ties are
// decided.
[[nodiscard]] std::span<const OrderHeuristic> order_heuristics();

// nullptr: no heuristic has that name.
[[nodiscard]] const OrderHeuristic* find_order_heuristic(std::string_view name);

// Its order of a graph. `size`: rounded sizes.
[[nodiscard]] std::vector<NodeId> heuristic_order(const OrderHeuristic& heuristic,
                                                  const Graph& graph,
                                                  const IdVector<BufferId, Bytes>& size);

// An order and what it needs.
struct OrderStats {
  std::string_view name;
  std::vector<NodeId> order;  // every node once
  Bytes peak = 0;             // simulate()'s, residents included
};

// One entry per heuristic whose `most_nodes` the graph does not exceed, in the order of
// order_heuristics(); the given order is always the first. `size`: rounded sizes
// (rounded_sizes()). Errors: those of simulate(). O((nodes + edges) log² nodes).
[[nodiscard]] Result<std::vector<OrderStats>> evaluate_orders(
    const Graph& graph, const IdVector<BufferId, Bytes>& size);

// The entry of least peak; the first on ties, so the given order unless another one is better.
// Errors: those of evaluate_orders().
[[nodiscard]] Result<OrderStats> best_heuristic_order(const Graph& graph,
                                                      const IdVector<BufferId, Bytes>& size);

// The index of the entry of least peak, the first on ties; `orders` is not empty.
[[nodiscard]] std::size_t best_order(std::span<const OrderStats> orders);

}  // namespace hcb
