// The checker's walk over the steps of a plan: which buffers are present is what the computes make
// and the frees take away, nothing is derived from uses. Private to src/check.
//
// Steps are numbered as in the plan file: one number per execution, with the frees behind it.
#pragma once

#include <span>
#include <vector>

#include "check/findings.h"
#include "graph/graph.h"
#include "plan/plan.h"

namespace hcb {

struct Walk {
  Wide peak = 0;                // resident bytes included
  Wide extra_time = 0;          // of all executions but the first of each node
  std::vector<BufferId> saved;  // forward buffers present before the first backward execution
};

// Adds a finding for everything but false claims. O(steps + uses).
[[nodiscard]] Walk walk_steps(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                              std::span<const Step> steps, Findings& findings);

}  // namespace hcb
