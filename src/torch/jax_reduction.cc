// Folds, runs along a dim, orders.
#include <algorithm>
#include <array>
#include <numeric>

#include <ATen/Functions.h>

#include "torch/dtypes.h"
#include "torch/jax_call.h"

namespace hcb::internal {
namespace {

using at::Tensor;
using c10::ScalarType;

// Every fold over no dims is the operand.
template <auto f>
void fold(JaxCall& call) {
  const Ints axes = call.params.integers("axes");
  if (axes.empty()) return call.put(call[0]);
  f(call, axes);
}

void sum(JaxCall& call, const Ints& axes) {
  Tensor y = as_signed(call.out());
  at::sum_out(y, as_signed(call[0]), axes, false, y.scalar_type());
}

Tensor wide(const Tensor& x) {
  const ScalarType type = x.scalar_type();
  return type == ScalarType::UInt16 || type == ScalarType::UInt32 ? x.to(at::kLong) : x;
}

void most(JaxCall& call, const Ints& axes) { call.out().copy_(wide(call[0]).amax(axes)); }
void least(JaxCall& call, const Ints& axes) { call.out().copy_(wide(call[0]).amin(axes)); }

// One dim after the other, from the last, so that positions stay.
template <auto f>
void one_by_one(JaxCall& call, const Ints& axes) {
  Ints order = axes;
  std::ranges::sort(order, std::greater<>());
  Tensor y = as_signed(call[0]);
  for (const std::int64_t axis : order) y = f(y, axis);
  as_signed(call.out()).copy_(y);
}

Tensor multiplied(const Tensor& x, std::int64_t axis) {
  return x.prod(axis, false, x.scalar_type());
}

// Halves against each other, since there is no such reduction.
Tensor exclusive(const Tensor& x, std::int64_t axis) {
  Tensor y = x.movedim(axis, 0);
  if (y.size(0) == 0) return at::zeros(y.sizes().slice(1), y.options());
  while (y.size(0) > 1) {
    const std::int64_t half = y.size(0) / 2;
    const Tensor folded = y.narrow(0, 0, half).bitwise_xor(y.narrow(0, half, half));
    y = y.size(0) % 2 == 0 ? folded : at::cat({folded, y.narrow(0, 2 * half, 1)});
  }
  return y.squeeze(0);
}

Tensor every(const Tensor& x, std::int64_t axis) {
  TORCH_CHECK(x.scalar_type() == at::kBool, "of booleans only");
  return x.all(axis);
}
Tensor some(const Tensor& x, std::int64_t axis) {
  TORCH_CHECK(x.scalar_type() == at::kBool, "of booleans only");
  return x.any(axis);
}

// The first of equal ones; NaN is taken for both the greatest and the least.
template <bool greatest>
void position(JaxCall& call) {
  const std::int64_t axis = call.params.integers("axes").at(0);
  const Tensor x = call[0].scalar_type() == at::kBool ? call[0].to(at::kByte) : wide(call[0]);
  call.out().copy_(greatest ? x.argmax(axis) : x.argmin(axis));
}

// Along the axis, from its end if reversed.
template <auto f>
void running(JaxCall& call) {
  const std::int64_t axis = call.params.integer("axis");
  const bool reversed = call.params.flag("reverse", false);
  const Tensor x = as_signed(call[0]);
  const Tensor y = f(reversed ? x.flip(axis) : x, axis);
  as_signed(call.out()).copy_(reversed ? y.flip(axis) : y);
}

// Keys in the order of signed integers.
Tensor sortable(const Tensor& key) {
  TORCH_CHECK(key.scalar_type() != ScalarType::UInt64, "no order of uint64");
  return key.scalar_type() == at::kBool ? key.to(at::kByte) : wide(key);
}

// By the last key first: a stable sort by each of the earlier ones keeps that order among equals.
void sort(JaxCall& call) {
  const std::int64_t axis = call.params.integer("dimension");
  const std::int64_t keys = call.params.integer("num_keys", 1);
  Tensor order;
  for (std::int64_t k = keys; k-- > 0;) {
    Tensor key = sortable(call[static_cast<std::size_t>(k)]);
    if (order.defined()) key = key.gather(axis, order);
    const Tensor positions = std::get<1>(key.sort(true, axis, false));
    order = order.defined() ? order.gather(axis, positions) : positions;
  }
  for (std::size_t k = 0; k < call.outputs(); ++k) {
    Tensor y = call.out(k);
    at::gather_out(y, call[k], axis, order);
  }
}

// Integers in the order that IEEE 754 gives all floats: -NaN, -inf … -0, 0 … inf, NaN.
Tensor total_order(const Tensor& x) {
  if (!x.is_floating_point()) return sortable(x);
  const std::size_t size = x.element_size();
  const ScalarType as = size == 2 ? at::kShort : size == 4 ? at::kInt : at::kLong;
  const Tensor bits = x.view(as);
  const auto sign = static_cast<std::int64_t>(8 * size - 1);
  return bits.bitwise_xor(bits.bitwise_right_shift(sign).bitwise_and_(highest(as)));
}

// A full sort, since ties go to the first.
void top(JaxCall& call) {
  const std::int64_t axis = call.params.integer("axis", -1);
  const std::int64_t count = call.params.integer("k");
  const Tensor order = std::get<1>(total_order(call[0]).sort(true, axis, true));
  const Tensor best = order.narrow(axis, 0, count);
  call.out(0).copy_(call[0].gather(axis, best));
  call.out(1).copy_(best);
}

constexpr std::array kAdapters = std::to_array<JaxAdapter>({
    {"reduce_sum", fold<sum>},
    {"reduce_max", fold<most>},
    {"reduce_min", fold<least>},
    {"reduce_prod", fold<one_by_one<multiplied>>},
    {"reduce_and", fold<one_by_one<every>>},
    {"reduce_or", fold<one_by_one<some>>},
    {"reduce_xor", fold<one_by_one<exclusive>>},
    {"argmax", position<true>},
    {"argmin", position<false>},
    {"cumsum",
     running<[](const Tensor& x, std::int64_t axis) { return x.cumsum(axis, x.scalar_type()); }>},
    {"cumprod",
     running<[](const Tensor& x, std::int64_t axis) { return x.cumprod(axis, x.scalar_type()); }>},
    {"cummax",
     running<[](const Tensor& x, std::int64_t axis) { return std::get<0>(x.cummax(axis)); }>},
    {"cummin",
     running<[](const Tensor& x, std::int64_t axis) { return std::get<0>(x.cummin(axis)); }>},
    {"cumlogsumexp",
     running<[](const Tensor& x, std::int64_t axis) { return x.logcumsumexp(axis); }>},
    {"sort", sort},
    {"top_k", top},
});

}  // namespace

std::span<const JaxAdapter> jax_reduction_adapters() { return kAdapters; }

}  // namespace hcb::internal
