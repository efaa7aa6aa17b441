// What a plan says about itself besides its steps: forward order, blocks, interval tree, budget,
// projection, and the numbers of the plain schedule. Private to src/check.
#pragma once

#include "check/checked.h"

namespace hcb {

// Adds a claim_false for every claim that differs from `walk` or from what graph and plan give.
// Status and bound are check_bound()'s. O(nodes + uses + blocks).
void check_claims(const Checked& on);

}  // namespace hcb
