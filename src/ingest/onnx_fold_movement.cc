// Operators that only move elements: each computes where every element of its result comes from,
// then picks.
#include <algorithm>
#include <numeric>

#include <onnx/onnx_pb.h>

#include "ingest/onnx_fold_ops.h"

namespace hcb::fold {
namespace {

SmallTensor with_dims(const SmallTensor& x, Ints dims) {
  SmallTensor out = x;
  out.dims = std::move(dims);
  return out;
}

// Product of dims [begin, end).
std::size_t extent(const Ints& dims, std::size_t begin, std::size_t end) {
  std::size_t product = 1;
  for (std::size_t i = begin; i < end; ++i) product *= static_cast<std::size_t>(dims[i]);
  return product;
}

std::vector<std::size_t> everything(std::size_t count) {
  std::vector<std::size_t> index(count);
  std::iota(index.begin(), index.end(), std::size_t{0});
  return index;
}

// Keeps, along `axis`, the positions `chosen`.
SmallTensor select(const SmallTensor& x, std::size_t axis, const Ints& chosen) {
  const std::size_t outer = extent(x.dims, 0, axis);
  const std::size_t length = static_cast<std::size_t>(x.dims[axis]);
  const std::size_t inner = extent(x.dims, axis + 1, x.dims.size());
  std::vector<std::size_t> index;
  for (std::size_t o = 0; o < outer; ++o) {
    for (const std::int64_t c : chosen) {
      for (std::size_t i = 0; i < inner; ++i) {
        index.push_back((o * length + static_cast<std::size_t>(c)) * inner + i);
      }
    }
  }
  Ints dims = x.dims;
  dims[axis] = static_cast<std::int64_t>(chosen.size());
  return pick(x, std::move(dims), index);
}

// Positions start, start+step … as Slice clamps them to [0, length).
std::optional<Ints> slice_positions(std::int64_t start, std::int64_t end, std::int64_t step,
                                    std::int64_t length) {
  if (step == 0) return std::nullopt;
  const auto from_end = [&](std::int64_t x) {
    return x < 0 ? x + length : x;
  };  // x >= INT64_MIN, length >= 0: safe
  start =
      std::clamp<std::int64_t>(from_end(start), step < 0 ? -1 : 0, step < 0 ? length - 1 : length);
  end = std::clamp<std::int64_t>(from_end(end), -1, length);
  Ints positions;
  for (std::int64_t at = start; step > 0 ? at < end : at > end; at += step) {
    positions.push_back(at);
    if (step > length || step < -length)
      break;  // one step leaves the tensor; adding it may overflow
  }
  return positions;
}

}  // namespace

Folded gather(const Call& call) {
  const SmallTensor* x = call.input(0);
  const SmallTensor* at = call.input(1);
  if (x == nullptr || at == nullptr || at->is_float()) return std::nullopt;
  const auto axis = normal_axis(call.integer("axis", 0), x->dims.size());
  if (!axis) return std::nullopt;
  const std::int64_t length = x->dims[*axis];
  Ints chosen;
  for (const std::int64_t i : at->ints) {
    if (i < -length || i >= length) return std::nullopt;
    chosen.push_back(i < 0 ? i + length : i);
  }
  const auto inner_and_outer =
      extent(x->dims, 0, *axis) * extent(x->dims, *axis + 1, x->dims.size());
  if (inner_and_outer * chosen.size() > static_cast<std::size_t>(kMostFolded)) return std::nullopt;
  Ints dims(x->dims.begin(), x->dims.begin() + static_cast<std::ptrdiff_t>(*axis));
  dims.insert(dims.end(), at->dims.begin(), at->dims.end());
  dims.insert(dims.end(), x->dims.begin() + static_cast<std::ptrdiff_t>(*axis) + 1, x->dims.end());
  return with_dims(select(*x, *axis, chosen), std::move(dims));
}

Folded concat(const Call& call) {
  const SmallTensor* first = call.input(0);
  if (first == nullptr) return std::nullopt;
  const auto axis = normal_axis(call.integer("axis", 0), first->dims.size());
  if (!axis) return std::nullopt;
  SmallTensor out{.dtype = first->dtype, .dims = first->dims};
  out.dims[*axis] = 0;
  for (std::size_t i = 0; i < call.input_count(); ++i) {
    const SmallTensor* x = call.input(i);
    if (x == nullptr || x->dtype != first->dtype || x->dims.size() != first->dims.size())
      return std::nullopt;
    for (std::size_t d = 0; d < x->dims.size(); ++d) {
      if (d != *axis && x->dims[d] != first->dims[d]) return std::nullopt;
    }
    out.dims[*axis] += x->dims[*axis];
  }
  if (!small_count(out.dims)) return std::nullopt;
  for (std::size_t o = 0; o < extent(first->dims, 0, *axis); ++o) {
    for (std::size_t i = 0; i < call.input_count(); ++i) {
      const SmallTensor& x = *call.input(i);
      const std::size_t row = extent(x.dims, *axis, x.dims.size());
      for (std::size_t k = o * row; k < (o + 1) * row; ++k) {
        x.is_float() ? out.floats.push_back(x.floats[k]) : out.ints.push_back(x.ints[k]);
      }
    }
  }
  return out;
}

Folded slice(const Call& call) {
  const SmallTensor* x = call.input(0);
  const auto starts = call.integers(1, "starts");
  const auto ends = call.integers(2, "ends");
  if (x == nullptr || !starts || !ends || starts->size() != ends->size()) return std::nullopt;
  const std::optional<Ints> axes = call.integers(3, "axes");
  const std::optional<Ints> steps = call.integers(4, "");
  if ((axes && axes->size() != starts->size()) || (steps && steps->size() != starts->size()))
    return std::nullopt;
  SmallTensor out = *x;
  for (std::size_t i = 0; i < starts->size(); ++i) {
    const auto axis =
        normal_axis(axes ? (*axes)[i] : static_cast<std::int64_t>(i), out.dims.size());
    if (!axis) return std::nullopt;
    const auto chosen =
        slice_positions((*starts)[i], (*ends)[i], steps ? (*steps)[i] : 1, out.dims[*axis]);
    if (!chosen) return std::nullopt;
    out = select(out, *axis, *chosen);
  }
  return out;
}

Folded squeeze(const Call& call) {
  const SmallTensor* x = call.input(0);
  if (x == nullptr) return std::nullopt;
  const std::optional<Ints> axes = call.integers(1, "axes");
  std::vector<bool> gone(x->dims.size(), false);
  for (std::size_t d = 0; !axes && d < gone.size(); ++d) gone[d] = x->dims[d] == 1;
  for (const std::int64_t a : axes.value_or(Ints{})) {
    const auto axis = normal_axis(a, x->dims.size());
    if (!axis || x->dims[*axis] != 1) return std::nullopt;
    gone[*axis] = true;
  }
  Ints dims;
  for (std::size_t d = 0; d < gone.size(); ++d) {
    if (!gone[d]) dims.push_back(x->dims[d]);
  }
  return with_dims(*x, std::move(dims));
}

Folded unsqueeze(const Call& call) {
  const SmallTensor* x = call.input(0);
  const std::optional<Ints> axes = call.integers(1, "axes");
  if (x == nullptr || !axes) return std::nullopt;
  std::vector<bool> fresh(x->dims.size() + axes->size(), false);
  for (const std::int64_t a : *axes) {
    const auto axis = normal_axis(a, fresh.size());
    if (!axis || fresh[*axis]) return std::nullopt;
    fresh[*axis] = true;
  }
  Ints dims;
  auto old = x->dims.begin();
  for (const bool is_new : fresh) dims.push_back(is_new ? 1 : *old++);
  return with_dims(*x, std::move(dims));
}

// Reshape and Flatten.
Folded reshape(const Call& call) {
  const SmallTensor* x = call.input(0);
  if (x == nullptr) return std::nullopt;
  if (call.op() == "Flatten") {
    const std::int64_t axis = call.integer("axis", 1);
    const auto rank = static_cast<std::int64_t>(x->dims.size());
    if (axis < -rank || axis > rank) return std::nullopt;
    const auto split = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    return with_dims(*x, {static_cast<std::int64_t>(extent(x->dims, 0, split)),
                          static_cast<std::int64_t>(extent(x->dims, split, x->dims.size()))});
  }
  std::optional<Ints> dims = call.integers(1, "shape");
  if (!dims) return std::nullopt;
  std::optional<std::size_t> rest;
  for (std::size_t d = 0; d < dims->size(); ++d) {
    if ((*dims)[d] == 0 && call.integer("allowzero", 0) == 0) {
      if (d >= x->dims.size()) return std::nullopt;
      (*dims)[d] = x->dims[d];
    } else if ((*dims)[d] == -1) {
      if (rest) return std::nullopt;
      rest = d;
      (*dims)[d] = 1;
    }
  }
  const auto known = small_count(*dims);
  if (!known) return std::nullopt;
  if (rest) {
    if (*known == 0 || x->size() % *known != 0) return std::nullopt;
    (*dims)[*rest] = static_cast<std::int64_t>(x->size() / *known);
  }
  if (small_count(*dims) != x->size()) return std::nullopt;
  return with_dims(*x, *std::move(dims));
}

Folded expand(const Call& call) {
  const SmallTensor* x = call.input(0);
  const std::optional<Ints> wanted = call.integers(1, "");
  if (x == nullptr || !wanted) return std::nullopt;
  const auto dims = broadcast_dims(x->dims, *wanted);
  if (!dims || !small_count(*dims)) return std::nullopt;
  const auto index = broadcast_index(x->dims, *dims);
  return index ? Folded(pick(*x, *dims, *index)) : std::nullopt;
}

Folded transpose(const Call& call) {
  const SmallTensor* x = call.input(0);
  if (x == nullptr) return std::nullopt;
  const std::size_t rank = x->dims.size();
  Ints order(rank);
  for (std::size_t d = 0; d < rank; ++d) order[d] = static_cast<std::int64_t>(rank - 1 - d);
  if (const auto perm = call.integers(1, "perm")) order = *perm;
  Ints sorted = order;
  std::ranges::sort(sorted);
  for (std::size_t d = 0; d < sorted.size(); ++d) {
    if (sorted.size() != rank || sorted[d] != static_cast<std::int64_t>(d)) return std::nullopt;
  }
  const Ints stride = strides(x->dims);
  Ints dims;
  std::vector<std::size_t> index{0};
  for (const std::int64_t from : order) {
    const auto d = static_cast<std::size_t>(from);
    dims.push_back(x->dims[d]);
    std::vector<std::size_t> next;
    for (const std::size_t base : index) {
      for (std::int64_t i = 0; i < x->dims[d]; ++i)
        next.push_back(base + static_cast<std::size_t>(i * stride[d]));
    }
    index = std::move(next);
  }
  return pick(*x, std::move(dims), index);
}

Folded identity(const Call& call) {
  const SmallTensor* x = call.input(0);
  return x == nullptr ? std::nullopt : Folded(pick(*x, x->dims, everything(x->size())));
}

}  // namespace hcb::fold
