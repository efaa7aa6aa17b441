// Loops: the formulas by hand, splits against trying all, and the published costs of treeverse.
#include "schedule/scan_plan.h"

#include <array>
#include <cmath>

#include <doctest/doctest.h>

namespace hcb {
namespace {

TEST_CASE("64 iterations, 10 bytes of carry, 40 left behind by each") {
  const ScanLoop loop{.length = 64, .carry = 10, .residual = 40};
  const auto choices = scan_choices(loop);
  REQUIRE(choices.has_value());
  CHECK((*choices)[0] ==
        ScanChoice{.action = ScanAction::keep, .lengths = {64}, .bytes = 2560, .runs = 64});
  CHECK((*choices)[1] ==
        ScanChoice{.action = ScanAction::carry, .lengths = {64}, .bytes = 680, .runs = 128});
  // 16 segments of 4: 16·10 + 4·40 = 320. 8 of 8 would be 400, 13 of 5 330.
  CHECK((*choices)[2] ==
        ScanChoice{.action = ScanAction::segment, .lengths = {16, 4}, .bytes = 320, .runs = 128});
  // 8 of 8: 16·10 + 40 = 200.
  CHECK((*choices)[3] ==
        ScanChoice{.action = ScanAction::nested, .lengths = {8, 8}, .bytes = 200, .runs = 192});
}

TEST_CASE("the best split of every length up to 300 is that of trying all inner lengths") {
  for (std::int64_t length = 1; length <= 300; ++length) {
    const ScanLoop loop{.length = length, .carry = 3, .residual = 7};
    Bytes least = 1 << 30;
    for (std::int64_t inner = 1; inner <= length; ++inner)
      least = std::min(least, (length + inner - 1) / inner * 3 + inner * 7);
    CAPTURE(length);
    CHECK(segmented(loop)->bytes == least);
  }
}

// Forward runs beyond the taped ones, per iteration, as published for treeverse (rounded to two
// digits): t(L, c) / L with c slots.
TEST_CASE("binomial: the costs of treeverse") {
  constexpr std::array<std::int64_t, 6> kSlots = {3, 4, 6, 8, 10, 16};
  struct Row {
    std::int64_t length;
    std::array<double, 6> advances;
  };
  constexpr std::array<Row, 5> kTable = {{{12, {1.75, 1.50, 1.33, 1.17, 1.00, 0.92}},
                                          {32, {2.91, 2.34, 1.88, 1.69, 1.62, 1.44}},
                                          {80, {4.42, 3.42, 2.55, 2.31, 2.02, 1.77}},
                                          {126, {5.38, 4.00, 3.05, 2.56, 2.38, 1.86}},
                                          {1000, {12.15, 8.00, 5.28, 4.29, 3.64, 2.86}}}};
  for (const Row& row : kTable) {
    for (std::size_t i = 0; i < kSlots.size(); ++i) {
      const auto choice = binomial({.length = row.length, .carry = 5, .residual = 7}, kSlots[i]);
      REQUIRE(choice.has_value());
      const double more = static_cast<double>(choice->runs - row.length);
      CAPTURE(row.length);
      CAPTURE(kSlots[i]);
      CHECK(std::abs(more / static_cast<double>(row.length) - row.advances[i]) <= 0.0051);
      CHECK(choice->bytes == kSlots[i] * 5 + 7);
    }
  }
}

TEST_CASE("loops that cannot be are refused") {
  CHECK(keep_carries({.length = 0}).error().message ==
        "a loop of 0 iterations, 0 bytes of carry and 0 left behind by each");
  CHECK(binomial({.length = 4}, 0).error().message == "0 slots");
  CHECK(keep_residuals({.length = std::int64_t{1} << 40, .residual = std::int64_t{1} << 40})
            .error()
            .message == "the bytes or runs of a loop exceed 63 bits");
}

}  // namespace
}  // namespace hcb
