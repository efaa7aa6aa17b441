#include "ops/cost.h"

#include <limits>

#include <doctest/doctest.h>

namespace hcb {
namespace {

// 2 FLOP/ns in float32, 8 in float16; 4 bytes/ns; 100 ns to start.
constexpr Device kDevice{.name = "test",
                         .description = "",
                         .f64 = 1'000'000'000,
                         .f32 = 2'000'000'000,
                         .f16 = 8'000'000'000,
                         .bf16 = 8'000'000'000,
                         .f8 = 8'000'000'000,
                         .bandwidth = 4'000'000'000,
                         .launch = 100};

TEST_CASE("the slower of arithmetic and memory, rounded up, and the launch") {
  const auto time = [](std::int64_t flops, std::int64_t bytes, DType dtype) {
    const Work work{.flops = flops, .bytes_moved = bytes, .workspace = 0, .dtype = dtype};
    return estimate(work, kDevice, CostModel::roofline)->time;
  };
  CHECK(time(1000, 400, DType::f32) == 100 + 500);  // 500 ns of arithmetic, 100 of memory
  CHECK(time(1000, 4000, DType::f32) == 100 + 1000);
  CHECK(time(1000, 4000, DType::f16) == 100 + 1000);
  CHECK(time(1000, 400, DType::f16) == 100 + 125);
  CHECK(time(1, 1, DType::f32) == 100 + 1);  // half a ns is one
  CHECK(time(0, 0, DType::f32) == 100);
}

TEST_CASE("a view costs nothing; a fused op its launch") {
  Work work{.flops = 1000, .bytes_moved = 4000, .workspace = 64, .fusible = true};
  CHECK(estimate(work, kDevice, CostModel::roofline)->time == 1100);
  CHECK(estimate(work, kDevice, CostModel::fused) ==
        Cost{.flops = 1000, .bytes_moved = 4000, .workspace = 64, .time = 100});
  work.fusible = false;
  CHECK(estimate(work, kDevice, CostModel::fused)->time == 1100);
  work.view = true;
  CHECK(estimate(work, kDevice, CostModel::roofline) == Cost{});
}

TEST_CASE("numbers beyond 63 bits are no cost") {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(!estimate({.flops = Count(kMost) + 1, .bytes_moved = 0, .workspace = 0}, kDevice,
                  CostModel::roofline));
  CHECK(!estimate({.flops = kMost, .bytes_moved = 0, .workspace = 0, .dtype = DType::f64}, kDevice,
                  CostModel::roofline));  // 2^63 ns and the launch
  CHECK(estimate({.flops = kMost, .bytes_moved = 0, .workspace = 0, .dtype = DType::f16}, kDevice,
                 CostModel::roofline)
            ->time == kMost / 8 + 1 + 100);
}

}  // namespace
}  // namespace hcb
