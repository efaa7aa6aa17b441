#include "graph/types.h"

#include <algorithm>
#include <array>

namespace hcb {
namespace {

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  int bits;
  bool floating;
};

// In the order of the enumerators, so that a dtype is its own index.
constexpr std::array<DTypeInfo, 28> kDTypes{{
    {DType::undefined, "undefined", 0, false},
    {DType::f64, "float64", 64, true},
    {DType::f32, "float32", 32, true},
    {DType::f16, "float16", 16, true},
    {DType::bf16, "bfloat16", 16, true},
    {DType::f8e4m3fn, "float8_e4m3fn", 8, true},
    {DType::f8e4m3fnuz, "float8_e4m3fnuz", 8, true},
    {DType::f8e5m2, "float8_e5m2", 8, true},
    {DType::f8e5m2fnuz, "float8_e5m2fnuz", 8, true},
    {DType::f8e8m0, "float8_e8m0", 8, true},
    {DType::f4e2m1, "float4_e2m1", 4, true},
    {DType::i64, "int64", 64, false},
    {DType::i32, "int32", 32, false},
    {DType::i16, "int16", 16, false},
    {DType::i8, "int8", 8, false},
    {DType::i4, "int4", 4, false},
    {DType::i2, "int2", 2, false},
    {DType::u64, "uint64", 64, false},
    {DType::u32, "uint32", 32, false},
    {DType::u16, "uint16", 16, false},
    {DType::u8, "uint8", 8, false},
    {DType::u4, "uint4", 4, false},
    {DType::u2, "uint2", 2, false},
    {DType::boolean, "bool", 8, false},
    {DType::c64, "complex64", 64, true},
    {DType::c128, "complex128", 128, true},
    {DType::string, "string", 0, false},
    {DType::key, "key", 64, false},
}};

constexpr bool in_enumerator_order() {
  for (std::size_t i = 0; i < kDTypes.size(); ++i) {
    if (static_cast<std::size_t>(kDTypes[i].dtype) != i) return false;
  }
  return true;
}
static_assert(in_enumerator_order());

const DTypeInfo& info(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::string_view name(Dialect dialect) {
  constexpr std::array<std::string_view, 3> kNames{"onnx", "aten", "jax"};
  return kNames[static_cast<std::size_t>(dialect)];
}

std::string_view name(DType dtype) { return info(dtype).name; }
int bits(DType dtype) { return info(dtype).bits; }
bool is_floating(DType dtype) { return info(dtype).floating; }

std::optional<DType> dtype_named(std::string_view name) {
  const auto at = std::ranges::find(kDTypes, name, &DTypeInfo::name);
  return at == kDTypes.end() ? std::nullopt : std::optional(at->dtype);
}

std::optional<std::int64_t> element_count(std::span<const std::int64_t> shape) {
  if (std::ranges::any_of(shape, [](std::int64_t dim) { return dim < 0; })) return std::nullopt;
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  std::optional<std::int64_t> count = 1;
  for (const std::int64_t dim : shape) {
    count = checked_mul(*count, dim);
    if (!count) return std::nullopt;
  }
  return count;
}

std::optional<Bytes> tensor_bytes(DType dtype, std::span<const std::int64_t> shape) {
  const auto count = element_count(shape);
  if (!count || bits(dtype) == 0) return std::nullopt;
  const __int128 total = (static_cast<__int128>(*count) * bits(dtype) + 7) / 8;
  if (total > INT64_MAX) return std::nullopt;
  return static_cast<Bytes>(total);
}

std::string_view name(Role role) {
  constexpr std::array<std::string_view, 8> kNames{"parameter", "buffer",          "input",
                                                   "constant",  "optimizer_state", "activation",
                                                   "stash",     "gradient"};
  return kNames[static_cast<std::size_t>(role)];
}

std::string_view name(Phase phase) {
  constexpr std::array<std::string_view, 3> kNames{"forward", "backward", "optimizer"};
  return kNames[static_cast<std::size_t>(phase)];
}

}  // namespace hcb
