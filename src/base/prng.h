// SplitMix64: a pseudo-random sequence that is the same on every machine and standard library (the
// distributions of <random> are not): a search, a generated graph and a failing test are functions
// of their seed. Source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, 2014.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hcb {

class Prng {
 public:
  explicit Prng(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  // A number in [0, count); 0 for count 0. The high bits of next() scaled, so no modulo bias worth
  // a retry.
  [[nodiscard]] std::size_t below(std::size_t count) {
    return static_cast<std::size_t>((static_cast<unsigned __int128>(next()) * count) >> 64);
  }

  // A number in [low, high].
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::size_t>(high - low + 1)));
  }

  // True in `percent` of 100 draws.
  [[nodiscard]] bool chance(int percent) { return between(0, 99) < percent; }

 private:
  std::uint64_t state_;
};

}  // namespace hcb
