#include "replay/statistics.h"

#include <algorithm>
#include <cmath>

namespace hcb {
namespace {

constexpr std::size_t kFewest = 6;
constexpr double kTwoSided95 = 1.96;

}  // namespace

Timing timing(std::vector<Nanos> times) {
  std::ranges::sort(times);
  const std::size_t n = times.size();
  Timing result{.median = times[n / 2], .low = times.front(), .high = times.back(), .count = n};
  if (n % 2 == 0) result.median = times[n / 2 - 1] + (times[n / 2] - times[n / 2 - 1]) / 2;
  if (n < kFewest) return result;
  const double half = kTwoSided95 * std::sqrt(static_cast<double>(n)) / 2;
  const double middle = static_cast<double>(n) / 2;
  const auto low = static_cast<std::size_t>(std::max(0.0, std::floor(middle - half)));
  const auto high = static_cast<std::size_t>(std::ceil(middle + half));
  result.low = times[low];
  result.high = times[std::min(high, n - 1)];
  return result;
}

}  // namespace hcb
