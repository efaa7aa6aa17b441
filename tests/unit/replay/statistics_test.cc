#include "replay/statistics.h"

#include <numeric>

#include <doctest/doctest.h>

namespace hcb {
namespace {

TEST_CASE("Few times: median, least and greatest") {
  const Timing odd = timing({30, 10, 20});
  CHECK(odd.median == 20);
  CHECK(odd.low == 10);
  CHECK(odd.high == 30);
  CHECK(odd.count == 3);
  CHECK(timing({10, 13}).median == 11);  // (10 + 13) / 2, rounded down
  CHECK(timing({7}).low == 7);
}

// 100 times 1 … 100: n/2 ± 1.96 √100 / 2 = 50 ± 9.8: positions 40 and 60, counted from 0.
TEST_CASE("Many times: an interval of order statistics around the median") {
  std::vector<Nanos> times(100);
  std::iota(times.begin(), times.end(), 1);
  const Timing result = timing(times);
  CHECK(result.median == 50);  // (50 + 51) / 2, rounded down
  CHECK(result.low == 41);
  CHECK(result.high == 61);
}

// 6 times: 3 ± 2.4: positions 0 and 6, of which the last is 5.
TEST_CASE("Six times give the least and the greatest") {
  const Timing result = timing({6, 5, 4, 3, 2, 1});
  CHECK(result.low == 1);
  CHECK(result.high == 6);
}

}  // namespace
}  // namespace hcb
