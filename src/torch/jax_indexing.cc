// gather and the scatters. Rows of one dim (embeddings) go by index_select and index_add. Everything
// else (take_along_axis, one-hot, windows, batching dims) by the position of every element in the
// row-major operand: a tensor of 64-bit integers of the size of what is gathered or scattered.
#include <algorithm>
#include <array>
#include <limits>

#include <ATen/Functions.h>

#include "torch/dtypes.h"
#include "torch/jax_call.h"

namespace hcb::internal {
namespace {

using at::Tensor;
using c10::ScalarType;

bool contains(const Ints& items, std::int64_t item) {
  return std::ranges::find(items, item) != items.end();
}

// How both kinds of dimension numbers place slices of `shape` in an operand.
struct Placement {
  Ints offset_dims;    // of the result (of the updates): dims of the slice
  Ints dropped;        // dims of the operand of which a slice has one element and the result none
  Ints start_map;      // index component k is the start in this dim of the operand
  Ints operand_batch;  // dims of the operand that go along with …
  Ints indices_batch;  // … these of the indices
  Ints slice;          // its size by dim of the operand
  bool fills = false;  // what lies outside is filled or dropped; else moved inside
};

bool fills(const JaxParams& params) {
  const std::string mode = params.text("mode", "PROMISE_IN_BOUNDS");
  return mode.find("FILL") != std::string::npos;
}

Placement gather_placement(const JaxParams& params) {
  constexpr const char* kNumbers = "dimension_numbers";
  return {.offset_dims = params.field(kNumbers, "offset_dims"),
          .dropped = params.field(kNumbers, "collapsed_slice_dims"),
          .start_map = params.field(kNumbers, "start_index_map"),
          .operand_batch = params.field(kNumbers, "operand_batching_dims"),
          .indices_batch = params.field(kNumbers, "start_indices_batching_dims"),
          .slice = params.integers("slice_sizes"),
          .fills = fills(params)};
}

Placement scatter_placement(const JaxParams& params, const Tensor& operand, const Tensor& updates) {
  constexpr const char* kNumbers = "dimension_numbers";
  Placement place{.offset_dims = params.field(kNumbers, "update_window_dims"),
                  .dropped = params.field(kNumbers, "inserted_window_dims"),
                  .start_map = params.field(kNumbers, "scatter_dims_to_operand_dims"),
                  .operand_batch = params.field(kNumbers, "operand_batching_dims"),
                  .indices_batch = params.field(kNumbers, "scatter_indices_batching_dims"),
                  .slice = {},
                  .fills = fills(params)};
  std::size_t window = 0;
  for (std::int64_t d = 0; d < operand.dim(); ++d) {
    const bool whole = !contains(place.dropped, d) && !contains(place.operand_batch, d);
    place.slice.push_back(whole ? updates.size(place.offset_dims.at(window++)) : 1);
  }
  return place;
}

// The result's dims: those of the indices (but the last) where offset_dims leave room.
Ints indices_first(const Placement& place, std::int64_t rank) {
  Ints order;
  for (std::int64_t d = 0; d < rank; ++d) {
    if (!contains(place.offset_dims, d)) order.push_back(d);
  }
  order.insert(order.end(), place.offset_dims.begin(), place.offset_dims.end());
  return order;
}

// Dims that a file gives are looked up before they are used.
void check(const Placement& place, std::size_t rank, const Tensor& indices) {
  const auto below = [](const Ints& dims, std::size_t limit) {
    return std::ranges::all_of(
        dims, [limit](std::int64_t d) { return d >= 0 && static_cast<std::size_t>(d) < limit; });
  };
  const auto batch = static_cast<std::size_t>(std::max<std::int64_t>(indices.dim(), 1)) - 1;
  const bool fits =
      indices.dim() >= 1 && place.slice.size() == rank && below(place.start_map, rank) &&
      below(place.operand_batch, rank) && below(place.indices_batch, batch) &&
      below(place.dropped, rank) && below(place.offset_dims, batch + place.offset_dims.size()) &&
      place.indices_batch.size() == place.operand_batch.size() &&
      place.offset_dims.size() + place.dropped.size() + place.operand_batch.size() == rank &&
      static_cast<std::int64_t>(place.start_map.size()) == indices.size(-1);
  TORCH_CHECK(fits, "dimension numbers that do not fit the operands");
}

struct Positions {
  Tensor linear;  // [indices…, slice…], 64 bits
  Tensor inside;  // [indices…] with as many dims as `linear`; undefined: all are
};

// Where every element of every slice lies in the row-major operand.
Positions positions(const Placement& place, c10::IntArrayRef shape, const Tensor& indices) {
  const Tensor starts = indices.to(at::kLong);
  const Ints batch = starts.sizes().slice(0, static_cast<std::size_t>(starts.dim()) - 1).vec();
  const auto long_options = starts.options();
  Tensor base = at::zeros(batch, long_options);
  Tensor inside;
  Ints strides = row_major_strides(shape);
  for (std::size_t k = 0; k < place.start_map.size(); ++k) {
    const auto d = static_cast<std::size_t>(place.start_map[k]);
    const Tensor start = starts.select(-1, static_cast<std::int64_t>(k));
    const std::int64_t last = shape[d] - place.slice[d];
    if (place.fills) {
      const Tensor fits = start.ge(0).logical_and_(start.le(last));
      inside = inside.defined() ? inside.logical_and_(fits) : fits;
    }
    base.add_(start.clamp(0, std::max<std::int64_t>(last, 0)), strides[d]);
  }
  for (std::size_t k = 0; k < place.operand_batch.size(); ++k) {
    Ints along(batch.size(), 1);
    const auto dim = static_cast<std::size_t>(place.indices_batch[k]);
    along[dim] = batch[dim];
    base.add_(at::arange(batch[dim], long_options).view(along),
              strides[static_cast<std::size_t>(place.operand_batch[k])]);
  }
  const auto open = static_cast<std::int64_t>(place.offset_dims.size());
  Ints spread = batch;
  spread.resize(batch.size() + place.offset_dims.size(), 1);
  Tensor linear = base.view(spread);
  std::int64_t at_dim = 0;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const auto dim = static_cast<std::int64_t>(d);
    if (contains(place.dropped, dim) || contains(place.operand_batch, dim)) continue;
    Ints along(static_cast<std::size_t>(open), 1);
    along[static_cast<std::size_t>(at_dim++)] = place.slice[d];
    if (place.slice[d] > 1)
      linear = linear.add(at::arange(place.slice[d], long_options).mul_(strides[d]).view(along));
  }
  if (inside.defined()) inside = inside.view(spread);
  return {linear, inside};
}

// Slices are whole but for one dim, whose rows the only index component names.
bool by_rows(const Placement& place, c10::IntArrayRef shape) {
  if (place.start_map.size() != 1 || place.dropped != place.start_map ||
      !place.operand_batch.empty())
    return false;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    if (static_cast<std::int64_t>(d) != place.start_map[0] && place.slice[d] != shape[d])
      return false;
  }
  return true;
}

struct Rows {
  Tensor index;   // [n], inside
  Tensor inside;  // [n] booleans; undefined: all are
};

Rows rows_of(const Placement& place, c10::IntArrayRef shape, const Tensor& indices) {
  const Tensor flat = indices.select(-1, 0).reshape({-1}).to(at::kLong);
  const std::int64_t last = shape[static_cast<std::size_t>(place.start_map[0])] - 1;
  Rows rows{.index = flat.clamp(0, std::max<std::int64_t>(last, 0)), .inside = {}};
  if (place.fills) rows.inside = flat.ge(0).logical_and_(flat.le(last));
  return rows;
}

// NaN, the least signed, the greatest unsigned integer, unless given.
c10::Scalar fill_value(const JaxParams& params, ScalarType type) {
  if (const auto given = params.real("fill_value")) return *given;
  if (c10::isFloatingType(type) || c10::isComplexType(type))
    return std::numeric_limits<double>::quiet_NaN();
  if (type == at::kBool) return true;
  return lowest(type).toLong() == 0 ? highest(type) : lowest(type);
}

// [n, …] with `shape` behind n instead: dims of the mask that a row is masked by.
Tensor as_column(const Tensor& mask, std::int64_t rank) {
  Ints column(static_cast<std::size_t>(rank), 1);
  column[0] = mask.size(0);
  return mask.view(column);
}

void gather(JaxCall& call) {
  const Placement place = gather_placement(call.params);
  const Tensor& operand = call[0];
  const Tensor& indices = call[1];
  check(place, static_cast<std::size_t>(operand.dim()), indices);
  Tensor found;
  Tensor inside;
  if (by_rows(place, operand.sizes())) {
    const Rows rows = rows_of(place, operand.sizes(), indices);
    found = operand.movedim(place.start_map[0], 0).index_select(0, rows.index);
    if (rows.inside.defined()) inside = as_column(rows.inside, found.dim());
  } else {
    const Positions at = positions(place, operand.sizes(), indices);
    Ints shape = indices.sizes().slice(0, static_cast<std::size_t>(indices.dim()) - 1).vec();
    for (const std::int64_t d : place.offset_dims)
      shape.push_back(call.shape()[static_cast<std::size_t>(d)]);
    found = operand.contiguous().view(-1).index_select(0, at.linear.reshape({-1})).view(shape);
    inside = at.inside;
  }
  if (inside.defined()) {
    const c10::Scalar fill = fill_value(call.params, found.scalar_type());
    found = at::where(inside, found, at::scalar_tensor(fill, found.options()));
  }
  Ints shape = indices.sizes().slice(0, static_cast<std::size_t>(indices.dim()) - 1).vec();
  for (const std::int64_t d : place.offset_dims)
    shape.push_back(call.shape()[static_cast<std::size_t>(d)]);
  const auto rank = static_cast<std::int64_t>(call.shape().size());
  call.put(found.view(shape).permute(inverse(indices_first(place, rank))));
}

enum class Combine { set, add, sub, mul, least, most };

void combine(Combine how, Tensor target, const Tensor& index, const Tensor& updates) {
  switch (how) {
    case Combine::set:
      target.scatter_(0, index, updates);
      break;
    case Combine::add:
      target.scatter_add_(0, index, updates);
      break;
    case Combine::sub:
      target.scatter_add_(0, index, updates.neg());
      break;
    case Combine::mul:
      target.scatter_reduce_(0, index, updates, "prod");
      break;
    case Combine::least:
      target.scatter_reduce_(0, index, updates, "amin");
      break;
    case Combine::most:
      target.scatter_reduce_(0, index, updates, "amax");
      break;
  }
}

// Rows of the operand that is already in `out`.
void add_rows(const Placement& place, Tensor& out, const Tensor& indices, const Tensor& updates) {
  const Rows rows = rows_of(place, out.sizes(), indices);
  Tensor added = updates.permute(indices_first(place, updates.dim()));
  Ints shape{rows.index.size(0)};
  for (std::int64_t d = 0; d < out.dim(); ++d) {
    if (d != place.start_map[0]) shape.push_back(out.size(d));
  }
  added = added.reshape(shape);
  if (rows.inside.defined())
    added = added.masked_fill(as_column(rows.inside.logical_not(), added.dim()), 0);
  out.movedim(place.start_map[0], 0).index_add_(0, rows.index, added);
}

// What lies outside goes to one more element behind the others.
void scatter_anywhere(Combine how, const Placement& place, Tensor& out, const Tensor& indices,
                      const Tensor& updates) {
  const Positions at = positions(place, out.sizes(), indices);
  const Tensor given = updates.permute(indices_first(place, updates.dim()));
  Tensor index = at.linear.expand(given.sizes());
  if (!at.inside.defined()) {
    combine(how, out.view(-1), index.reshape({-1}), given.reshape({-1}));
    return;
  }
  const std::int64_t count = out.numel();
  Tensor extended = at::zeros({count + 1}, out.options());
  extended.narrow(0, 0, count).copy_(out.view(-1));
  index = at::where(at.inside, index, count);
  combine(how, extended, index.reshape({-1}), given.reshape({-1}));
  out.view(-1).copy_(extended.narrow(0, 0, count));
}

template <Combine how>
void scatter(JaxCall& call) {
  const Placement place = scatter_placement(call.params, call[0], call[2]);
  check(place, static_cast<std::size_t>(call[0].dim()), call[1]);
  Tensor out = as_signed(call.out());
  out.copy_(as_signed(call[0]));
  const Tensor updates = as_signed(call[2]);
  if (how == Combine::add && by_rows(place, out.sizes())) {
    add_rows(place, out, call[1], updates);
  } else {
    scatter_anywhere(how, place, out, call[1], updates);
  }
}

constexpr std::array kAdapters = std::to_array<JaxAdapter>({
    {"gather", gather},
    {"scatter", scatter<Combine::set>},
    {"scatter-add", scatter<Combine::add>},
    {"scatter-sub", scatter<Combine::sub>},
    {"scatter-mul", scatter<Combine::mul>},
    {"scatter-min", scatter<Combine::least>},
    {"scatter-max", scatter<Combine::most>},
});

}  // namespace

std::span<const JaxAdapter> jax_indexing_adapters() { return kAdapters; }

}  // namespace hcb::internal
