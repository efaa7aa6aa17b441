// What one run of the body of an If, Loop or Scan costs.
#pragma once

#include "ingest/forward_model.h"

namespace hcb {

// The sum of the nodes' FLOPs and bytes by the op table; as workspace the most that is alive at once
// of what the nodes make, in their order; as kept all of it. `outputs_outside`: the body's outputs
// are values of the graph around it (If), not counted here. O(nodes + uses).
[[nodiscard]] BodyCost cost_of_body(const ForwardModel& body, bool outputs_outside);

// An If: of both branches, the larger in each respect.
[[nodiscard]] BodyCost larger(const BodyCost& a, const BodyCost& b);

// A Loop or Scan of `trips` runs that carries `carried` bytes from one to the next: the backward
// runs one iteration again at a time, from what was carried into it.
[[nodiscard]] BodyCost repeated(const BodyCost& body, std::int64_t trips, Count carried);

}  // namespace hcb
