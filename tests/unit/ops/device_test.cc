#include "ops/device.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "base/options.h"

namespace hcb {
namespace {

TEST_CASE("the default device exists and comes first") {
  CHECK(devices().front().name == Options{}.device);
  CHECK(find_device(Options{}.device) == &devices().front());
}

TEST_CASE("names are distinct and every number is given") {
  std::set<std::string_view> names;
  for (const Device& device : devices()) {
    CHECK(names.insert(device.name).second);
    CHECK(std::min({device.f64, device.f32, device.f16, device.bf16, device.f8}) > 0);
    CHECK(device.bandwidth > 0);
    CHECK(device.launch > 0);
  }
}

TEST_CASE("the peak depends on the element type") {
  const Device& a100 = **find_device("a100-80g");
  CHECK(a100.peak(DType::f32) == 19'500'000'000'000);
  CHECK(a100.peak(DType::bf16) == 312'000'000'000'000);
  CHECK(a100.peak(DType::f64) == 9'700'000'000'000);
  CHECK(a100.peak(DType::c128) == a100.f64);
  CHECK(a100.peak(DType::i64) == a100.f32);
  CHECK((*find_device("h100-80g"))->peak(DType::f8e5m2) == 1'979'000'000'000'000);
}

TEST_CASE("an unknown device is a usage error with the nearest name") {
  const auto device = find_device("a100-80gb");
  REQUIRE(!device);
  CHECK(device.error() ==
        Error{ErrorKind::usage, "--device 'a100-80gb': unknown device, did you mean 'a100-80g'?",
              "known devices: a100-80g, a100-40g, h100-80g, h200-141g, rtx-4090, t4, cpu-generic; "
              "or a file that ends in .json"});
}

}  // namespace
}  // namespace hcb
