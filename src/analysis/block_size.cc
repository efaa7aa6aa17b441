// For one size, a buffer is charged to the block that makes it and, as a difference array, to the
// boundaries it crosses. Sums stop at 2^63 - 1, which keeps comparisons right.
#include "analysis/block_size.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace hcb {
namespace {

constexpr Bytes kMost = std::numeric_limits<Bytes>::max();

Bytes sum_of(Bytes a, Bytes b) { return checked_add(a, b).value_or(kMost); }

Bytes clamped(__int128 bytes) { return static_cast<Bytes>(std::min<__int128>(bytes, kMost)); }

std::vector<std::int64_t> sizes_to_try(std::int64_t nodes) {
  std::vector<std::int64_t> sizes;
  for (std::int64_t size = 1; size < nodes; size *= 2) sizes.push_back(size);
  sizes.push_back(integer_sqrt(nodes));
  sizes.push_back(nodes);
  std::ranges::sort(sizes);
  const auto rest = std::ranges::unique(sizes);
  sizes.erase(rest.begin(), rest.end());
  return sizes;
}

BlockCosts costs_of(const std::vector<ForwardLife>& lives, std::int64_t nodes, std::int64_t size) {
  BlockCosts costs{.block_size = size, .blocks = (nodes + size - 1) / size};
  std::vector<__int128> made(static_cast<std::size_t>(costs.blocks), 0);
  std::vector<__int128> change(made.size() + 1, 0);
  __int128 crossing = 0;
  for (const ForwardLife& life : lives) {
    const auto first = static_cast<std::size_t>(life.made / size);
    const auto last = static_cast<std::size_t>(life.last / size);
    made[first] += life.bytes;
    if (first == last) continue;
    crossing += life.bytes;
    change[first] += life.bytes;
    change[last] -= life.bytes;
  }
  costs.boundaries = clamped(crossing);
  costs.block = clamped(*std::ranges::max_element(made));
  __int128 across = 0;
  for (const __int128 step : change) {
    across += step;
    costs.widest = std::max(costs.widest, clamped(across));
  }
  return costs;
}

}  // namespace

std::int64_t integer_sqrt(std::int64_t n) {
  std::int64_t root = 0;
  for (std::int64_t bit = std::int64_t{1} << 31; bit > 0; bit >>= 1) {
    const std::int64_t next = root | bit;
    if (next <= n / next) root = next;
  }
  return root;
}

Bytes BlockCosts::periodic() const { return sum_of(boundaries, block); }

Bytes BlockCosts::interval_tree() const {
  const auto levels = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(blocks - 1)));
  Bytes path = 0;
  for (int level = 0; level < levels; ++level) path = sum_of(path, widest);
  return sum_of(std::min(path, boundaries), block);
}

std::vector<BlockCosts> block_costs(const std::vector<ForwardLife>& lives, std::int64_t nodes) {
  std::vector<BlockCosts> all;
  if (nodes == 0) return all;
  for (const std::int64_t size : sizes_to_try(nodes)) all.push_back(costs_of(lives, nodes, size));
  return all;
}

}  // namespace hcb
