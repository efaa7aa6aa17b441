// Element by element, by the `out` forms of the ops, so that results lie as the graph says. Unsigned
// integers have few kernels: where only the bits matter they are computed as signed ones, elsewhere
// in 64 bits.
#include <array>
#include <limits>

#include <ATen/Functions.h>

#include "torch/dtypes.h"
#include "torch/jax_call.h"

namespace hcb::internal {
namespace {

using at::Tensor;
using c10::ScalarType;

using Unary = void (*)(Tensor& y, const Tensor& x);
using Binary = void (*)(Tensor& y, const Tensor& a, const Tensor& b);

template <Unary f>
void unary(JaxCall& call) {
  Tensor y = call.out();
  f(y, call[0]);
}

template <Binary f>
void binary(JaxCall& call) {
  Tensor y = call.out();
  f(y, call[0], call[1]);
}

// Modulo 2^n, signed and unsigned integers are computed alike.
template <Binary f>
void wrapping(JaxCall& call) {
  Tensor y = as_signed(call.out());
  f(y, as_signed(call[0]), as_signed(call[1]));
}

bool is_unsigned(const Tensor& x) {
  const ScalarType type = x.scalar_type();
  return type == ScalarType::UInt16 || type == ScalarType::UInt32 || type == ScalarType::UInt64;
}

// 64-bit integers in the same order.
Tensor ordered(const Tensor& x) {
  if (!is_unsigned(x)) return x;
  if (x.scalar_type() != ScalarType::UInt64) return x.to(at::kLong);
  return x.view(at::kLong).bitwise_xor(std::numeric_limits<std::int64_t>::min());
}

template <Binary f>
void comparison(JaxCall& call) {
  Tensor y = call.out();
  f(y, ordered(call[0]), ordered(call[1]));
}

// An integer divided by 0 is -1 (all bits set), with the dividend as remainder; the least integer
// divided by -1 is itself. The processor traps on both.
struct Division {
  Tensor divisor;  // that is neither 0 nor -1
  Tensor by_zero;
  Tensor by_minus_one;
};

Division safe_division(const Tensor& b) {
  const Tensor by_zero = b.eq(0);
  const Tensor by_minus_one = b.eq(-1);
  return {b.masked_fill(by_zero.logical_or(by_minus_one), 1), by_zero, by_minus_one};
}

void divide(JaxCall& call) {
  if (!c10::isIntegralType(call[0].scalar_type(), true)) {
    Tensor y = call.out();
    at::div_out(y, call[0], call[1]);
    return;
  }
  TORCH_CHECK(call[0].scalar_type() != ScalarType::UInt64, "no division of uint64");
  const bool narrow = is_unsigned(call[0]);
  const Tensor a = narrow ? call[0].to(at::kLong) : call[0];
  const Division safe = safe_division(narrow ? call[1].to(at::kLong) : call[1]);
  Tensor quotient = at::div(a, safe.divisor, "trunc");
  quotient = at::where(safe.by_minus_one, a.neg(), quotient).masked_fill_(safe.by_zero, -1);
  call.out().copy_(quotient);
}

void remainder(JaxCall& call) {
  if (!c10::isIntegralType(call[0].scalar_type(), true)) {
    Tensor y = call.out();
    at::fmod_out(y, call[0], call[1]);
    return;
  }
  TORCH_CHECK(call[0].scalar_type() != ScalarType::UInt64, "no remainder of uint64");
  const bool narrow = is_unsigned(call[0]);
  const Tensor a = narrow ? call[0].to(at::kLong) : call[0];
  const Division safe = safe_division(narrow ? call[1].to(at::kLong) : call[1]);
  const Tensor rest = at::fmod(a, safe.divisor).masked_fill_(safe.by_minus_one, 0);
  call.out().copy_(at::where(safe.by_zero, a, rest));
}

void sign(JaxCall& call) {
  Tensor y = call.out();
  if (is_unsigned(call[0])) {
    y.copy_(call[0].ne(0));
    return;
  }
  at::sgn_out(y, call[0]);
  if (c10::isFloatingType(call[0].scalar_type())) y.copy_(at::where(y.eq(0), call[0], y));
}

// A power by repeated multiplication is within rounding of the library's; of integers it is exact.
void integer_power(JaxCall& call) {
  Tensor y = as_signed(call.out());
  at::pow_out(y, as_signed(call[0]), c10::Scalar(call.params.integer("y")));
}

void cube_root(JaxCall& call) {
  const Tensor root = call[0].abs().to(at::kDouble).pow(1.0 / 3.0);
  call.out().copy_(root.copysign(call[0].to(at::kDouble)));
}

// 0: half away from zero; 1: half to even.
void round(JaxCall& call) {
  Tensor y = call.out();
  const std::string method = call.params.text("rounding_method", "AWAY_FROM_ZERO");
  if (method == "TO_NEAREST_EVEN") {
    at::round_out(y, call[0]);
    return;
  }
  const Tensor whole = call[0].trunc();
  const Tensor away = call[0].sub(whole).abs().ge(0.5);
  at::add_out(y, whole, away.to(call[0].scalar_type()).mul_(call[0].sgn()));
}

// Case 0 where the predicate is false.
void select(JaxCall& call) {
  Tensor y = call.out();
  const auto cases = call.operands().subspan(1);
  if (call[0].scalar_type() == at::kBool) {
    at::where_out(y, call[0], cases.size() > 1 ? cases[1] : cases[0], cases[0]);
    return;
  }
  y.copy_(cases[0]);
  for (std::size_t k = 1; k < cases.size(); ++k)
    y.copy_(at::where(call[0].eq(static_cast<std::int64_t>(k)), cases[k], y));
}

void clamp(JaxCall& call) {
  Tensor y = call.out();
  at::maximum_out(y, call[1], call[0].expand_as(call[1]));
  at::minimum_out(y, y, call[2].expand_as(call[1]));
}

// A float out of the range of an integer type becomes its nearest value, NaN 0.
Tensor saturated(const Tensor& x, ScalarType to) {
  const Tensor wide = x.to(at::kDouble);
  return wide.clamp(lowest(to), highest(to)).masked_fill_(wide.isnan(), 0);
}

void convert(JaxCall& call) {
  const ScalarType to = call.dtype();
  Tensor x = call[0];
  if (x.is_complex() && !c10::isComplexType(to)) x = at::real(x);
  const bool narrows =
      x.is_floating_point() && c10::isIntegralType(to, false) && c10::elementSize(to) < 8;
  call.out().copy_(narrows ? saturated(x, to) : to == at::kBool ? x.ne(0) : x);
}

// Bits of exponent and mantissa of the types that can be rounded to.
ScalarType reduced_type(const JaxParams& params) {
  const std::int64_t exponent = params.integer("exponent_bits");
  const std::int64_t mantissa = params.integer("mantissa_bits");
  if (exponent == 8 && mantissa == 7) return at::kBFloat16;
  if (exponent == 5 && mantissa == 10) return at::kHalf;
  if (exponent == 8 && mantissa == 23) return at::kFloat;
  if (exponent == 11 && mantissa == 52) return at::kDouble;
  return ScalarType::Undefined;
}

void reduce_precision(JaxCall& call) {
  const ScalarType type = reduced_type(call.params);
  const bool wider = c10::elementSize(type) > c10::elementSize(call[0].scalar_type());
  call.out().copy_(wider ? call[0] : call[0].to(type));
}

std::string unknown_precision(const JaxParams& params) {
  if (reduced_type(params) != ScalarType::Undefined) return {};
  return "no type of " + std::to_string(params.integer("exponent_bits")) + " exponent and " +
         std::to_string(params.integer("mantissa_bits")) + " mantissa bits";
}

std::int64_t width(const Tensor& x) {
  return 8 * static_cast<std::int64_t>(c10::elementSize(x.scalar_type()));
}

// Bits that come in from the left are 0: what comes in as copies of the sign is cut off again.
void shift_by(Tensor& y, const Tensor& x, std::int64_t places) {
  const std::int64_t bits = width(x);
  if (places < 0 || places >= bits) {
    y.zero_();
    return;
  }
  at::bitwise_right_shift_out(y, x, places);
  const auto mask = static_cast<std::int64_t>(~std::uint64_t{0} >> (64 - bits + places));
  if (places > 0) y.bitwise_and_(mask);
}

// By places of their own: one place, clear the sign, the rest.
void shift_each(Tensor& y, const Tensor& x, const Tensor& places) {
  const std::int64_t bits = width(x);
  const auto mask = static_cast<std::int64_t>(~std::uint64_t{0} >> (65 - bits));
  const Tensor rest =
      x.bitwise_right_shift(1).bitwise_and_(mask).bitwise_right_shift_(places.sub(1).clamp_min_(0));
  const Tensor beyond = places.ge(bits).logical_or_(places.lt(0));
  y.copy_(at::where(places.eq(0), x, rest.masked_fill(beyond, 0)));
}

void shift_right_logical(JaxCall& call) {
  const Tensor x = as_signed(call[0]);
  const Tensor places = as_signed(call[1]);
  Tensor y = as_signed(call.out());
  if (x.scalar_type() == at::kByte) {
    at::bitwise_right_shift_out(y, x, places);
  } else if (places.dim() == 0) {
    shift_by(y, x, places.item().toLong());
  } else {
    shift_each(y, x, places);
  }
}

// The highest bit comes in again, of unsigned integers too.
void shift_right_arithmetic(JaxCall& call) {
  const auto as_bits = [](const Tensor& x) {
    return x.scalar_type() == at::kByte ? x.view(at::kChar) : as_signed(x);
  };
  Tensor y = as_bits(call.out());
  at::bitwise_right_shift_out(y, as_bits(call[0]), as_bits(call[1]));
}

Tensor population(const Tensor& x) {
  Tensor count = at::zeros_like(x, x.options().dtype(at::kLong));
  for (std::int64_t bit = 0; bit < width(x); ++bit)
    count.add_(x.bitwise_right_shift(bit).bitwise_and(1));
  return count;
}

void population_count(JaxCall& call) { call.out().copy_(population(as_signed(call[0]))); }

// Smear the highest bit to the right; what stays 0 leads.
void leading_zeros(JaxCall& call) {
  const Tensor x = as_signed(call[0]);
  Tensor below = at::zeros_like(x, x.options().dtype(at::kBool));
  Tensor zeros = at::zeros_like(x, x.options().dtype(at::kLong));
  for (std::int64_t bit = width(x) - 1; bit >= 0; --bit) {
    below.logical_or_(x.bitwise_right_shift(bit).bitwise_and(1).ne(0));
    zeros.add_(below.logical_not());
  }
  call.out().copy_(zeros);
}

void complement(JaxCall& call) {
  Tensor y = as_signed(call.out());
  at::bitwise_not_out(y, as_signed(call[0]));
}

constexpr std::array kAdapters = std::to_array<JaxAdapter>({
    {"add", wrapping<[](Tensor& y, const Tensor& a, const Tensor& b) { at::add_out(y, a, b); }>},
    {"add_any",
     wrapping<[](Tensor& y, const Tensor& a, const Tensor& b) { at::add_out(y, a, b); }>},
    {"sub", wrapping<[](Tensor& y, const Tensor& a, const Tensor& b) { at::sub_out(y, a, b); }>},
    {"mul", wrapping<[](Tensor& y, const Tensor& a, const Tensor& b) { at::mul_out(y, a, b); }>},
    {"div", divide},
    {"rem", remainder},
    {"neg",
     [](JaxCall& call) {
       Tensor y = as_signed(call.out());
       at::neg_out(y, as_signed(call[0]));
     }},
    {"pow", binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::pow_out(y, a, b); }>},
    {"max", binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::maximum_out(y, a, b); }>},
    {"min", binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::minimum_out(y, a, b); }>},
    {"atan2", binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::atan2_out(y, a, b); }>},
    {"nextafter",
     binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::nextafter_out(y, a, b); }>},
    {"complex",
     binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::complex_out(y, a, b); }>},
    {"and",
     binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::bitwise_and_out(y, a, b); }>},
    {"or",
     binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::bitwise_or_out(y, a, b); }>},
    {"xor",
     binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::bitwise_xor_out(y, a, b); }>},
    {"eq", binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::eq_out(y, a, b); }>},
    {"ne", binary<[](Tensor& y, const Tensor& a, const Tensor& b) { at::ne_out(y, a, b); }>},
    {"lt", comparison<[](Tensor& y, const Tensor& a, const Tensor& b) { at::lt_out(y, a, b); }>},
    {"le", comparison<[](Tensor& y, const Tensor& a, const Tensor& b) { at::le_out(y, a, b); }>},
    {"gt", comparison<[](Tensor& y, const Tensor& a, const Tensor& b) { at::gt_out(y, a, b); }>},
    {"ge", comparison<[](Tensor& y, const Tensor& a, const Tensor& b) { at::ge_out(y, a, b); }>},
    {"shift_left", wrapping<[](Tensor& y, const Tensor& a, const Tensor& b) {
       at::bitwise_left_shift_out(y, a, b);
     }>},
    {"shift_right_arithmetic", shift_right_arithmetic},
    {"shift_right_logical", shift_right_logical},
    {"population_count", population_count},
    {"clz", leading_zeros},
    {"not", complement},

    {"exp", unary<[](Tensor& y, const Tensor& x) { at::exp_out(y, x); }>},
    {"exp2", unary<[](Tensor& y, const Tensor& x) { at::exp2_out(y, x); }>},
    {"expm1", unary<[](Tensor& y, const Tensor& x) { at::expm1_out(y, x); }>},
    {"log", unary<[](Tensor& y, const Tensor& x) { at::log_out(y, x); }>},
    {"log1p", unary<[](Tensor& y, const Tensor& x) { at::log1p_out(y, x); }>},
    {"tanh", unary<[](Tensor& y, const Tensor& x) { at::tanh_out(y, x); }>},
    {"logistic", unary<[](Tensor& y, const Tensor& x) { at::sigmoid_out(y, x); }>},
    {"sqrt", unary<[](Tensor& y, const Tensor& x) { at::sqrt_out(y, x); }>},
    {"rsqrt", unary<[](Tensor& y, const Tensor& x) { at::rsqrt_out(y, x); }>},
    {"square",
     [](JaxCall& call) {
       Tensor y = as_signed(call.out());
       const Tensor x = as_signed(call[0]);
       at::mul_out(y, x, x);
     }},
    {"integer_pow", integer_power},
    {"cbrt", cube_root},
    {"abs", unary<[](Tensor& y, const Tensor& x) { at::abs_out(y, x); }>},
    {"sign", sign},
    {"floor", unary<[](Tensor& y, const Tensor& x) { at::floor_out(y, x); }>},
    {"ceil", unary<[](Tensor& y, const Tensor& x) { at::ceil_out(y, x); }>},
    {"round", round},
    {"is_finite", [](JaxCall& call) { call.put(at::isfinite(call[0])); }},
    {"sin", unary<[](Tensor& y, const Tensor& x) { at::sin_out(y, x); }>},
    {"cos", unary<[](Tensor& y, const Tensor& x) { at::cos_out(y, x); }>},
    {"tan", unary<[](Tensor& y, const Tensor& x) { at::tan_out(y, x); }>},
    {"asin", unary<[](Tensor& y, const Tensor& x) { at::asin_out(y, x); }>},
    {"acos", unary<[](Tensor& y, const Tensor& x) { at::acos_out(y, x); }>},
    {"atan", unary<[](Tensor& y, const Tensor& x) { at::atan_out(y, x); }>},
    {"sinh", unary<[](Tensor& y, const Tensor& x) { at::sinh_out(y, x); }>},
    {"cosh", unary<[](Tensor& y, const Tensor& x) { at::cosh_out(y, x); }>},
    {"asinh", unary<[](Tensor& y, const Tensor& x) { at::asinh_out(y, x); }>},
    {"acosh", unary<[](Tensor& y, const Tensor& x) { at::acosh_out(y, x); }>},
    {"atanh", unary<[](Tensor& y, const Tensor& x) { at::atanh_out(y, x); }>},
    {"erf", unary<[](Tensor& y, const Tensor& x) { at::erf_out(y, x); }>},
    {"erfc", unary<[](Tensor& y, const Tensor& x) { at::erfc_out(y, x); }>},
    {"erf_inv", unary<[](Tensor& y, const Tensor& x) { at::erfinv_out(y, x); }>},
    {"lgamma", unary<[](Tensor& y, const Tensor& x) { at::lgamma_out(y, x); }>},
    {"digamma", unary<[](Tensor& y, const Tensor& x) { at::digamma_out(y, x); }>},
    {"real", [](JaxCall& call) { call.put(at::real(call[0])); }},
    {"imag",
     [](JaxCall& call) {
       if (call[0].is_complex()) return call.put(at::imag(call[0]));
       call.out().zero_();
     }},
    {"conj", [](JaxCall& call) { call.out().copy_(at::conj(call[0])); }},

    {"select_n", select},
    {"clamp", clamp},
    {"convert_element_type", convert},
    {.op = "reduce_precision", .run = reduce_precision, .unsupported = unknown_precision},
});

}  // namespace

std::span<const JaxAdapter> jax_pointwise_adapters() { return kAdapters; }

Tensor as_signed(const Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case ScalarType::UInt16:
      return tensor.view(at::kShort);
    case ScalarType::UInt32:
      return tensor.view(at::kInt);
    case ScalarType::UInt64:
      return tensor.view(at::kLong);
    default:
      return tensor;
  }
}

c10::Scalar lowest(ScalarType type) {
  if (c10::isFloatingType(type)) return -std::numeric_limits<double>::infinity();
  if (type == at::kBool || type == at::kByte || type == ScalarType::UInt16 ||
      type == ScalarType::UInt32 || type == ScalarType::UInt64)
    return std::int64_t{0};
  return static_cast<std::int64_t>(~std::uint64_t{0} << (8 * c10::elementSize(type) - 1));
}

c10::Scalar highest(ScalarType type) {
  if (c10::isFloatingType(type)) return std::numeric_limits<double>::infinity();
  if (type == at::kBool) return true;
  const bool positive = lowest(type).toLong() == 0;
  const std::uint64_t most = ~std::uint64_t{0} >> (64 - 8 * c10::elementSize(type));
  if (type == ScalarType::UInt64) return c10::Scalar(most);
  return static_cast<std::int64_t>(positive ? most : most >> 1);
}

}  // namespace hcb::internal
