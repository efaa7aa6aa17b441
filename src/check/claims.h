// What a plan says about itself besides its steps: forward order, blocks, interval tree, budget,
// projection, and the numbers of the plain schedule. Private to src/check.
#pragma once

#include "check/findings.h"
#include "check/step_walk.h"

namespace hcb {

// Adds a claim_false for every claim that differs from `walk` or from what graph and plan give.
// Status and bound are check_bound()'s. O(nodes + uses + blocks).
void check_claims(const Graph& graph, const IdVector<BufferId, Bytes>& size, const Plan& plan,
                  const Walk& walk, Findings& findings);

}  // namespace hcb
