// How far the elements of a value reach into its storage.
#include <algorithm>
#include <vector>

#include "graph/types.h"
#include "ingest/hcb_verify.h"

namespace hcb::internal {

std::optional<Bytes> extent_bytes(const v1::Value& value) {
  const std::vector<std::int64_t> shape(value.shape().begin(), value.shape().end());
  const auto dtype = static_cast<DType>(value.dtype());
  if (std::ranges::find(shape, 0) != shape.end()) return 0;
  if (bits(dtype) == 0) return 0;  // its storage alone says how large it is
  if (value.strides_size() == 0) {
    const auto count = element_count(shape);
    const auto all = count ? checked_add(*count, value.storage_offset()) : count;
    if (!all) return std::nullopt;
    const std::vector<std::int64_t> flat{*all};
    return tensor_bytes(dtype, flat);
  }
  auto last = std::optional<std::int64_t>(value.storage_offset());
  for (std::size_t i = 0; i < shape.size() && last; ++i) {
    const auto reach = checked_mul(shape[i] - 1, value.strides(static_cast<int>(i)));
    last = reach ? checked_add(*last, *reach) : std::nullopt;
  }
  last = last ? checked_add(*last, 1) : last;
  if (!last) return std::nullopt;
  const std::vector<std::int64_t> flat{*last};
  return tensor_bytes(dtype, flat);
}

}  // namespace hcb::internal
