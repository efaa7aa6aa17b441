#include "check/rounding.h"

#include <doctest/doctest.h>

#include "base/prng.h"

namespace hcb {
namespace {

std::int64_t left_side(const Row& row, std::uint32_t point) {
  std::int64_t sum = 0;
  for (const Term& term : row.terms) sum += term.coefficient * (point >> term.variable & 1);
  return sum;
}

TEST_CASE("three of 4 bytes cover 9 only together") {
  const Row sum{{{0, 4}, {1, 4}, {2, 4}}, 9};
  const auto row = rounded_up(sum, 4, std::vector<char>(3, 0));
  REQUIRE(row);
  CHECK(row->least == 3);
  for (const Term& term : row->terms) CHECK(term.coefficient == 1);
}

// -5 x0 - 3 x1 + 3 x2 >= -6, x0 and x1 flipped: 5 w0 + 3 w1 + 3 x2 >= 2. By 3 (q 0, f 2): 4 w0 + 2 w1 +
// 2 x2 >= 2, halved and flipped back -2 x0 - x1 + x2 >= -2.
TEST_CASE("flipped variables come back") {
  const Row sum{{{0, -5}, {1, -3}, {2, 3}}, -6};
  const auto row = rounded_up(sum, 3, std::vector<char>{1, 1, 0});
  REQUIRE(row);
  CHECK(row->least == -2);
  REQUIRE(row->terms.size() == 3);
  CHECK(row->terms[0].coefficient == -2);
  CHECK(row->terms[1].coefficient == -1);
  CHECK(row->terms[2].coefficient == 1);
}

TEST_CASE("no remainder, nothing to round") {
  CHECK_FALSE(rounded_up({{{0, 4}, {1, 4}}, 8}, 4, std::vector<char>(2, 0)));
}

TEST_CASE("sums join terms, drop what cancels, and refuse what exceeds 2^62") {
  const Row a{{{3, -8}, {1, 2}}, -6};
  const Row b{{{3, 1}, {2, 1}}, 1};
  const auto sum = weighted_sum(std::vector<WeightedRow>{{&a, 1}, {&b, 8}});
  REQUIRE(sum);
  REQUIRE(sum->terms.size() == 2);
  CHECK(sum->terms[0].variable == 1);
  CHECK(sum->terms[1].variable == 2);
  CHECK(sum->terms[1].coefficient == 8);
  CHECK(sum->least == 2);
  CHECK_FALSE(weighted_sum(std::vector<WeightedRow>{{&a, INT64_MAX}}));
}

TEST_CASE("no point of the cube that satisfies a row violates a rounding of it") {
  std::size_t rounded = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Prng prng(seed);
    const auto count = static_cast<std::uint32_t>(prng.between(1, 6));
    Row row{{}, prng.between(-20, 20)};
    std::vector<char> flipped;
    for (std::uint32_t v = 0; v < count; ++v) {
      row.terms.push_back({v, prng.between(-9, 9)});
      flipped.push_back(static_cast<char>(prng.between(0, 1)));
    }
    const auto made = rounded_up(row, prng.between(1, 12), flipped);
    if (!made) continue;
    ++rounded;
    for (std::uint32_t point = 0; point < (1U << count); ++point) {
      if (left_side(row, point) >= row.least) CHECK(left_side(*made, point) >= made->least);
    }
  }
  CHECK(rounded > 2000);
}

}  // namespace
}  // namespace hcb
