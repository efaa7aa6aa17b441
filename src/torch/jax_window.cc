// Windows as two more axes per dim of a strided view of the padded operand: element (o, w) is
// padded[o·stride + w·dilation]. Nothing is copied but the operand, where it is padded.
#include <algorithm>
#include <array>

#include <ATen/Functions.h>

#include "torch/jax_call.h"

namespace hcb::internal {
namespace {

using at::Tensor;

struct Window {
  Window(const JaxParams& params, const Tensor& x)
      : extent(params.integers("window_dimensions", static_cast<std::size_t>(x.dim()))),
        stride(params.integers("window_strides", extent.size())),
        padding(params.rows("padding", extent.size(), 2)),
        dilation(dilation_of(params, "window_dilation")),
        holes(dilation_of(params, "base_dilation")) {}

  [[nodiscard]] std::size_t rank() const { return extent.size(); }

  Ints extent;
  Ints stride;
  std::vector<Ints> padding;
  Ints dilation;
  Ints holes;  // 2: one hole between two elements

 private:
  [[nodiscard]] Ints dilation_of(const JaxParams& params, const char* name) const {
    return params.has(name) ? params.integers(name, extent.size()) : Ints(extent.size(), 1);
  }
};

// With holes and padding filled. Negative padding cuts off.
Tensor padded(const Tensor& x, const Window& window, const c10::Scalar& fill) {
  Ints sizes;
  Ints begins;
  bool plain = true;
  for (std::size_t d = 0; d < window.rank(); ++d) {
    const std::int64_t size = x.size(static_cast<std::int64_t>(d));
    const std::int64_t spread = size == 0 ? 0 : (size - 1) * window.holes[d] + 1;
    const std::int64_t low = std::max<std::int64_t>(window.padding[d][0], 0);
    sizes.push_back(spread + low + std::max<std::int64_t>(window.padding[d][1], 0));
    begins.push_back(low);
    plain = plain && window.holes[d] == 1 && window.padding[d] == Ints{0, 0};
  }
  if (plain) return x;
  Tensor whole = at::full(sizes, fill, x.options());
  Tensor inside = whole;
  for (std::size_t d = 0; d < window.rank(); ++d) {
    const auto axis = static_cast<std::int64_t>(d);
    const std::int64_t end = begins[d] + (x.size(axis) - 1) * window.holes[d] + 1;
    inside = inside.slice(axis, begins[d], x.size(axis) == 0 ? begins[d] : end, window.holes[d]);
  }
  inside.copy_(x);
  for (std::size_t d = 0; d < window.rank(); ++d) {
    const std::int64_t low = std::max<std::int64_t>(-window.padding[d][0], 0);
    const std::int64_t high = std::max<std::int64_t>(-window.padding[d][1], 0);
    whole = whole.narrow(static_cast<std::int64_t>(d), low, sizes[d] - low - high);
  }
  return whole;
}

// The places of the windows first, the places in a window behind them.
Tensor windows_of(const Tensor& x, const Window& window, c10::IntArrayRef places) {
  TORCH_CHECK(places.size() == window.rank(), places.size(), " dims of places");
  Ints sizes(places.begin(), places.end());
  Ints strides;
  for (std::size_t d = 0; d < window.rank(); ++d)
    strides.push_back(x.stride(static_cast<std::int64_t>(d)) * window.stride[d]);
  for (std::size_t d = 0; d < window.rank(); ++d) {
    sizes.push_back(window.extent[d]);
    strides.push_back(x.stride(static_cast<std::int64_t>(d)) * window.dilation[d]);
  }
  return x.as_strided(sizes, strides, x.storage_offset());
}

// Axes of a window behind those of the places; those of one element need no fold.
Ints window_axes(const Window& window) {
  Ints axes;
  for (std::size_t d = 0; d < window.rank(); ++d)
    axes.push_back(static_cast<std::int64_t>(window.rank() + d));
  return axes;
}

void window_sum(JaxCall& call) {
  const Window window(call.params, call[0]);
  const Tensor x = padded(as_signed(call[0]), window, 0);
  Tensor y = as_signed(call.out());
  at::sum_out(y, windows_of(x, window, call.shape()), window_axes(window), false, y.scalar_type());
}

template <bool greatest>
void window_extremum(JaxCall& call) {
  const Window window(call.params, call[0]);
  const c10::ScalarType type = call[0].scalar_type();
  const Tensor x = padded(call[0], window, greatest ? lowest(type) : highest(type));
  Tensor y = call.out();
  if (greatest) {
    at::amax_out(y, windows_of(x, window, call.shape()), window_axes(window), false);
  } else {
    at::amin_out(y, windows_of(x, window, call.shape()), window_axes(window), false);
  }
}

// Position in the padded operand, in row-major order, of the element that every window selects: the
// first of the greatest (`ge`) or least (`le`) ones.
Tensor selected(const JaxCall& call, const Tensor& x, const Window& window,
                c10::IntArrayRef places) {
  const Tensor flat =
      windows_of(x, window, places).flatten(static_cast<std::int64_t>(window.rank()));
  Tensor index = call.params.text("select_prim", "ge") == "ge" ? flat.argmax(-1) : flat.argmin(-1);
  Tensor position = at::zeros_like(index);
  std::int64_t step = 1;
  for (std::size_t d = window.rank(); d-- > 0;) {
    const auto axis = static_cast<std::int64_t>(d);
    Ints along(window.rank(), 1);
    along[d] = places[d];
    const Tensor base = at::arange(places[d], index.options()).mul_(window.stride[d]).view(along);
    const Tensor inside = index.remainder(window.extent[d]).mul_(window.dilation[d]);
    position.add_(inside.add_(base).mul_(step));
    index = index.floor_divide(window.extent[d]);
    step *= x.size(axis);
  }
  return position;
}

c10::Scalar never_selected(const JaxCall& call, c10::ScalarType type) {
  return call.params.text("select_prim", "ge") == "ge" ? lowest(type) : highest(type);
}

// (source, operand): every element of source is added where its window selected.
void scatter_selected(JaxCall& call) {
  const Window window(call.params, call[1]);
  const Tensor x = padded(call[1], window, never_selected(call, call[1].scalar_type()));
  const Tensor position = selected(call, x, window, call[0].sizes());
  const Tensor sums = at::zeros({x.numel()}, x.options());
  sums.scatter_add_(0, position.flatten(), call[0].flatten());
  Tensor inside = sums.view(x.sizes());
  for (std::size_t d = 0; d < window.rank(); ++d) {
    const auto axis = static_cast<std::int64_t>(d);
    inside = inside.narrow(axis, window.padding[d][0], call[1].size(axis));
  }
  call.out().copy_(inside);
}

// (tangents, operand): of every window the tangent of what it selected.
void gather_selected(JaxCall& call) {
  const Window window(call.params, call[1]);
  const Tensor x = padded(call[1], window, never_selected(call, call[1].scalar_type()));
  const Tensor tangents = padded(call[0], window, 0);
  const Tensor position = selected(call, x, window, call.shape());
  call.out().copy_(tangents.contiguous().view(-1).take(position));
}

constexpr std::array kAdapters = std::to_array<JaxAdapter>({
    {"reduce_window_sum", window_sum},
    {"reduce_window_max", window_extremum<true>},
    {"reduce_window_min", window_extremum<false>},
    {"select_and_scatter_add", scatter_selected},
    {"select_and_gather_add", gather_selected},
});

}  // namespace

std::span<const JaxAdapter> jax_window_adapters() { return kAdapters; }

}  // namespace hcb::internal
