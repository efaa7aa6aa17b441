// Elementwise operators with NumPy broadcasting. Integers are computed with overflow checks and
// must fit their type; f32 results are rounded to f32 after every operation, as the operator would.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <onnx/onnx_pb.h>

#include "ingest/onnx_fold_ops.h"

namespace hcb::fold {
namespace {

using OptionalInt = std::optional<std::int64_t>;

OptionalInt integer_power(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return std::nullopt;
  std::int64_t result = 1;
  for (; exponent > 0 && base != 1; --exponent) {
    if (base == 0) return 0;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    if (__builtin_mul_overflow(result, base, &result)) return std::nullopt;
  }
  return result;
}

// Python's sign rule (that of the divisor), or C's with fmod=1.
OptionalInt modulo(std::int64_t a, std::int64_t b, bool fmod) {
  if (b == 0 || b == -1) return b == 0 ? std::nullopt : OptionalInt(0);
  const std::int64_t rest = a % b;
  return !fmod && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

OptionalInt divide(std::int64_t a, std::int64_t b) {
  if (b == 0 || (b == -1 && a == std::numeric_limits<std::int64_t>::min())) return std::nullopt;
  return a / b;  // towards zero, as ONNX says
}

struct Operation {
  std::string_view op;
  bool to_boolean;
  OptionalInt (*ints)(std::int64_t, std::int64_t);
  double (*floats)(double, double);
};

template <class F>
constexpr Operation comparison(std::string_view op, F) {
  return {op, true, [](std::int64_t a, std::int64_t b) { return OptionalInt(F{}(a, b)); },
          [](double a, double b) { return F{}(a, b) ? 1.0 : 0.0; }};
}

template <class F>
constexpr Operation logical(std::string_view op, F) {
  return {op, true, [](std::int64_t a, std::int64_t b) { return OptionalInt(F{}(a != 0, b != 0)); },
          nullptr};
}

const std::array kBinary = std::to_array<Operation>({
    {"Add", false,
     [](std::int64_t a, std::int64_t b) -> OptionalInt {
       std::int64_t r = 0;
       return __builtin_add_overflow(a, b, &r) ? std::nullopt : OptionalInt(r);
     },
     [](double a, double b) { return a + b; }},
    {"Sub", false,
     [](std::int64_t a, std::int64_t b) -> OptionalInt {
       std::int64_t r = 0;
       return __builtin_sub_overflow(a, b, &r) ? std::nullopt : OptionalInt(r);
     },
     [](double a, double b) { return a - b; }},
    {"Mul", false,
     [](std::int64_t a, std::int64_t b) -> OptionalInt {
       std::int64_t r = 0;
       return __builtin_mul_overflow(a, b, &r) ? std::nullopt : OptionalInt(r);
     },
     [](double a, double b) { return a * b; }},
    {"Div", false, divide, [](double a, double b) { return a / b; }},
    {"Pow", false, integer_power, [](double a, double b) { return std::pow(a, b); }},
    {"Min", false, [](std::int64_t a, std::int64_t b) { return OptionalInt(std::min(a, b)); },
     [](double a, double b) { return std::min(a, b); }},
    {"Max", false, [](std::int64_t a, std::int64_t b) { return OptionalInt(std::max(a, b)); },
     [](double a, double b) { return std::max(a, b); }},
    {"Sum", false,
     [](std::int64_t a, std::int64_t b) -> OptionalInt {
       std::int64_t r = 0;
       return __builtin_add_overflow(a, b, &r) ? std::nullopt : OptionalInt(r);
     },
     [](double a, double b) { return a + b; }},
    comparison("Equal", std::equal_to<>{}),
    comparison("Greater", std::greater<>{}),
    comparison("Less", std::less<>{}),
    comparison("GreaterOrEqual", std::greater_equal<>{}),
    comparison("LessOrEqual", std::less_equal<>{}),
    logical("And", std::logical_and<>{}),
    logical("Or", std::logical_or<>{}),
    logical("Xor", std::not_equal_to<>{}),
});

const Operation kIntegerMod{
    "Mod", false, [](std::int64_t a, std::int64_t b) { return modulo(a, b, false); }, nullptr};
const Operation kFmod{"Mod", false,
                      [](std::int64_t a, std::int64_t b) { return modulo(a, b, true); },
                      [](double a, double b) { return std::fmod(a, b); }};

const Operation* operation_of(const Call& call) {
  if (call.op() == "Mod") return call.integer("fmod", 0) == 0 ? &kIntegerMod : &kFmod;
  const auto at = std::ranges::find(kBinary, call.op(), &Operation::op);
  return at == kBinary.end() ? nullptr : &*at;
}

// Element k of the result out of elements i and j; false when it has no value.
bool combine(const Operation& f, const SmallTensor& a, std::size_t i, const SmallTensor& b,
             std::size_t j, SmallTensor& out) {
  if (!a.is_float()) {
    const OptionalInt value = f.ints(a.ints[i], b.ints[j]);
    const OptionalInt fitted = value ? fit(out.dtype, *value) : std::nullopt;
    if (fitted) out.ints.push_back(*fitted);
    return fitted.has_value();
  }
  if (f.floats == nullptr) return false;
  const double value = f.floats(a.floats[i], b.floats[j]);
  if (out.is_float()) {
    out.floats.push_back(round_to(out.dtype, value));
  } else {
    out.ints.push_back(value != 0 ? 1 : 0);
  }
  return true;
}

Folded apply(const Operation& f, const SmallTensor& a, const SmallTensor& b) {
  if (a.dtype != b.dtype) return std::nullopt;
  const auto dims = broadcast_dims(a.dims, b.dims);
  if (!dims || !small_count(*dims)) return std::nullopt;
  const auto left = broadcast_index(a.dims, *dims);
  const auto right = broadcast_index(b.dims, *dims);
  if (!left || !right) return std::nullopt;
  SmallTensor out{.dtype = f.to_boolean ? DType::boolean : a.dtype, .dims = *dims};
  for (std::size_t k = 0; k < left->size(); ++k) {
    if (!combine(f, a, (*left)[k], b, (*right)[k], out)) return std::nullopt;
  }
  return out;
}

double unary_float(std::string_view op, double x) {
  if (op == "Neg") return -x;
  if (op == "Abs") return std::abs(x);
  if (op == "Ceil") return std::ceil(x);
  if (op == "Floor") return std::floor(x);
  if (op == "Sqrt") return std::sqrt(x);
  if (op == "Reciprocal") return 1 / x;
  return std::nearbyint(x);  // Round: half to even
}

OptionalInt unary_int(std::string_view op, std::int64_t x) {
  if (op == "Not") return x == 0 ? 1 : 0;
  const bool smallest = x == std::numeric_limits<std::int64_t>::min();
  if (op == "Neg") return smallest ? std::nullopt : OptionalInt(-x);
  if (op == "Abs") return smallest ? std::nullopt : OptionalInt(std::abs(x));
  return std::nullopt;
}

// Element i of `x` as an element of the integer type `to`.
OptionalInt to_integer(const SmallTensor& x, std::size_t i, DType to) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (to == DType::boolean) return x.real(i) != 0 ? 1 : 0;
  if (!x.is_float()) return fit(to, x.ints[i]);
  const double value = x.floats[i];
  if (!(value >= -kTwoTo63 && value < kTwoTo63)) return std::nullopt;
  return fit(to, static_cast<std::int64_t>(value));
}

}  // namespace

Folded binary(const Call& call) {
  const Operation* f = operation_of(call);
  if (f == nullptr || call.input(0) == nullptr || call.input(1) == nullptr) return std::nullopt;
  return apply(*f, *call.input(0), *call.input(1));
}

Folded variadic(const Call& call) {
  const Operation* f = operation_of(call);
  if (f == nullptr || call.input(0) == nullptr) return std::nullopt;
  Folded result = *call.input(0);
  for (std::size_t i = 1; i < call.input_count() && result; ++i) {
    if (call.input(i) == nullptr) return std::nullopt;
    result = apply(*f, *result, *call.input(i));
  }
  return result;
}

Folded unary(const Call& call) {
  if (call.input(0) == nullptr) return std::nullopt;
  const SmallTensor& x = *call.input(0);
  SmallTensor out{.dtype = x.dtype, .dims = x.dims};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x.is_float()) {
      out.floats.push_back(round_to(x.dtype, unary_float(call.op(), x.floats[i])));
      continue;
    }
    const OptionalInt value = unary_int(call.op(), x.ints[i]);
    const OptionalInt fitted = value ? fit(x.dtype, *value) : std::nullopt;
    if (!fitted) return std::nullopt;
    out.ints.push_back(*fitted);
  }
  return out;
}

Folded where(const Call& call) {
  const SmallTensor* condition = call.input(0);
  const SmallTensor* yes = call.input(1);
  const SmallTensor* no = call.input(2);
  if (condition == nullptr || yes == nullptr || no == nullptr || yes->dtype != no->dtype)
    return std::nullopt;
  const auto values = broadcast_dims(yes->dims, no->dims);
  const auto dims = values ? broadcast_dims(condition->dims, *values) : std::nullopt;
  if (!dims || !small_count(*dims)) return std::nullopt;
  const auto c = broadcast_index(condition->dims, *dims);
  const auto y = broadcast_index(yes->dims, *dims);
  const auto n = broadcast_index(no->dims, *dims);
  if (!c || !y || !n) return std::nullopt;
  SmallTensor out{.dtype = yes->dtype, .dims = *dims};
  for (std::size_t k = 0; k < c->size(); ++k) {
    const bool take = condition->real((*c)[k]) != 0;
    const SmallTensor& from = take ? *yes : *no;
    const std::size_t i = take ? (*y)[k] : (*n)[k];
    from.is_float() ? out.floats.push_back(from.floats[i]) : out.ints.push_back(from.ints[i]);
  }
  return out;
}

// Cast and CastLike.
Folded cast(const Call& call) {
  if (call.input(0) == nullptr) return std::nullopt;
  const SmallTensor& x = *call.input(0);
  const bool like = call.op() == "CastLike";
  if (like && call.input(1) == nullptr) return std::nullopt;
  const DType to =
      like ? call.input(1)->dtype : dtype_of_onnx(static_cast<int>(call.integer("to", 0)));
  if (!is_foldable(to)) return std::nullopt;
  SmallTensor out{.dtype = to, .dims = x.dims};
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (out.is_float()) {
      out.floats.push_back(round_to(to, x.real(i)));
      continue;
    }
    const OptionalInt value = to_integer(x, i, to);
    if (!value) return std::nullopt;
    out.ints.push_back(*value);
  }
  return out;
}

}  // namespace hcb::fold
