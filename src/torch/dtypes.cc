#include "torch/dtypes.h"

#include <array>
#include <new>
#include <utility>

namespace hcb::internal {
namespace {

using c10::ScalarType;

constexpr std::array<std::pair<DType, ScalarType>, 21> kTypes = {{
    {DType::f64, ScalarType::Double},
    {DType::f32, ScalarType::Float},
    {DType::f16, ScalarType::Half},
    {DType::bf16, ScalarType::BFloat16},
    {DType::f8e4m3fn, ScalarType::Float8_e4m3fn},
    {DType::f8e4m3fnuz, ScalarType::Float8_e4m3fnuz},
    {DType::f8e5m2, ScalarType::Float8_e5m2},
    {DType::f8e5m2fnuz, ScalarType::Float8_e5m2fnuz},
    {DType::f8e8m0, ScalarType::Float8_e8m0fnu},
    {DType::i64, ScalarType::Long},
    {DType::i32, ScalarType::Int},
    {DType::i16, ScalarType::Short},
    {DType::i8, ScalarType::Char},
    {DType::u64, ScalarType::UInt64},
    {DType::u32, ScalarType::UInt32},
    {DType::u16, ScalarType::UInt16},
    {DType::u8, ScalarType::Byte},
    {DType::boolean, ScalarType::Bool},
    {DType::c64, ScalarType::ComplexFloat},
    {DType::c128, ScalarType::ComplexDouble},
    {DType::key, ScalarType::Long},  // threefry: two words; found after i64, so that Long is that
}};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

std::optional<ScalarType> scalar_type(DType dtype) {
  for (const auto& [ours, theirs] : kTypes)
    if (ours == dtype) return theirs;
  return std::nullopt;
}

DType dtype_of(ScalarType type) {
  for (const auto& [ours, theirs] : kTypes)
    if (theirs == type) return ours;
  return DType::undefined;
}

Error error_of(const std::exception& exception) {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
    return {ErrorKind::limit, "out of memory", {}};
  if (const auto* theirs = dynamic_cast<const c10::OutOfMemoryError*>(&exception))
    return {ErrorKind::limit, first_line(theirs->what_without_backtrace()), {}};
  if (const auto* theirs = dynamic_cast<const c10::Error*>(&exception))
    return {ErrorKind::bad_input, first_line(theirs->what_without_backtrace()), {}};
  return {ErrorKind::bad_input, first_line(exception.what()), {}};
}

}  // namespace hcb::internal
