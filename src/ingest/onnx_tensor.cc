// Contents come in a typed field or as little-endian raw_data; both are read only when their length
// fits the dims.
#include "ingest/onnx_tensor.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include <onnx/onnx_pb.h>

namespace hcb {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

constexpr std::array kTypes = std::to_array<std::pair<int, DType>>({
    {1, DType::f32},       {2, DType::u8},          {3, DType::i8},      {4, DType::u16},
    {5, DType::i16},       {6, DType::i32},         {7, DType::i64},     {8, DType::string},
    {9, DType::boolean},   {10, DType::f16},        {11, DType::f64},    {12, DType::u32},
    {13, DType::u64},      {14, DType::c64},        {15, DType::c128},   {16, DType::bf16},
    {17, DType::f8e4m3fn}, {18, DType::f8e4m3fnuz}, {19, DType::f8e5m2}, {20, DType::f8e5m2fnuz},
    {21, DType::u4},       {22, DType::i4},         {23, DType::f4e2m1}, {24, DType::f8e8m0},
    {25, DType::u2},       {26, DType::i2},
});

template <class T>
void read_raw(const std::string& raw, auto& out) {
  for (std::size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
    T element;
    std::memcpy(&element, raw.data() + at, sizeof element);
    out.push_back(static_cast<std::remove_cvref_t<decltype(out[0])>>(element));
  }
}

template <class T>
void write_raw(const auto& elements, std::string& raw) {
  for (const auto element : elements) {
    const T narrow = static_cast<T>(element);
    raw.append(reinterpret_cast<const char*>(&narrow), sizeof narrow);
  }
}

// Calls f.operator()<T>() with the C++ type of a foldable dtype.
template <class F>
void with_type(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f64:
      return f.template operator()<double>();
    case DType::i64:
      return f.template operator()<std::int64_t>();
    case DType::u64:
      return f.template operator()<std::uint64_t>();
    case DType::i32:
      return f.template operator()<std::int32_t>();
    case DType::u32:
      return f.template operator()<std::uint32_t>();
    case DType::i16:
      return f.template operator()<std::int16_t>();
    case DType::u16:
      return f.template operator()<std::uint16_t>();
    case DType::i8:
      return f.template operator()<std::int8_t>();
    default:
      return f.template operator()<std::uint8_t>();  // u8, boolean
  }
}

void read_typed_fields(const onnx::TensorProto& tensor, SmallTensor& out) {
  if (out.dtype == DType::f32) {
    out.floats.assign(tensor.float_data().begin(), tensor.float_data().end());
  } else if (out.dtype == DType::f64) {
    out.floats.assign(tensor.double_data().begin(), tensor.double_data().end());
  } else if (out.dtype == DType::i64) {
    out.ints.assign(tensor.int64_data().begin(), tensor.int64_data().end());
  } else if (out.dtype == DType::u64 || out.dtype == DType::u32) {
    for (const auto element : tensor.uint64_data())
      out.ints.push_back(static_cast<std::int64_t>(element));
  } else {
    out.ints.assign(tensor.int32_data().begin(), tensor.int32_data().end());
  }
}

}  // namespace

DType dtype_of_onnx(int elem_type) {
  const auto at = std::ranges::find(kTypes, elem_type, &std::pair<int, DType>::first);
  return at == kTypes.end() ? DType::undefined : at->second;
}

int onnx_of_dtype(DType dtype) {
  const auto at = std::ranges::find(kTypes, dtype, &std::pair<int, DType>::second);
  return at == kTypes.end() ? 0 : at->first;
}

bool is_foldable(DType dtype) {
  switch (dtype) {
    case DType::f32:
    case DType::f64:
    case DType::i64:
    case DType::u64:
    case DType::i32:
    case DType::u32:
    case DType::i16:
    case DType::u16:
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return true;
    default:
      return false;
  }
}

std::optional<std::size_t> small_count(std::span<const std::int64_t> dims) {
  std::int64_t count = 1;
  std::int64_t count_without_zeros =
      1;  // bounded too, so that no product of some of the dims overflows
  for (const std::int64_t dim : dims) {
    if (dim < 0 || dim > kMostFolded) return std::nullopt;
    count *= dim;
    count_without_zeros *= dim == 0 ? 1 : dim;
    if (count_without_zeros > kMostFolded) return std::nullopt;
  }
  return static_cast<std::size_t>(count);
}

std::optional<SmallTensor> small_tensor(const onnx::TensorProto& tensor) {
  SmallTensor out{.dtype = dtype_of_onnx(tensor.data_type()),
                  .dims = {tensor.dims().begin(), tensor.dims().end()}};
  const bool external = tensor.data_location() == onnx::TensorProto::EXTERNAL;
  const auto count = small_count(out.dims);
  if (external || !count || !is_foldable(out.dtype)) return std::nullopt;
  if (tensor.has_raw_data()) {
    with_type(out.dtype, [&]<class T>() {
      if (tensor.raw_data().size() != *count * sizeof(T)) return;
      out.is_float() ? read_raw<T>(tensor.raw_data(), out.floats)
                     : read_raw<T>(tensor.raw_data(), out.ints);
    });
  } else {
    read_typed_fields(tensor, out);
  }
  if (out.size() != *count) return std::nullopt;
  return out;
}

onnx::TensorProto tensor_proto(const SmallTensor& tensor) {
  onnx::TensorProto out;
  out.set_data_type(onnx_of_dtype(tensor.dtype));
  for (const std::int64_t dim : tensor.dims) out.add_dims(dim);
  std::string& raw = *out.mutable_raw_data();
  with_type(tensor.dtype, [&]<class T>() {
    tensor.is_float() ? write_raw<T>(tensor.floats, raw) : write_raw<T>(tensor.ints, raw);
  });
  return out;
}

}  // namespace hcb
