#include "replay/outcome.h"

#include <algorithm>
#include <cmath>
#include <cstring>

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

std::string difference(const Contents& a, const Contents& b) {
  if (a.dtype != b.dtype || !std::ranges::equal(a.shape, b.shape)) {
    return fmt::format("{} {} instead of {} {}", name(a.dtype), shape_text(a.shape), name(b.dtype),
                       shape_text(b.shape));
  }
  if (std::ranges::equal(a.elements, b.elements)) return {};
  const auto width = static_cast<std::size_t>(std::max(1, bits(a.dtype) / 8));
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
                                                   const SafetensorsFile& reference) {
  std::vector<OutcomeDifference> found;
  std::vector<std::string> unknown;
  for (const auto& [name, stored] : reference.tensors()) {
    const auto ours = std::ranges::find(outcome.tensors, name, &TensorToStore::name);
    if (ours == outcome.tensors.end()) {
      unknown.push_back(fmt::format("'{}'", printable(name)));
      continue;
    }
    const std::string what = difference(contents(*ours), contents(stored));
    if (!what.empty()) found.push_back({name, what});
  }
  if (unknown.empty() && !reference.tensors().empty()) return found;
  return fail(ErrorKind::bad_input,
              unknown.empty() ? fmt::format("{}: holds no tensor", reference.path())
                              : fmt::format("{}: the step leaves nothing called {} behind",
                                            reference.path(), fmt::join(unknown, ", ")),
              "give the file that hcb_tools wrote with --results for this step");
}

}  // namespace hcb
