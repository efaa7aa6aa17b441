// One table from operator to folding function. Problem: exporters write the sizes of a model as
// computation (Shape, Gather, Mul, Concat …) and ONNX's own data propagation covers eleven
// operators on 0-D and 1-D integers only; with all dims bound these are numbers, and an exact
// evaluator over small tensors finds every one of them.
#include "ingest/onnx_fold.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string>

#include <onnx/onnx_pb.h>

#include "ingest/onnx_fold_ops.h"

namespace hcb {
namespace fold {

std::string_view Call::op() const { return node_.op_type(); }

const onnx::AttributeProto* Call::attribute(std::string_view name) const {
  for (const auto& attribute : node_.attribute()) {
    if (attribute.name() == name) return &attribute;
  }
  return nullptr;
}

std::int64_t Call::integer(std::string_view name, std::int64_t otherwise) const {
  const onnx::AttributeProto* found = attribute(name);
  return found == nullptr ? otherwise : found->i();
}

std::optional<Ints> Call::integers(std::size_t i, std::string_view attribute_name) const {
  if (const SmallTensor* tensor = input(i)) {
    return tensor->is_float() ? std::nullopt : std::optional(tensor->ints);
  }
  const onnx::AttributeProto* found = attribute(attribute_name);
  if (found == nullptr) return std::nullopt;
  return Ints(found->ints().begin(), found->ints().end());
}

std::optional<std::size_t> normal_axis(std::int64_t axis, std::size_t rank) {
  const auto r = static_cast<std::int64_t>(rank);
  if (axis < -r || axis >= r) return std::nullopt;
  return static_cast<std::size_t>(axis < 0 ? axis + r : axis);
}

Ints strides(std::span<const std::int64_t> dims) {
  Ints out(dims.size(), 1);
  for (std::size_t d = dims.size(); d-- > 1;) out[d - 1] = out[d] * dims[d];
  return out;
}

SmallTensor pick(const SmallTensor& source, Ints dims, std::span<const std::size_t> index) {
  SmallTensor out{.dtype = source.dtype, .dims = std::move(dims)};
  for (const std::size_t i : index) {
    source.is_float() ? out.floats.push_back(source.floats[i]) : out.ints.push_back(source.ints[i]);
  }
  return out;
}

std::optional<Ints> broadcast_dims(std::span<const std::int64_t> a,
                                   std::span<const std::int64_t> b) {
  Ints out(std::max(a.size(), b.size()));
  for (std::size_t i = 1; i <= out.size(); ++i) {
    const std::int64_t left = i <= a.size() ? a[a.size() - i] : 1;
    const std::int64_t right = i <= b.size() ? b[b.size() - i] : 1;
    if (left != right && left != 1 && right != 1) return std::nullopt;
    out[out.size() - i] = left == 1 ? right : left;
  }
  return out;
}

std::optional<std::vector<std::size_t>> broadcast_index(std::span<const std::int64_t> dims,
                                                        std::span<const std::int64_t> out) {
  if (dims.size() > out.size()) return std::nullopt;
  const Ints stride = strides(dims);
  std::vector<std::size_t> index{0};
  for (std::size_t d = 0; d < out.size(); ++d) {
    const std::size_t lead = out.size() - dims.size();
    const std::int64_t size = d < lead ? 1 : dims[d - lead];
    if (size != 1 && size != out[d]) return std::nullopt;
    const std::int64_t step = size == 1 ? 0 : stride[d - lead];
    std::vector<std::size_t> next;
    for (const std::size_t base : index) {
      for (std::int64_t i = 0; i < out[d]; ++i)
        next.push_back(base + static_cast<std::size_t>(i * step));
    }
    index = std::move(next);
  }
  return index;
}

std::optional<std::int64_t> fit(DType dtype, std::int64_t value) {
  const auto within = [&]<class T>(T) -> std::optional<std::int64_t> {
    if (value < static_cast<std::int64_t>(std::numeric_limits<T>::min())) return std::nullopt;
    if (value > static_cast<std::int64_t>(std::numeric_limits<T>::max())) return std::nullopt;
    return value;
  };
  switch (dtype) {
    case DType::i64:
      return value;
    case DType::u64:
      return value < 0 ? std::nullopt : std::optional(value);
    case DType::i32:
      return within(std::int32_t{});
    case DType::u32:
      return within(std::uint32_t{});
    case DType::i16:
      return within(std::int16_t{});
    case DType::u16:
      return within(std::uint16_t{});
    case DType::i8:
      return within(std::int8_t{});
    case DType::u8:
      return within(std::uint8_t{});
    case DType::boolean:
      return value == 0 || value == 1 ? std::optional(value) : std::nullopt;
    default:
      return std::nullopt;
  }
}

double round_to(DType dtype, double value) {
  return dtype == DType::f32 ? static_cast<double>(static_cast<float>(value)) : value;
}

// The seven forms of Constant's value; the sparse and string ones are not computed on.
Folded constant(const Call& call) {
  if (const auto* value = call.attribute("value")) return small_tensor(value->t());
  if (const auto* value = call.attribute("value_int"))
    return SmallTensor{DType::i64, {}, {value->i()}, {}};
  if (const auto* value = call.attribute("value_float")) {
    return SmallTensor{DType::f32, {}, {}, {static_cast<double>(value->f())}};
  }
  if (const auto* value = call.attribute("value_ints")) {
    SmallTensor out{
        DType::i64, {value->ints_size()}, {value->ints().begin(), value->ints().end()}, {}};
    return small_count(out.dims) ? Folded(std::move(out)) : std::nullopt;
  }
  if (const auto* value = call.attribute("value_floats")) {
    SmallTensor out{
        DType::f32, {value->floats_size()}, {}, {value->floats().begin(), value->floats().end()}};
    return small_count(out.dims) ? Folded(std::move(out)) : std::nullopt;
  }
  return std::nullopt;
}

Folded constant_of_shape(const Call& call) {
  const std::optional<Ints> dims = call.integers(0, "");
  const auto count = dims ? small_count(*dims) : std::nullopt;
  if (!count) return std::nullopt;
  SmallTensor one{DType::f32, {1}, {}, {0.0}};
  if (const auto* value = call.attribute("value")) {
    const auto given = small_tensor(value->t());
    if (!given || given->size() != 1) return std::nullopt;
    one = *given;
  }
  return pick(one, *dims, std::vector<std::size_t>(*count, 0));
}

Folded range(const Call& call) {
  const SmallTensor* start = call.input(0);
  const SmallTensor* limit = call.input(1);
  const SmallTensor* delta = call.input(2);
  if (start == nullptr || limit == nullptr || delta == nullptr) return std::nullopt;
  if (start->size() != 1 || limit->size() != 1 || delta->size() != 1 || delta->real(0) == 0)
    return std::nullopt;
  const double count = std::ceil((limit->real(0) - start->real(0)) / delta->real(0));
  if (!(count <= static_cast<double>(kMostFolded))) return std::nullopt;
  const auto length = static_cast<std::int64_t>(std::max(count, 0.0));
  SmallTensor out{.dtype = start->dtype, .dims = {length}};
  for (std::int64_t i = 0; i < length; ++i) {
    if (out.is_float()) {
      out.floats.push_back(
          round_to(out.dtype, start->real(0) + static_cast<double>(i) * delta->real(0)));
      continue;
    }
    std::int64_t step = 0;
    std::int64_t value = 0;
    if (__builtin_mul_overflow(i, delta->ints[0], &step) ||
        __builtin_add_overflow(start->ints[0], step, &value)) {
      return std::nullopt;
    }
    out.ints.push_back(value);
  }
  return out;
}

namespace {

// acc = acc (op) element of an integer reduction; false on overflow.
bool accumulate(std::string_view op, std::int64_t& acc, std::int64_t element) {
  if (op == "ReduceSum") return !__builtin_add_overflow(acc, element, &acc);
  if (op == "ReduceProd") return !__builtin_mul_overflow(acc, element, &acc);
  acc = op == "ReduceMax" ? std::max(acc, element) : std::min(acc, element);
  return true;
}

std::int64_t neutral(std::string_view op) {
  if (op == "ReduceSum") return 0;
  if (op == "ReduceProd") return 1;
  return op == "ReduceMax" ? std::numeric_limits<std::int64_t>::min()
                           : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

// ReduceSum, ReduceProd, ReduceMax, ReduceMin of integers.
Folded reduce(const Call& call) {
  const SmallTensor* x = call.input(0);
  if (x == nullptr || x->is_float()) return std::nullopt;
  const Ints axes = call.integers(1, "axes").value_or(Ints{});
  if (axes.empty() && call.integer("noop_with_empty_axes", 0) != 0) return *x;
  std::vector<bool> reduced(x->dims.size(), axes.empty());
  for (const std::int64_t a : axes) {
    const auto axis = normal_axis(a, x->dims.size());
    if (!axis) return std::nullopt;
    reduced[*axis] = true;
  }
  Ints kept;  // dims with the reduced ones at 1
  Ints out_dims;
  for (std::size_t d = 0; d < reduced.size(); ++d) {
    kept.push_back(reduced[d] ? 1 : x->dims[d]);
    if (!reduced[d] || call.integer("keepdims", 1) != 0) out_dims.push_back(kept.back());
  }
  const auto index = broadcast_index(kept, x->dims);
  const auto count = small_count(kept);
  if (!index || !count ||
      (x->ints.empty() && call.op() != "ReduceSum" && call.op() != "ReduceProd")) {
    return std::nullopt;
  }
  SmallTensor out{x->dtype, out_dims, Ints(*count, neutral(call.op())), {}};
  for (std::size_t k = 0; k < index->size(); ++k) {
    if (!accumulate(call.op(), out.ints[(*index)[k]], x->ints[k])) return std::nullopt;
  }
  const bool all_fit =
      std::ranges::all_of(out.ints, [&](std::int64_t v) { return fit(out.dtype, v).has_value(); });
  return all_fit ? Folded(std::move(out)) : std::nullopt;
}

namespace {

struct Entry {
  std::string_view op;
  Folded (*function)(const Call&);
};

constexpr std::array kTable = std::to_array<Entry>({
    {"Abs", unary},
    {"Add", binary},
    {"And", binary},
    {"Cast", cast},
    {"CastLike", cast},
    {"Ceil", unary},
    {"Concat", concat},
    {"Constant", constant},
    {"ConstantOfShape", constant_of_shape},
    {"Div", binary},
    {"Equal", binary},
    {"Expand", expand},
    {"Flatten", reshape},
    {"Floor", unary},
    {"Gather", gather},
    {"Greater", binary},
    {"GreaterOrEqual", binary},
    {"Identity", identity},
    {"Less", binary},
    {"LessOrEqual", binary},
    {"Max", variadic},
    {"Min", variadic},
    {"Mod", binary},
    {"Mul", binary},
    {"Neg", unary},
    {"Not", unary},
    {"Or", binary},
    {"Pow", binary},
    {"Range", range},
    {"Reciprocal", unary},
    {"ReduceMax", reduce},
    {"ReduceMin", reduce},
    {"ReduceProd", reduce},
    {"ReduceSum", reduce},
    {"Reshape", reshape},
    {"Round", unary},
    {"Slice", slice},
    {"Sqrt", unary},
    {"Squeeze", squeeze},
    {"Sub", binary},
    {"Sum", variadic},
    {"Transpose", transpose},
    {"Unsqueeze", unsqueeze},
    {"Where", where},
    {"Xor", binary},
});

}  // namespace
}  // namespace fold

std::optional<SmallTensor> fold_node(const onnx::NodeProto& node, std::int64_t opset,
                                     std::span<const SmallTensor* const> inputs) {
  if (node.output_size() != 1) return std::nullopt;
  const auto entry =
      std::ranges::find(fold::kTable, std::string_view(node.op_type()), &fold::Entry::op);
  if (entry == fold::kTable.end()) return std::nullopt;
  return entry->function(fold::Call(node, opset, inputs));
}

std::optional<SmallTensor> fold_shape_of(const onnx::NodeProto& node,
                                         std::span<const std::int64_t> dims) {
  if (node.op_type() == "Size") {
    const auto count = element_count(dims);
    return count ? std::optional(SmallTensor{DType::i64, {}, {*count}, {}}) : std::nullopt;
  }
  if (node.op_type() != "Shape") return std::nullopt;
  const fold::Call call(node, 0, {});
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto clamp = [&](std::int64_t x) {
    return std::clamp<std::int64_t>(x < 0 ? x + rank : x, 0, rank);
  };
  const std::int64_t start = clamp(call.integer("start", 0));
  const std::int64_t end = std::max(start, clamp(call.integer("end", rank)));
  return SmallTensor{DType::i64, {end - start}, {dims.begin() + start, dims.begin() + end}, {}};
}

bool is_deterministic(std::string_view op) {
  static const std::set<std::string_view> kNot{"Bernoulli",
                                               "Dropout",
                                               "If",
                                               "Loop",
                                               "Multinomial",
                                               "RandomNormal",
                                               "RandomNormalLike",
                                               "RandomUniform",
                                               "RandomUniformLike",
                                               "Scan",
                                               "SequenceMap"};
  return !kNot.contains(op);
}

}  // namespace hcb
