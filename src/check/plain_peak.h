// Peak of the plain schedule (every node once, in the given order). Private to src/check.
#pragma once

#include "check/findings.h"

namespace hcb {

// Resident bytes included. O(uses).
[[nodiscard]] Wide plain_peak(const Graph& graph, const IdVector<BufferId, Bytes>& size);

}  // namespace hcb
