// Primitives that only say where elements lie. Most are views, made by their meaning and not by the
// strides of the file, so that they hold for a slice of a loop's input too, which lies elsewhere.
#include <algorithm>
#include <array>

#include <ATen/Functions.h>

#include "torch/dtypes.h"
#include "torch/jax_call.h"

namespace hcb::internal {
namespace {

using at::Tensor;
using c10::ScalarType;

Tensor same(const JaxCall&, const Tensor& base, std::size_t) { return base; }

// Dims that repeat the operand have stride 0.
Tensor broadcast(const JaxCall& call, const Tensor& base, std::size_t) {
  const Ints shape = call.params.integers("shape");
  const Ints dims =
      call.params.integers("broadcast_dimensions", static_cast<std::size_t>(base.dim()));
  Ints strides(shape.size(), 0);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const auto at = static_cast<std::size_t>(dims[i]);
    TORCH_CHECK(at < shape.size(), "dim ", dims[i], " of ", shape.size());
    const auto source = static_cast<std::int64_t>(i);
    if (base.size(source) == shape[at]) strides[at] = base.stride(source);
  }
  return base.as_strided(shape, strides, base.storage_offset());
}

// Of a number: stored once where the graph says so, else written out.
void broadcast_copy(JaxCall& call) {
  const bool once = std::ranges::find(call.spec().strides, 0) != call.spec().strides.end();
  if (once) {
    call.put(broadcast(call, call[0].clone(), 0));
  } else {
    call.out().copy_(broadcast(call, call[0], 0));
  }
}

Tensor reshaped(const JaxCall& call, const Tensor& base, std::size_t) {
  return base.view(call.params.integers("new_sizes"));
}

void reshape(JaxCall& call) {
  if (!call.params.has("dimensions"))
    return call.put(call[0].reshape(call.params.integers("new_sizes")));
  const Tensor turned = call[0].permute(call.params.integers("dimensions"));
  call.put(turned.reshape(call.params.integers("new_sizes")));
}

Tensor transposed(const JaxCall& call, const Tensor& base, std::size_t) {
  return base.permute(call.params.integers("permutation"));
}

Tensor squeezed(const JaxCall& call, const Tensor& base, std::size_t) {
  return base.squeeze(call.params.integers("dimensions"));
}

Tensor expanded(const JaxCall& call, const Tensor& base, std::size_t) {
  Ints dims = call.params.integers("dimensions");
  std::ranges::sort(dims);
  Tensor out = base;
  for (const std::int64_t dim : dims) out = out.unsqueeze(dim);
  return out;
}

Tensor sliced(const JaxCall& call, const Tensor& base, std::size_t) {
  const auto rank = static_cast<std::size_t>(base.dim());
  const Ints starts = call.params.integers("start_indices", rank);
  const Ints limits = call.params.integers("limit_indices", rank);
  const Ints steps =
      call.params.has("strides") ? call.params.integers("strides", rank) : Ints(rank, 1);
  Tensor out = base;
  for (std::size_t d = 0; d < starts.size(); ++d)
    out = out.slice(static_cast<std::int64_t>(d), starts[d], limits[d], steps[d]);
  return out;
}

// Piece k of those that lie one behind the other along the axis.
Tensor piece(const JaxCall& call, const Tensor& base, std::size_t k) {
  const Ints sizes = call.params.integers("sizes", call.outputs());
  std::int64_t start = 0;
  for (std::size_t i = 0; i < k; ++i) start += sizes[i];
  return base.narrow(call.params.integer("axis"), start, sizes[k]);
}

Tensor unstacked(const JaxCall& call, const Tensor& base, std::size_t k) {
  return base.select(call.params.integer("axis"), static_cast<std::int64_t>(k));
}

// Wider elements take up the last dim, narrower ones add one.
Tensor bits(const JaxCall& call, const Tensor& base, std::size_t) {
  const ScalarType to = call.dtype();
  const std::size_t from_size = c10::elementSize(base.scalar_type());
  if (from_size == c10::elementSize(to)) return base.view(to);
  if (from_size > c10::elementSize(to)) return base.unsqueeze(-1).view(to);
  return base.contiguous().view(to).squeeze(-1);
}

// A key is one element of 8 bytes: two words.
Tensor wrapped(const JaxCall&, const Tensor& base, std::size_t) {
  return base.view(at::kLong).squeeze(-1);
}

void wrap(JaxCall& call) { call.put(wrapped(call, call[0].contiguous(), 0)); }

Tensor unwrapped(const JaxCall&, const Tensor& base, std::size_t) {
  return base.unsqueeze(-1).view(ScalarType::UInt32);
}

void reverse(JaxCall& call) { call.put(call[0].flip(call.params.integers("dimensions"))); }

void concatenate(JaxCall& call) {
  Tensor out = call.out();
  const auto operands = call.operands();
  at::cat_out(out, at::TensorList(operands.data(), operands.size()),
              call.params.integer("dimension"));
}

void stack(JaxCall& call) {
  const auto operands = call.operands();
  call.put(
      at::stack(at::TensorList(operands.data(), operands.size()), call.params.integer("axis")));
}

void tile(JaxCall& call) { call.put(call[0].repeat(call.params.integers("reps"))); }

// Element i of a dim comes to low + i·(interior + 1), if that is inside.
struct PaddedDim {
  std::int64_t first = 0;  // element
  std::int64_t count = 0;
  std::int64_t place = 0;  // of the first
  std::int64_t step = 1;
};

PaddedDim padded_dim(const Ints& config, std::int64_t size, std::int64_t out_size) {
  PaddedDim dim{.step = config[2] + 1};
  const std::int64_t low = config[0];
  dim.first = low < 0 ? (-low + dim.step - 1) / dim.step : 0;
  dim.place = low + dim.first * dim.step;
  const std::int64_t room = dim.place < out_size ? (out_size - dim.place - 1) / dim.step + 1 : 0;
  dim.count = std::max<std::int64_t>(0, std::min(size - dim.first, room));
  return dim;
}

void pad(JaxCall& call) {
  Tensor out = call.out();
  out.copy_(call[1].expand(call.shape()));
  Tensor from = call[0];
  const auto rank = static_cast<std::size_t>(from.dim());
  const std::vector<Ints> config = call.params.rows("padding_config", rank, 3);
  for (std::size_t d = 0; d < config.size(); ++d) {
    const auto axis = static_cast<std::int64_t>(d);
    const PaddedDim dim = padded_dim(config[d], from.size(axis), out.size(axis));
    if (dim.count == 0) return;
    from = from.narrow(axis, dim.first, dim.count);
    out = out.slice(axis, dim.place, dim.place + (dim.count - 1) * dim.step + 1, dim.step);
  }
  out.copy_(from);
}

// One row, which the other dims repeat.
void iota(JaxCall& call) {
  const auto dimension = static_cast<std::size_t>(call.params.integer("dimension"));
  Ints along(call.shape().size(), 1);
  TORCH_CHECK(dimension < along.size(), "dim ", dimension, " of ", along.size());
  along[dimension] = call.shape()[dimension];
  const Tensor numbers = at::arange(along[dimension], call.options(at::kLong)).to(call.dtype());
  call.put(numbers.view(along).expand(call.shape()));
}

std::int64_t clamped_start(const Tensor& start, std::int64_t size, std::int64_t piece) {
  return std::clamp<std::int64_t>(start.item().toLong(), 0, size - piece);
}

// The piece of `whole` that begins at the given starts, moved inside where they lie beyond.
Tensor dynamic_piece(const Tensor& whole, std::span<const Tensor> starts, c10::IntArrayRef sizes) {
  TORCH_CHECK(starts.size() == sizes.size(), starts.size(), " starts for ", sizes.size(), " dims");
  Tensor out = whole;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    const auto axis = static_cast<std::int64_t>(d);
    out = out.narrow(axis, clamped_start(starts[d], whole.size(axis), sizes[d]), sizes[d]);
  }
  return out;
}

void dynamic_slice(JaxCall& call) {
  const Ints sizes = call.params.integers("slice_sizes");
  call.out().copy_(dynamic_piece(call[0], call.operands().subspan(1), sizes));
}

void dynamic_update_slice(JaxCall& call) {
  Tensor out = call.out();
  out.copy_(call[0]);
  dynamic_piece(out, call.operands().subspan(2), call[1].sizes()).copy_(call[1]);
}

constexpr JaxAdapter alias(std::string_view op, bool each = false) {
  return {.op = op, .view = same, .each = each};
}

constexpr std::array kAdapters = std::to_array<JaxAdapter>({
    alias("copy"),
    alias("copy_p"),
    alias("stop_gradient"),
    alias("name"),
    alias("optimization_barrier", true),
    alias("pvary"),
    alias("sharding_constraint"),
    alias("device_put", true),
    alias("reshard"),
    alias("mesh_cast"),
    {.op = "broadcast_in_dim", .run = broadcast_copy, .view = broadcast},
    {.op = "reshape", .run = reshape, .view = reshaped},
    {.op = "transpose", .view = transposed},
    {.op = "squeeze", .view = squeezed},
    {.op = "expand_dims", .view = expanded},
    {.op = "slice", .view = sliced},
    {.op = "split", .view = piece},
    {.op = "unstack", .view = unstacked},
    {.op = "bitcast_convert_type", .view = bits},
    {.op = "random_wrap", .run = wrap, .view = wrapped},
    {.op = "random_unwrap", .view = unwrapped},
    {.op = "random_clone", .view = same},
    {"rev", reverse},
    {"concatenate", concatenate},
    {"stack", stack},
    {"tile", tile},
    {"pad", pad},
    {"iota", iota},
    {"dynamic_slice", dynamic_slice},
    {"dynamic_update_slice", dynamic_update_slice},
    {"empty", [](JaxCall& call) { call.out().zero_(); }},
    {"empty2", [](JaxCall& call) { call.out().zero_(); }},
});

}  // namespace

std::span<const JaxAdapter> jax_movement_adapters() { return kAdapters; }

}  // namespace hcb::internal
