#include "replay/outcome.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace hcb {
namespace {

// One tensor as the comparison sees it.
struct Contents {
  DType dtype;
  std::span<const std::int64_t> shape;
  std::span<const std::byte> elements;
};

Contents contents(const TensorToStore& tensor) {
  return {tensor.dtype, tensor.shape, tensor.elements};
}
Contents contents(const StoredTensor& tensor) {
  return {tensor.dtype, tensor.shape, tensor.elements};
}

template <class Float>
double gap(const std::byte* a, const std::byte* b) {
  Float x{};
  Float y{};
  std::memcpy(&x, a, sizeof x);
  std::memcpy(&y, b, sizeof y);
  return std::fabs(static_cast<double>(x) - static_cast<double>(y));
}

// |a - b| of one element where the type has one in C++; NaN: not said.
double gap(DType dtype, const std::byte* a, const std::byte* b) {
  if (dtype == DType::f32) return gap<float>(a, b);
  if (dtype == DType::f64) return gap<double>(a, b);
  return std::nan("");
}

std::size_t width_of(DType dtype) { return static_cast<std::size_t>(std::max(1, bits(dtype) / 8)); }

std::string difference(const Contents& a, const Contents& b) {
  if (a.dtype != b.dtype || !std::ranges::equal(a.shape, b.shape)) {
    return fmt::format("{} {} instead of {} {}", name(a.dtype), shape_text(a.shape), name(b.dtype),
                       shape_text(b.shape));
  }
  if (std::ranges::equal(a.elements, b.elements)) return {};
  const std::size_t width = width_of(a.dtype);
  const std::size_t count = a.elements.size() / width;
  std::size_t differing = 0;
  std::size_t first = 0;
  double largest = 0;
  for (std::size_t i = count; i-- > 0;) {
    const std::byte* x = a.elements.data() + i * width;
    const std::byte* y = b.elements.data() + i * width;
    if (std::memcmp(x, y, width) == 0) continue;
    ++differing;
    first = i;
    const double here = gap(a.dtype, x, y);
    largest = here > largest || std::isnan(here) ? here : largest;
  }
  const std::string by = std::isnan(largest) ? "" : fmt::format(", by {:.3g} at most", largest);
  return fmt::format("{} of {} elements differ, first at {}{}", differing, count, first, by);
}

// A hundredth of the largest tensor: what is smaller is compared as if it were as large.
constexpr double kFloor = 0.01;

// nullopt: a type that is compared bit by bit only.
std::optional<double> number(DType dtype, const std::byte* at) {
  if (dtype == DType::f64) {
    double number = 0;
    std::memcpy(&number, at, sizeof number);
    return number;
  }
  if (dtype != DType::f32 && dtype != DType::bf16) return std::nullopt;
  float number = 0;  // of bfloat16 the upper half
  std::memcpy(reinterpret_cast<std::byte*>(&number) + sizeof number - width_of(dtype), at,
              width_of(dtype));
  return number;
}

double largest_of(const Contents& tensor) {
  double largest = 0;
  const std::size_t width = width_of(tensor.dtype);
  for (std::size_t at = 0; at + width <= tensor.elements.size(); at += width) {
    const auto value = number(tensor.dtype, tensor.elements.data() + at);
    if (!value) return 0;
    if (std::isfinite(*value)) largest = std::max(largest, std::fabs(*value));
  }
  return largest;
}

double largest_of(const SafetensorsFile& file) {
  double largest = 0;
  for (const auto& [name, tensor] : file.tensors())
    largest = std::max(largest, largest_of(contents(tensor)));
  return largest;
}

bool is_close(double a, double b, double most) {
  if (std::isfinite(a) && std::isfinite(b)) return std::fabs(a - b) <= most;
  return a == b || (std::isnan(a) && std::isnan(b));
}

bool is_close(const Contents& ours, const Contents& wanted, double tolerance, double floor) {
  if (ours.dtype != wanted.dtype || !std::ranges::equal(ours.shape, wanted.shape)) return false;
  const double most = tolerance * std::max(largest_of(wanted), floor);
  const std::size_t width = width_of(ours.dtype);
  for (std::size_t at = 0; at + width <= ours.elements.size(); at += width) {
    const auto a = number(ours.dtype, ours.elements.data() + at);
    const auto b = number(ours.dtype, wanted.elements.data() + at);
    if (!a || !is_close(*a, *b, most)) return false;
  }
  return true;
}

// Keys are 64-bit integers here, two words of 32 bits each in a file.
Contents in_words(Contents ours, const StoredTensor& stored) {
  const bool words =
      ours.dtype == DType::i64 && stored.dtype == DType::u32 &&
      stored.shape.size() == ours.shape.size() + 1 && stored.shape.back() == 2 &&
      std::ranges::equal(ours.shape, std::span(stored.shape).first(ours.shape.size()));
  return words ? Contents{DType::u32, stored.shape, ours.elements} : ours;
}

Result<TensorToStore> read_tensor(Session& session, std::string name, const Handle& handle) {
  const TensorSpec spec = session.machine().spec(handle);
  HCB_TRY(std::vector<std::byte> elements, session.machine().read(handle));
  return TensorToStore{std::move(name), spec.dtype, spec.shape, std::move(elements)};
}

bool is_gradient(const Session& session, ValueId v) {
  const auto& of = session.loaded().calls.gradient_of;
  return session.graph().role(v) == Role::gradient ||
         (index(v) < of.size() && of[v] != kNone<ValueId>);
}

}  // namespace

Result<Outcome> capture(Session& session, const RunReport& report) {
  Outcome outcome;
  for (const auto& [name, handle] : report.outputs) {
    HCB_TRY(TensorToStore tensor, read_tensor(session, name, handle));
    outcome.tensors.push_back(std::move(tensor));
  }
  outcome.outputs = outcome.tensors.size();
  for (const ValueId v : session.graph().outputs()) outcome.gradients += is_gradient(session, v);
  for (const ValueId v : session.written()) {
    const std::string name(session.graph().name(v));
    HCB_TRY(TensorToStore tensor, read_tensor(session, name, session.residents()[v]));
    outcome.tensors.push_back(std::move(tensor));
  }
  outcome.random = session.machine().random().save();
  return outcome;
}

std::vector<OutcomeDifference> differences(const Outcome& outcome, const Outcome& reference) {
  std::vector<OutcomeDifference> found;
  for (std::size_t i = 0; i < outcome.tensors.size(); ++i) {
    const std::string what =
        difference(contents(outcome.tensors[i]), contents(reference.tensors[i]));
    if (!what.empty()) found.push_back({outcome.tensors[i].name, what});
  }
  if (outcome.random != reference.random)
    found.push_back({"random generator", "stands elsewhere after the step"});
  return found;
}

Result<std::vector<OutcomeDifference>> differences(const Outcome& outcome,
                                                   const SafetensorsFile& reference,
                                                   double tolerance) {
  const double floor = tolerance > 0 ? kFloor * largest_of(reference) : 0;
  std::vector<OutcomeDifference> found;
  std::vector<std::string> unknown;
  for (const auto& [name, stored] : reference.tensors()) {
    const auto ours = std::ranges::find(outcome.tensors, name, &TensorToStore::name);
    if (ours == outcome.tensors.end()) {
      unknown.push_back(fmt::format("'{}'", printable(name)));
      continue;
    }
    const std::string what = difference(in_words(contents(*ours), stored), contents(stored));
    const bool close = !what.empty() && tolerance > 0 &&
                       is_close(contents(*ours), contents(stored), tolerance, floor);
    if (!what.empty() && !close) found.push_back({name, what});
  }
  if (unknown.empty() && !reference.tensors().empty()) return found;
  return fail(ErrorKind::bad_input,
              unknown.empty() ? fmt::format("{}: holds no tensor", reference.path())
                              : fmt::format("{}: the step leaves nothing called {} behind",
                                            reference.path(), fmt::join(unknown, ", ")),
              "give the file that hcb_tools wrote with --results for this step");
}

}  // namespace hcb
