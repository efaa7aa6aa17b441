// Random bits and keys, computed on the host (and copied to the device from there, if it is another
// one): the bits are what matters, and they are integers.
#include <array>

#include <ATen/Functions.h>

#include "torch/jax_call.h"
#include "torch/threefry.h"

namespace hcb::internal {
namespace {

using at::Tensor;
using c10::ScalarType;

template <class T>
std::span<T> elements(const Tensor& tensor) {
  return {static_cast<T*>(tensor.data_ptr()), static_cast<std::size_t>(tensor.numel())};
}

Tensor on_host(const Tensor& tensor) { return tensor.cpu().contiguous(); }

// Where output k is written: the output itself, if it lies on the host in row-major order.
Tensor host_out(JaxCall& call, std::size_t k = 0) {
  const Tensor out = call.out(k);
  if (out.is_cpu() && out.is_contiguous()) return out;
  return at::empty(call.shape(k), at::TensorOptions().dtype(call.dtype(k)));
}

// put() copies it where it has to be, if that is elsewhere.
void finish(JaxCall& call, const Tensor& host, std::size_t k = 0) { call.put(k, host); }

bool partitionable(const JaxCall& call) { return call.params.flag("threefry_partitionable", true); }

// Every key makes as many elements.
template <class Fill>
void by_key(const Tensor& keys, std::int64_t elements_per_key, Fill fill) {
  std::int64_t begin = 0;
  for (const std::int64_t key : elements<std::int64_t>(keys)) {
    fill(words_of(key), static_cast<std::size_t>(begin));
    begin += elements_per_key;
  }
}

template <class T>
void fill_bits(JaxCall& call, const Tensor& keys, const Tensor& out) {
  const auto all = elements<T>(out);
  const std::size_t each = keys.numel() == 0 ? 0 : all.size() / elements<std::int64_t>(keys).size();
  by_key(keys, static_cast<std::int64_t>(each), [&](Words key, std::size_t begin) {
    random_bits(key, partitionable(call), all.subspan(begin, each));
  });
}

void bits(JaxCall& call) {
  const Tensor keys = on_host(call[0]);
  const Tensor out = host_out(call);
  switch (call.params.integer("bit_width")) {
    case 8:
      fill_bits<std::uint8_t>(call, keys, out);
      break;
    case 16:
      fill_bits<std::uint16_t>(call, keys, out);
      break;
    case 32:
      fill_bits<std::uint32_t>(call, keys, out);
      break;
    default:
      fill_bits<std::uint64_t>(call, keys, out);
  }
  finish(call, out);
}

void split(JaxCall& call) {
  const Tensor keys = on_host(call[0]);
  const Tensor out = host_out(call);
  const auto all = elements<std::int64_t>(out);
  const std::size_t each = keys.numel() == 0 ? 0 : all.size() / elements<std::int64_t>(keys).size();
  by_key(keys, static_cast<std::int64_t>(each), [&](Words key, std::size_t begin) {
    split_key(key, partitionable(call), all.subspan(begin, each));
  });
  finish(call, out);
}

void fold(JaxCall& call) {
  const Tensor out = host_out(call);
  const Tensor keys = on_host(call[0].expand(call.shape()));
  const Tensor data = on_host(call[1].to(at::kLong).expand(call.shape()));
  const auto from = elements<std::int64_t>(keys);
  const auto number = elements<std::int64_t>(data);
  const auto to = elements<std::int64_t>(out);
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = key_of(fold_in(words_of(from[i]), static_cast<std::uint32_t>(number[i])));
  finish(call, out);
}

void seed(JaxCall& call) {
  const Tensor out = host_out(call);
  const Tensor seeds = on_host(as_signed(call[0]).to(at::kLong));
  const bool narrow = c10::elementSize(call[0].scalar_type()) < sizeof(std::int64_t);
  const std::uint64_t mask = narrow ? 0xFFFFFFFFU : ~std::uint64_t{0};
  const auto from = elements<std::int64_t>(seeds);
  const auto to = elements<std::int64_t>(out);
  for (std::size_t i = 0; i < to.size(); ++i)
    to[i] = key_of(seed_key(static_cast<std::uint64_t>(from[i]) & mask));
  finish(call, out);
}

// (key words, counter words), broadcast against each other.
void hash(JaxCall& call) {
  std::array<Tensor, 4> in;
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = on_host(call[i].expand(call.shape()));
  const Tensor first = host_out(call, 0);
  const Tensor second = host_out(call, 1);
  const auto word = [&](std::size_t k, std::size_t i) { return elements<std::uint32_t>(in[k])[i]; };
  for (std::size_t i = 0; i < elements<std::uint32_t>(first).size(); ++i) {
    const Words words = threefry({word(0, i), word(1, i)}, {word(2, i), word(3, i)});
    elements<std::uint32_t>(first)[i] = words.first;
    elements<std::uint32_t>(second)[i] = words.second;
  }
  finish(call, first, 0);
  finish(call, second, 1);
}

// The 64-bit number of every element, as its upper and its lower half.
void numbers(JaxCall& call) {
  const Tensor high = host_out(call, 0);
  const Tensor low = host_out(call, 1);
  const auto highs = elements<std::uint32_t>(high);
  const auto lows = elements<std::uint32_t>(low);
  for (std::uint64_t i = 0; i < lows.size(); ++i) {
    highs[i] = static_cast<std::uint32_t>(i >> 32);
    lows[i] = static_cast<std::uint32_t>(i);
  }
  finish(call, high, 0);
  finish(call, low, 1);
}

// Keys of other generators are refused.
std::string other_generator(const JaxParams& params) {
  const std::string impl = params.text("impl", "fry");
  if (impl.find("fry") != std::string::npos) return {};
  return "keys of '" + impl + "'; threefry2x32 is the one that is known";
}

constexpr std::array kAdapters = std::to_array<JaxAdapter>({
    {"random_bits", bits},
    {"random_split", split},
    {"random_fold_in", fold},
    {.op = "random_seed", .run = seed, .unsupported = other_generator},
    {"threefry2x32", hash},
    {"iota_2x32_shape", numbers},
});

}  // namespace

std::span<const JaxAdapter> jax_random_adapters() { return kAdapters; }

}  // namespace hcb::internal
