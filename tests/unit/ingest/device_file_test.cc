#include "ingest/device_file.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "base/prng.h"

namespace hcb {
namespace {

const std::string kGood =
    R"({"format": "hcb-device", "format_version": "1.0", "name": "mine", "description": "d",
 "flops": {"float64": 1, "float32": 2, "float16": 8, "bfloat16": 7},
 "bandwidth": 4, "launch_ns": 0})";

// kGood with one part exchanged.
std::string with(const std::string& part, const std::string& other) {
  std::string text = kGood;
  const std::size_t at = text.find(part);
  REQUIRE(at != std::string::npos);
  return text.replace(at, part.size(), other);
}

std::string error_of(const std::string& text) {
  const auto device = device_from_json(text, "d.json");
  REQUIRE(!device.has_value());
  CHECK(device.error().kind == ErrorKind::bad_input);
  return device.error().message;
}

TEST_CASE("a device file: rates that are left out are float32's") {
  const auto device = device_from_json(kGood, "d.json");
  REQUIRE_MESSAGE(device.has_value(), device.error().message);
  CHECK(device->f64 == 1);
  CHECK(device->f32 == 2);
  CHECK(device->f16 == 8);
  CHECK(device->bf16 == 7);
  CHECK(device->f8 == 2);
  CHECK(device->bandwidth == 4);
  CHECK(device->launch == 0);
}

TEST_CASE("a device file: every error names the place") {
  CHECK(error_of(with("\"bandwidth\": 4, ", "")) == "d.json: key \"bandwidth\" is missing");
  CHECK(error_of(with("\"launch_ns\"", "\"lunch_ns\"")) ==
        "d.json: lunch_ns: unknown key, did you mean 'launch_ns'?");
  CHECK(error_of(with("\"float16\"", "\"flot16\"")) ==
        "d.json: flops.flot16: unknown key, did you mean 'float16'?");
  CHECK(error_of(with("\"float32\": 2, ", "")) == "d.json: flops: key \"float32\" is missing");
  CHECK(error_of(with("\"float32\": 2", "\"float32\": 0")) ==
        "d.json: flops.float32: 0 is out of range (1 … 9223372036854775807)");
  CHECK(error_of(with("\"float32\": 2", "\"float32\": 1.5")) ==
        "d.json: flops.float32: expected an integer, found 1.5");
  CHECK(error_of(with("\"launch_ns\": 0", "\"launch_ns\": -1")) ==
        "d.json: launch_ns: -1 is out of range (0 … 9223372036854775807)");
  CHECK(error_of(with("\"mine\"", "7")) == "d.json: name: expected a string, found 7");
  CHECK(error_of(with("hcb-device", "hcb-plan")) ==
        "d.json: not a device profile: key \"format\" is not \"hcb-device\"");
  CHECK(error_of(with("\"1.0\"", "\"2.0\"")).starts_with("d.json: "));
}

TEST_CASE("names and files") {
  CHECK(names_device_file("mine.json"));
  CHECK(names_device_file("./mine"));
  CHECK(!names_device_file("a100-80g"));
  CHECK(device_of("t4")->f32 == 8'100'000'000'000);
  CHECK(device_of("t5").error().kind == ErrorKind::usage);
  const auto missing = device_of("/nowhere/mine.json");
  REQUIRE(!missing.has_value());
  CHECK(missing.error().message == "/nowhere/mine.json: cannot be read: No such file or directory");
}

// 3,000 damaged files: bytes exchanged, left out, put in. Each is refused with its name, or is still
// a profile that can be divided by.
TEST_CASE("damaged device files") {
  Prng prng(7);
  std::size_t refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = kGood;
    for (std::int64_t k = prng.between(1, 4); k > 0; --k) {
      const std::size_t at = prng.below(text.size());
      const char byte = static_cast<char>(prng.between(0, 255));
      if (prng.chance(33))
        text[at] = byte;
      else if (prng.chance(50))
        text.erase(at, 1 + prng.below(8));
      else
        text.insert(at, 1, byte);
      if (text.empty()) text = " ";
    }
    const auto device = device_from_json(text, "d.json");
    if (device) {
      CHECK(std::min({device->f64, device->f32, device->f16, device->bf16, device->f8}) > 0);
      CHECK(device->bandwidth > 0);
      CHECK(device->launch >= 0);
      continue;
    }
    ++refused;
    CHECK(device.error().message.starts_with("d.json: "));
  }
  CHECK(refused > 1500);
}

}  // namespace
}  // namespace hcb
