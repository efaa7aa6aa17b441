#include "ops/count.h"

#include <limits>

#include <doctest/doctest.h>

namespace hcb {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST_CASE("sums, products and quotients") {
  CHECK((Count(3) + 4).value() == 7);
  CHECK((Count(3) * 4).value() == 12);
  CHECK((Count(14) / 4).value() == 3);
  CHECK((Count(14) / 0).value() == 0);
  Count total = 1;
  total += 2;
  total *= 5;
  CHECK(total.value() == 15);
}

TEST_CASE("an overflow stays, except in a product with zero") {
  CHECK(!(Count(kMost) + 1).value());
  CHECK(!(Count(kMost) * 2).value());
  CHECK(!((Count(kMost) + 1) / 2).value());
  CHECK(!(Count(kMost) * 2 + 1).value());
  CHECK(!Count(-1).value());
  CHECK((Count(kMost) * 2 * 0).value() == 0);
  CHECK((Count(kMost) + 0).value() == kMost);
}

}  // namespace
}  // namespace hcb
