// What the folding functions share: a node with the contents of its inputs. Internal to
// ingest/onnx_fold*.cc.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/onnx_tensor.h"

namespace onnx {
class AttributeProto;
class NodeProto;
}  // namespace onnx

namespace hcb::fold {

using Folded = std::optional<SmallTensor>;
using Ints = std::vector<std::int64_t>;

class Call {
 public:
  Call(const onnx::NodeProto& node, std::int64_t opset, std::span<const SmallTensor* const> inputs)
      : node_(node), opset_(opset), inputs_(inputs) {}

  [[nodiscard]] std::string_view op() const;
  [[nodiscard]] std::int64_t opset() const { return opset_; }
  [[nodiscard]] std::size_t input_count() const { return inputs_.size(); }
  // nullptr when omitted.
  [[nodiscard]] const SmallTensor* input(std::size_t i) const {
    return i < inputs_.size() ? inputs_[i] : nullptr;
  }
  [[nodiscard]] const onnx::AttributeProto* attribute(std::string_view name) const;
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const;
  // The integers of input `i` if it is there, else of the attribute, else nullopt.
  [[nodiscard]] std::optional<Ints> integers(std::size_t i, std::string_view attribute_name) const;

 private:
  const onnx::NodeProto& node_;
  std::int64_t opset_;
  std::span<const SmallTensor* const> inputs_;
};

// An axis in [-rank, rank) made non-negative; nullopt outside.
[[nodiscard]] std::optional<std::size_t> normal_axis(std::int64_t axis, std::size_t rank);
// Row-major strides in elements.
[[nodiscard]] Ints strides(std::span<const std::int64_t> dims);
// A tensor of `dims` with the elements of `source` at `index` (one per element of the result).
[[nodiscard]] SmallTensor pick(const SmallTensor& source, Ints dims,
                               std::span<const std::size_t> index);
// Offsets into a tensor of `dims` (broadcast to `out`) in row-major order of `out`; nullopt when it
// does not broadcast.
[[nodiscard]] std::optional<std::vector<std::size_t>> broadcast_index(
    std::span<const std::int64_t> dims, std::span<const std::int64_t> out);
[[nodiscard]] std::optional<Ints> broadcast_dims(std::span<const std::int64_t> a,
                                                 std::span<const std::int64_t> b);
// `value` as an element of an integer type; nullopt when it does not fit.
[[nodiscard]] std::optional<std::int64_t> fit(DType dtype, std::int64_t value);
// `value` rounded to f32 or f64.
[[nodiscard]] double round_to(DType dtype, double value);

// Elementwise operators (onnx_fold_elementwise.cc).
[[nodiscard]] Folded binary(const Call& call);
[[nodiscard]] Folded variadic(const Call& call);
[[nodiscard]] Folded unary(const Call& call);
[[nodiscard]] Folded where(const Call& call);
[[nodiscard]] Folded cast(const Call& call);

// Operators that move elements (onnx_fold_movement.cc).
[[nodiscard]] Folded gather(const Call& call);
[[nodiscard]] Folded concat(const Call& call);
[[nodiscard]] Folded slice(const Call& call);
[[nodiscard]] Folded squeeze(const Call& call);
[[nodiscard]] Folded unsqueeze(const Call& call);
[[nodiscard]] Folded reshape(const Call& call);
[[nodiscard]] Folded expand(const Call& call);
[[nodiscard]] Folded transpose(const Call& call);
[[nodiscard]] Folded identity(const Call& call);

// Operators that make or combine elements (onnx_fold.cc).
[[nodiscard]] Folded constant(const Call& call);
[[nodiscard]] Folded constant_of_shape(const Call& call);
[[nodiscard]] Folded range(const Call& call);
[[nodiscard]] Folded reduce(const Call& call);

}  // namespace hcb::fold
