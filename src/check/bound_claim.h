// What a plan says about the least extra time: its bound, the proof of it, and the status that rests
// on both. Private to src/check.
#pragma once

#include "check/checked.h"

namespace hcb {

// Adds a bound_unproved for a bound that the plan's certificate does not prove for this graph and
// budget, or that does not speak about a schedule like the plan's, and a claim_false for a status
// that budget, peak and bound do not give. Complexity: that of verify().
void check_bound(const Checked& on);

}  // namespace hcb
