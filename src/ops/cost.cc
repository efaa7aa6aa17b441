#include "ops/cost.h"

#include <algorithm>

namespace hcb {
namespace {

constexpr __int128 kNanosPerSecond = 1'000'000'000;

// amount / rate in ns, rounded up; exact in 128 bits, since both are below 2^63.
__int128 nanos(std::int64_t amount, std::int64_t rate) {
  return (amount * kNanosPerSecond + rate - 1) / rate;
}

}  // namespace

std::optional<Cost> estimate(const Work& work, const Device& device, CostModel model) {
  if (work.view) return Cost{};
  const auto flops = work.flops.value();
  const auto bytes = work.bytes_moved.value();
  const auto workspace = work.workspace.value();
  if (!flops || !bytes || !workspace) return std::nullopt;
  __int128 time = device.launch;
  if (model == CostModel::roofline || !work.fusible) {
    time += std::max(nanos(*flops, device.peak(work.dtype)), nanos(*bytes, device.bandwidth));
  }
  if (time > std::numeric_limits<Nanos>::max()) return std::nullopt;
  return Cost{.flops = *flops,
              .bytes_moved = *bytes,
              .workspace = *workspace,
              .time = static_cast<Nanos>(time)};
}

}  // namespace hcb
