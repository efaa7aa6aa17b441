// What is proved about a plan's extra time, in words.
//
//     bound       +6.17 % in any order, proved; gap 0.04 points
//     binding     at backward of /lm_head/MatMul (backward phase, module lm_head): the plain step
//                 holds 14.2 GiB there, 6.2 GiB over the budget
//     price       1.75 ms less extra time per GiB more
//     status      feasible, not proved optimal: the search ended at its work limit
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace hcb {

// The lines above, those that apply; each ends with a newline. Empty: the plan has no budget, or is
// over it. O(nodes + uses).
[[nodiscard]] std::string bound_lines(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                      const Plan& plan);

// "in any order", "in the given order", "in the given order with plain gaps".
[[nodiscard]] std::string_view scope_words(Scope scope);

// Part of the whole in percent with two decimals, rounded down: "6.17"; whole > 0.
[[nodiscard]] std::string hundredths_text(Nanos part, Nanos whole);

// "optimal in any order", "feasible, gap 0.04 points", …: the status of a plan within its budget.
[[nodiscard]] std::string status_words(const Plan& plan);

}  // namespace hcb
