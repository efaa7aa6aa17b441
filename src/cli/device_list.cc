#include "cli/device_list.h"

#include <fmt/format.h>

#include "ops/device.h"

namespace hcb {
namespace {

constexpr std::int64_t kGiga = 1'000'000'000;

// "312" or "19.5": 10^12 per second with one decimal where it is needed.
std::string tera(std::int64_t rate) {
  const std::int64_t tenths = (rate + 50 * kGiga) / (100 * kGiga);
  return tenths % 10 == 0 ? std::to_string(tenths / 10)
                          : fmt::format("{}.{}", tenths / 10, tenths % 10);
}

}  // namespace

std::string device_list() {
  std::string text =
      fmt::format("{:<12} {:>7} {:>7} {:>7} {:>8} {:>6}  {:>9}  {:>6}\n", "TFLOP/s", "float64",
                  "float32", "float16", "bfloat16", "float8", "GB/s", "launch");
  for (const Device& device : devices()) {
    text += fmt::format("{:<12} {:>7} {:>7} {:>7} {:>8} {:>6}  {:>9}  {:>3} µs   {}\n", device.name,
                        tera(device.f64), tera(device.f32), tera(device.f16), tera(device.bf16),
                        tera(device.f8), device.bandwidth / kGiga, device.launch / 1000,
                        device.description);
  }
  return text + "your own: --device FILE.json (docs/device-file.md)\n";
}

}  // namespace hcb
