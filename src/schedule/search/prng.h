// SplitMix64: the same sequence on every machine and standard library, so that a trajectory of the
// search is a function of the graph alone. Source: Steele, Lea, Flood, Fast splittable pseudorandom
// number generators, 2014.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hcb::search {

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

  // A number in [0, count); 0 for count 0.
  [[nodiscard]] std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace hcb::search
