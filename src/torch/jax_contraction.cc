// dot_general as one matrix product per batch; conv_general_dilated as ATen's convolution, and the
// forms that jax's gradients take as ATen's own backward:
//
//     lhs_dilation                     the input gradient: a transposed convolution
//     filter larger than the result    the weight gradient, batch and features swapped
//     batch_group_count                the weight gradient of a grouped convolution, or its groups
#include <algorithm>
#include <array>
#include <numeric>

#include <ATen/Functions.h>

#include "torch/dtypes.h"
#include "torch/jax_call.h"

namespace hcb::internal {
namespace {

using at::Tensor;

std::int64_t product(const Tensor& x, const Ints& dims) {
  std::int64_t size = 1;
  for (const std::int64_t d : dims) size *= x.size(d);
  return size;
}

// Dims in neither list, ascending.
Ints free_dims(const Tensor& x, const Ints& contracted, const Ints& batch) {
  Ints free;
  for (std::int64_t d = 0; d < x.dim(); ++d) {
    if (std::ranges::find(contracted, d) == contracted.end() &&
        std::ranges::find(batch, d) == batch.end())
      free.push_back(d);
  }
  return free;
}

Ints joined(const Ints& a, const Ints& b, const Ints& c) {
  Ints all = a;
  all.insert(all.end(), b.begin(), b.end());
  all.insert(all.end(), c.begin(), c.end());
  return all;
}

// Inputs narrower than the result are widened first.
Tensor widened(const Tensor& x, c10::ScalarType to) {
  return x.scalar_type() == to ? as_signed(x) : as_signed(x.to(to));
}

void dot_general(JaxCall& call) {
  const std::vector<Ints> numbers = call.params.nested("dimension_numbers");
  const Ints &lhs_contracted = numbers.at(0), &rhs_contracted = numbers.at(1);
  const Ints &lhs_batch = numbers.at(2), &rhs_batch = numbers.at(3);
  const Tensor lhs = widened(call[0], call.dtype());
  const Tensor rhs = widened(call[1], call.dtype());
  const Ints lhs_free = free_dims(lhs, lhs_contracted, lhs_batch);
  const Ints rhs_free = free_dims(rhs, rhs_contracted, rhs_batch);
  const std::int64_t batch = product(lhs, lhs_batch);
  const std::int64_t rows = product(lhs, lhs_free);
  const std::int64_t columns = product(rhs, rhs_free);
  const std::int64_t contracted = product(lhs, lhs_contracted);
  const Tensor a =
      lhs.permute(joined(lhs_batch, lhs_free, lhs_contracted)).reshape({batch, rows, contracted});
  const Tensor b = rhs.permute(joined(rhs_batch, rhs_contracted, rhs_free))
                       .reshape({batch, contracted, columns});
  Tensor y = as_signed(call.out());
  Tensor product = y.view({batch, rows, columns});
  if (lhs_batch.empty()) {
    Tensor matrix = product[0];
    at::mm_out(matrix, a[0], b[0]);
  } else {
    at::bmm_out(product, a, b);
  }
}

// conv_general_dilated with dims put in the order batch, features, space.
struct Convolution {
  Tensor lhs;  // [N, C, space]
  Tensor rhs;  // [O, C / groups, space]
  Ints stride;
  std::vector<Ints> padding;
  Ints lhs_dilation;
  Ints rhs_dilation;
  std::int64_t feature_groups = 1;
  std::int64_t batch_groups = 1;
  Ints places;  // the space of the result

  [[nodiscard]] std::size_t rank() const { return stride.size(); }
  [[nodiscard]] std::int64_t lhs_size(std::size_t d) const {
    return lhs.size(static_cast<std::int64_t>(d) + 2);
  }
  [[nodiscard]] std::int64_t rhs_size(std::size_t d) const {
    return rhs.size(static_cast<std::int64_t>(d) + 2);
  }
};

bool all_ones(const Ints& numbers) {
  return std::ranges::all_of(numbers, [](std::int64_t n) { return n == 1; });
}

// x cut off or filled with zeros at both ends of dim d of its space.
Tensor extended(const Tensor& x, std::size_t d, std::int64_t low, std::int64_t high) {
  const std::size_t dims = static_cast<std::size_t>(x.dim()) - 2;
  Ints amounts(2 * dims, 0);
  amounts[2 * (dims - 1 - d)] = low;
  amounts[2 * (dims - 1 - d) + 1] = high;
  return at::constant_pad_nd(x, amounts, 0);
}

// The same padding at both ends, as ATen wants it; what is left of it is applied to x.
Ints even_padding(Tensor& x, const std::vector<Ints>& padding) {
  Ints both;
  for (std::size_t d = 0; d < padding.size(); ++d) {
    const std::int64_t low = padding[d][0];
    const std::int64_t high = padding[d][1];
    const std::int64_t even = std::max<std::int64_t>(0, std::min(low, high));
    if (low != even || high != even) x = extended(x, d, low - even, high - even);
    both.push_back(even);
  }
  return both;
}

Tensor plain_convolution(const Convolution& c) {
  Tensor x = c.lhs;
  const Ints padding = even_padding(x, c.padding);
  return at::convolution(x, c.rhs, {}, c.stride, padding, c.rhs_dilation, false, Ints(c.rank(), 0),
                         c.feature_groups);
}

// With holes of zeros written out.
Tensor with_holes(const Convolution& c) {
  Ints sizes{c.lhs.size(0), c.lhs.size(1)};
  for (std::size_t d = 0; d < c.rank(); ++d)
    sizes.push_back((c.lhs_size(d) - 1) * c.lhs_dilation[d] + 1);
  Tensor spread = at::zeros(sizes, c.lhs.options());
  Tensor places = spread;
  for (std::size_t d = 0; d < c.rank(); ++d)
    places = places.slice(static_cast<std::int64_t>(d) + 2, 0, sizes[d + 2], c.lhs_dilation[d]);
  places.copy_(c.lhs);
  return spread;
}

// Padding and output padding of the transposed convolution that is `c`; empty: it is none.
struct TransposedPadding {
  Ints padding;
  Ints output;
};

std::optional<TransposedPadding> transposed_padding(const Convolution& c) {
  TransposedPadding found;
  if (!all_ones(c.stride)) return std::nullopt;
  for (std::size_t d = 0; d < c.rank(); ++d) {
    const std::int64_t low = c.padding[d][0];
    const std::int64_t even = c.rhs_dilation[d] * (c.rhs_size(d) - 1) - low;
    const std::int64_t more = c.padding[d][1] - low;
    if (even < 0 || more < 0 || more >= std::max(c.lhs_dilation[d], c.rhs_dilation[d]))
      return std::nullopt;
    found.padding.push_back(even);
    found.output.push_back(more);
  }
  return found;
}

// [O, I/g, space] -> [I, O/g, space], turned around.
Tensor transposed_filter(const Convolution& c) {
  const std::int64_t groups = c.feature_groups;
  Ints grouped{groups, c.rhs.size(0) / groups};
  Ints flat{groups * c.rhs.size(1), c.rhs.size(0) / groups};
  Ints space;
  for (std::int64_t d = 1; d < c.rhs.dim(); ++d) grouped.push_back(c.rhs.size(d));
  for (std::int64_t d = 2; d < c.rhs.dim(); ++d) {
    flat.push_back(c.rhs.size(d));
    space.push_back(d);
  }
  return c.rhs.reshape(grouped).transpose(1, 2).reshape(flat).flip(space);
}

Tensor dilated_convolution(Convolution c) {
  if (const auto found = transposed_padding(c)) {
    return at::convolution(c.lhs, transposed_filter(c), {}, c.lhs_dilation, found->padding,
                           c.rhs_dilation, true, found->output, c.feature_groups);
  }
  c.lhs = with_holes(c);
  return plain_convolution(c);
}

// out[b, o, k] = Σ lhs[b, n, k·stride + p·dilation - low] · rhs[o, n, p] is the weight gradient, at
// place k, of the convolution with that dilation as stride and that stride as dilation, whose input
// is lhs and whose output gradient is rhs, batch and features swapped. The input is cut to what the
// places reach.
Tensor weight_gradient(const Convolution& c) {
  Tensor x = c.lhs;
  Ints padding;
  for (std::size_t d = 0; d < c.rank(); ++d) {
    const std::int64_t reach =
        (c.places[d] - 1) * c.stride[d] + (c.rhs_size(d) - 1) * c.rhs_dilation[d] + 1;
    const std::int64_t low = c.padding[d][0];
    const std::int64_t high = reach - c.lhs_size(d) - low;
    const std::int64_t even = low >= 0 && low == high ? low : 0;
    if (even != low || even != high) x = extended(x, d, low - even, high - even);
    padding.push_back(even);
  }
  const std::int64_t groups = c.batch_groups;
  const std::int64_t batch = x.size(0) / groups;
  Ints weight{c.rhs.size(0), batch};
  weight.insert(weight.end(), c.places.begin(), c.places.end());
  const Tensor like = at::empty({1}, x.options()).expand(weight);
  const auto [input, gradient, bias] = at::convolution_backward(
      c.rhs.transpose(0, 1), x.transpose(0, 1), like, c10::nullopt, c.rhs_dilation, padding,
      c.stride, false, Ints(c.rank(), 0), groups, {false, true, false});
  return gradient.transpose(0, 1);
}

bool is_weight_gradient(const Convolution& c) {
  if (c.feature_groups != 1 || !all_ones(c.lhs_dilation)) return false;
  std::int64_t filter = 1;
  std::int64_t result = 1;
  for (std::size_t d = 0; d < c.rank(); ++d) {
    filter *= c.rhs_size(d);
    result *= c.places[d];
  }
  return filter > result && filter > 1;
}

// [g·b, C, space] -> [b, g·C, space]: batch groups as feature groups.
void batch_groups_to_features(Convolution& c) {
  if (c.batch_groups == 1) return;
  Ints split{c.batch_groups, c.lhs.size(0) / c.batch_groups};
  Ints flat{split[1], c.batch_groups * c.lhs.size(1)};
  for (std::int64_t d = 1; d < c.lhs.dim(); ++d) split.push_back(c.lhs.size(d));
  for (std::int64_t d = 2; d < c.lhs.dim(); ++d) flat.push_back(c.lhs.size(d));
  c.lhs = c.lhs.reshape(split).transpose(0, 1).reshape(flat);
  c.feature_groups = c.batch_groups;
  c.batch_groups = 1;
}

Tensor convolved(Convolution c) {
  if (is_weight_gradient(c)) return weight_gradient(c);
  batch_groups_to_features(c);
  return all_ones(c.lhs_dilation) ? plain_convolution(c) : dilated_convolution(std::move(c));
}

// The dim of the result that is dim d of its space.
std::size_t place_of(const Ints& order, std::size_t d) {
  return static_cast<std::size_t>(order.at(d + 2));
}

void convolution(JaxCall& call) {
  const std::size_t dims = call.shape().size();
  TORCH_CHECK(dims >= 3 && dims <= 5, "a convolution over ", dims, " dims");
  const std::size_t rank = dims - 2;
  const Ints out_order = call.params.field("dimension_numbers", "out_spec");
  Convolution c{.lhs = widened(call[0], call.dtype())
                           .permute(call.params.field("dimension_numbers", "lhs_spec")),
                .rhs = widened(call[1], call.dtype())
                           .permute(call.params.field("dimension_numbers", "rhs_spec")),
                .stride = call.params.integers("window_strides", rank),
                .padding = call.params.rows("padding", rank, 2),
                .lhs_dilation = call.params.integers("lhs_dilation", rank),
                .rhs_dilation = call.params.integers("rhs_dilation", rank),
                .feature_groups = call.params.integer("feature_group_count", 1),
                .batch_groups = call.params.integer("batch_group_count", 1),
                .places = {}};
  TORCH_CHECK(c.lhs.dim() == c.rhs.dim() && c.lhs.dim() == static_cast<std::int64_t>(dims),
              "operands of other dims than the result");
  for (std::size_t d = 0; d < rank; ++d)
    c.places.push_back(call.shape().at(place_of(out_order, d)));
  call.put(convolved(std::move(c)).permute(inverse(out_order)));
}

constexpr std::array kAdapters = std::to_array<JaxAdapter>({
    {"dot_general", dot_general},
    {"conv_general_dilated", convolution},
});

}  // namespace

std::span<const JaxAdapter> jax_contraction_adapters() { return kAdapters; }

}  // namespace hcb::internal
