// Medians of repeated times.
#pragma once

#include <vector>

#include "base/bytes.h"

namespace hcb {

// The median of times and an interval that holds the true one with about 95 % confidence, by order
// statistics (the binomial distribution, normal approximation): no assumption on how times are
// distributed. With fewer than six times: the least and the greatest.
struct Timing {
  Nanos median = 0;
  Nanos low = 0;
  Nanos high = 0;
  std::size_t count = 0;
};

// `times`: at least one. The median of an even count is the mean of the middle two, rounded down.
// O(n log n).
[[nodiscard]] Timing timing(std::vector<Nanos> times);

}  // namespace hcb
