#include "torch/threefry.h"

#include <array>
#include <bit>
#include <cstddef>
#include <vector>

namespace hcb::internal {
namespace {

constexpr std::array<std::array<int, 4>, 2> kRotations = {{{13, 15, 26, 6}, {17, 29, 16, 24}}};
constexpr std::uint32_t kParity = 0x1BD11BDA;

Words counter_of(std::uint64_t i) {
  return {static_cast<std::uint32_t>(i >> 32), static_cast<std::uint32_t>(i)};
}

// Words of the older numbering: word i of `count` comes from counters i and i + half, the first half
// of the words from the first results. An odd count is filled up with a counter of 0.
std::vector<std::uint32_t> halved_words(Words key, std::uint64_t count) {
  const std::uint64_t half = (count + 1) / 2;
  std::vector<std::uint32_t> out(2 * half);
  for (std::uint64_t low = 0; low < half; ++low) {
    const std::uint64_t high = low + half < count ? low + half : 0;
    const Words words =
        threefry(key, {static_cast<std::uint32_t>(low), static_cast<std::uint32_t>(high)});
    out[low] = words.first;
    out[low + half] = words.second;
  }
  return out;
}

template <class T>
void halved_bits(Words key, std::span<T> out) {
  constexpr std::uint64_t kPerWord = sizeof(std::uint32_t) / sizeof(T);
  const auto halved = halved_words(key, (out.size() + kPerWord - 1) / kPerWord);
  for (std::uint64_t i = 0; i < out.size(); ++i) {
    const auto place = static_cast<int>(i % kPerWord * 8 * sizeof(T));
    out[i] = static_cast<T>(halved[i / kPerWord] >> place);
  }
}

template <class T>
void narrow_bits(Words key, bool partitionable, std::span<T> out) {
  if (!partitionable) return halved_bits(key, out);
  for (std::uint64_t i = 0; i < out.size(); ++i) {
    const Words words = threefry(key, counter_of(i));
    out[i] = static_cast<T>(words.first ^ words.second);
  }
}

}  // namespace

Words threefry(Words key, Words counter) {
  const std::array keys{key.first, key.second, key.first ^ key.second ^ kParity};
  Words x{counter.first + keys[0], counter.second + keys[1]};
  for (std::uint32_t group = 0; group < 5; ++group) {
    for (const int rotation : kRotations[group % 2]) {
      x.first += x.second;
      x.second = std::rotl(x.second, rotation) ^ x.first;
    }
    x.first += keys[(group + 1) % 3];
    x.second += keys[(group + 2) % 3] + group + 1;
  }
  return x;
}

Words seed_key(std::uint64_t seed) { return counter_of(seed); }

Words fold_in(Words key, std::uint32_t data) { return threefry(key, {0, data}); }

void split_key(Words key, bool partitionable, std::span<std::int64_t> keys) {
  const auto halved =
      partitionable ? std::vector<std::uint32_t>() : halved_words(key, 2 * keys.size());
  for (std::uint64_t i = 0; i < keys.size(); ++i)
    keys[i] = key_of(partitionable ? threefry(key, counter_of(i))
                                   : Words{halved[2 * i], halved[2 * i + 1]});
}

void random_bits(Words key, bool partitionable, std::span<std::uint8_t> out) {
  narrow_bits(key, partitionable, out);
}
void random_bits(Words key, bool partitionable, std::span<std::uint16_t> out) {
  narrow_bits(key, partitionable, out);
}
void random_bits(Words key, bool partitionable, std::span<std::uint32_t> out) {
  narrow_bits(key, partitionable, out);
}
void random_bits(Words key, bool partitionable, std::span<std::uint64_t> out) {
  const auto halved =
      partitionable ? std::vector<std::uint32_t>() : halved_words(key, 2 * out.size());
  for (std::uint64_t i = 0; i < out.size(); ++i) {
    const Words words =
        partitionable ? threefry(key, counter_of(i)) : Words{halved[i], halved[i + out.size()]};
    out[i] = std::uint64_t{words.first} << 32 | words.second;
  }
}

}  // namespace hcb::internal
