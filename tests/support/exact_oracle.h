// Exhaustive search against brute force, and against every strategy.
#pragma once

#include <string>

#include "graph/graph.h"

namespace hcb {

// least_extra_time() against exhaustive_extra_time() for every budget up to the base peak, in any and
// in the given order; least_peak() against the least budget that brute force meets. What is wrong
// first, or nothing. Counts comparisons. Sizes as they are; at most 22 nodes and buffers together.
[[nodiscard]] std::string compare_exact_with_search(const Graph& graph, std::size_t& cases);

// A strategy whose plan fits a budget that exact says nothing fits, or has less extra time, or whose
// peak is below the least; every strategy under up to 12 budgets below the base peak, and without one.
[[nodiscard]] std::string strategy_that_beats_exact(const Graph& graph, std::size_t& cases);

}  // namespace hcb
