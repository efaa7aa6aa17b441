// Small constant tensors with their contents: what shape arithmetic computes on.
//
// Integers and booleans are held as int64, floating point as double but rounded to the tensor's own
// type after every operation. Row-major. At most kMostFolded elements.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "graph/types.h"

namespace onnx {
class TensorProto;
}

namespace hcb {

inline constexpr std::int64_t kMostFolded = 4096;

struct SmallTensor {
  DType dtype = DType::undefined;
  std::vector<std::int64_t> dims;
  std::vector<std::int64_t> ints;  // of integer and boolean types
  std::vector<double> floats;      // of f32 and f64

  [[nodiscard]] bool is_float() const { return dtype == DType::f32 || dtype == DType::f64; }
  [[nodiscard]] std::size_t size() const { return is_float() ? floats.size() : ints.size(); }
  // Element i as the other kind; floats are truncated towards zero (callers check the range).
  [[nodiscard]] double real(std::size_t i) const {
    return is_float() ? floats[i] : static_cast<double>(ints[i]);
  }
  friend bool operator==(const SmallTensor&, const SmallTensor&) = default;
};

// ONNX's number for an element type and back; undefined / 0 for what has none.
[[nodiscard]] DType dtype_of_onnx(int elem_type);
[[nodiscard]] int onnx_of_dtype(DType dtype);

// Can contents of this type be computed on: 8- to 64-bit integers, bool, f32, f64?
[[nodiscard]] bool is_foldable(DType dtype);

// Elements of a shape of at most kMostFolded elements; nullopt when larger, negative or
// overflowing.
[[nodiscard]] std::optional<std::size_t> small_count(std::span<const std::int64_t> dims);

// Contents of a tensor in the model; nullopt when external, dropped, too large, of another type or
// inconsistent.
[[nodiscard]] std::optional<SmallTensor> small_tensor(const onnx::TensorProto& tensor);

// The same as raw_data. The name is left empty.
[[nodiscard]] onnx::TensorProto tensor_proto(const SmallTensor& tensor);

}  // namespace hcb
