// Threefry-2x32, the counter-based generator that jax keys are for, bit for bit (Salmon, Moraes, Dror
// and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011; 20 rounds). No torch here.
//
// jax numbers the elements of an array in one of two ways: `partitionable` (the default since 0.5)
// gives every element its own 64-bit counter; the older one halves a row of 32-bit counters.
#pragma once

#include <cstdint>
#include <span>

namespace hcb::internal {

struct Words {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  friend bool operator==(const Words&, const Words&) = default;
};

// A key as a tensor of keys holds it: the first word in the lower half.
[[nodiscard]] constexpr Words words_of(std::int64_t key) {
  const auto bits = static_cast<std::uint64_t>(key);
  return {static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)};
}
[[nodiscard]] constexpr std::int64_t key_of(Words words) {
  return static_cast<std::int64_t>(std::uint64_t{words.second} << 32 | words.first);
}

[[nodiscard]] Words threefry(Words key, Words counter);

// The key of a seed; of one of 32 bits the upper half is 0.
[[nodiscard]] Words seed_key(std::uint64_t seed);
[[nodiscard]] Words fold_in(Words key, std::uint32_t data);
void split_key(Words key, bool partitionable, std::span<std::int64_t> keys);

// Unsigned integers of 8, 16, 32 or 64 bits.
void random_bits(Words key, bool partitionable, std::span<std::uint8_t> out);
void random_bits(Words key, bool partitionable, std::span<std::uint16_t> out);
void random_bits(Words key, bool partitionable, std::span<std::uint32_t> out);
void random_bits(Words key, bool partitionable, std::span<std::uint64_t> out);

}  // namespace hcb::internal
