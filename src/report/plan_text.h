// What `hcb plan` and `hcb check` print about a plan.
//
//     gpt2        interval-tree: block size 32, 38 blocks, arity 2, depth 6
//     peak        3.10 GiB instead of 14.2 GiB (22 %)   memory ratio 1.11x (bound 2.80 GiB)
//     extra time  +61 % (61.0 ms on 100 ms; estimates: device a100-80g)
//     bound       …                                   with a budget: report/bound_text.h
//     executions  1.62 per forward node on average, 7 at most
//     checkpoints 12 buffers, 300 MiB, kept at the turn
//     projection  keeping those, the rest recomputed once: peak 5.10 GiB, extra time +30 %
//     verdict     fits 8 GiB; 4.90 GiB to spare
//     note: …
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/memory_bounds.h"
#include "check/check.h"
#include "plan/plan.h"

namespace hcb {

// `size`: rounded sizes under the plan's alignment; `bounds`: of the same graph and sizes; `notes`:
// of the runner. Every line ends with a newline. For people; may change. O(steps).
[[nodiscard]] std::string plan_text(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                    const Plan& plan, const MemoryBounds& bounds,
                                    const std::vector<std::string>& notes);

// `plan_argument`: PLAN as the person typed it. The plan holds if and only if `report` has no
// findings.
[[nodiscard]] std::string check_text(std::string_view plan_argument, const Plan& plan,
                                     const CheckReport& report);

}  // namespace hcb
