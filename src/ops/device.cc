#include "ops/device.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace hcb {
namespace {

constexpr std::int64_t kGiga = 1'000'000'000;
constexpr std::int64_t kTera = 1'000 * kGiga;
// Starting a kernel takes about 4 µs from the host, whatever the GPU.
constexpr Nanos kGpuLaunch = 4'000;

// float32 is the rate of the general units: PyTorch multiplies float32 matrices there unless TF32
// is switched on. float16, bfloat16 and float8 are the tensor units, accumulating in float32.
constexpr std::array<Device, 7> kDevices{{
    // NVIDIA A100 data sheet (2021), SXM modules.
    {.name = "a100-80g",
     .description = "NVIDIA A100 SXM 80 GB",
     .f64 = 9'700 * kGiga,
     .f32 = 19'500 * kGiga,
     .f16 = 312 * kTera,
     .bf16 = 312 * kTera,
     .f8 = 312 * kTera,
     .bandwidth = 2'039 * kGiga,
     .launch = kGpuLaunch},
    {.name = "a100-40g",
     .description = "NVIDIA A100 SXM 40 GB",
     .f64 = 9'700 * kGiga,
     .f32 = 19'500 * kGiga,
     .f16 = 312 * kTera,
     .bf16 = 312 * kTera,
     .f8 = 312 * kTera,
     .bandwidth = 1'555 * kGiga,
     .launch = kGpuLaunch},
    // NVIDIA H100 data sheet (2023), SXM; its tensor figures halved, since they count sparsity.
    {.name = "h100-80g",
     .description = "NVIDIA H100 SXM 80 GB",
     .f64 = 34 * kTera,
     .f32 = 67 * kTera,
     .f16 = 989'500 * kGiga,
     .bf16 = 989'500 * kGiga,
     .f8 = 1'979 * kTera,
     .bandwidth = 3'350 * kGiga,
     .launch = kGpuLaunch},
    // NVIDIA H200 data sheet (2024), SXM: the H100's units with more and faster memory.
    {.name = "h200-141g",
     .description = "NVIDIA H200 SXM 141 GB",
     .f64 = 34 * kTera,
     .f32 = 67 * kTera,
     .f16 = 989'500 * kGiga,
     .bf16 = 989'500 * kGiga,
     .f8 = 1'979 * kTera,
     .bandwidth = 4'800 * kGiga,
     .launch = kGpuLaunch},
    // NVIDIA Ada GPU architecture whitepaper (2022), appendix A.
    {.name = "rtx-4090",
     .description = "NVIDIA GeForce RTX 4090",
     .f64 = 1'290 * kGiga,
     .f32 = 82'600 * kGiga,
     .f16 = 165'200 * kGiga,
     .bf16 = 165'200 * kGiga,
     .f8 = 330'300 * kGiga,
     .bandwidth = 1'008 * kGiga,
     .launch = kGpuLaunch},
    // NVIDIA T4 data sheet (2019); no bfloat16 or float8 units.
    {.name = "t4",
     .description = "NVIDIA T4",
     .f64 = 254 * kGiga,
     .f32 = 8'100 * kGiga,
     .f16 = 65 * kTera,
     .bf16 = 8'100 * kGiga,
     .f8 = 8'100 * kGiga,
     .bandwidth = 320 * kGiga,
     .launch = kGpuLaunch},
    // Eight cores at 3 GHz with two 256-bit fused multiply-adds a cycle, two channels of DDR4-3200.
    {.name = "cpu-generic",
     .description = "8-core desktop CPU",
     .f64 = 384 * kGiga,
     .f32 = 768 * kGiga,
     .f16 = 768 * kGiga,
     .bf16 = 768 * kGiga,
     .f8 = 768 * kGiga,
     .bandwidth = 51'200'000'000,
     .launch = 1'000},
}};

}  // namespace

std::int64_t Device::peak(DType dtype) const {
  switch (dtype) {
    case DType::f64:
    case DType::c128:
      return f64;
    case DType::f16:
      return f16;
    case DType::bf16:
      return bf16;
    case DType::f8e4m3fn:
    case DType::f8e4m3fnuz:
    case DType::f8e5m2:
    case DType::f8e5m2fnuz:
    case DType::f8e8m0:
    case DType::f4e2m1:
      return f8;
    default:
      return f32;
  }
}

std::span<const Device> devices() { return kDevices; }

Result<const Device*> find_device(std::string_view name) {
  const auto at = std::ranges::find(kDevices, name, &Device::name);
  if (at != kDevices.end()) return &*at;
  std::vector<std::string> names;
  names.reserve(kDevices.size());
  for (const Device& device : kDevices) names.emplace_back(device.name);
  return fail(
      ErrorKind::usage,
      fmt::format("--device '{}': unknown device{}", printable(name), did_you_mean(name, names)),
      fmt::format("known devices: {}; or a file that ends in .json", fmt::join(names, ", ")));
}

}  // namespace hcb
