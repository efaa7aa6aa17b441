// The storage is put together on the host, element by element where it has gaps or another order,
// and copied to the device as bytes.
#include "torch/tensors.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include "torch/counting_allocator.h"

namespace hcb::internal {
namespace {

using Storage = std::vector<std::byte>;

std::unexpected<Error> bad(std::string message) {
  return fail(ErrorKind::bad_input, std::move(message));
}

template <class F>
auto guarded(F f) -> decltype(f()) {
  try {
    const c10::InferenceMode inference;
    return f();
  } catch (const std::exception& exception) {
    return std::unexpected(error_of(exception));
  }
}

struct Geometry {
  c10::ScalarType type;
  std::size_t element = 0;  // bytes
  std::int64_t count = 0;
  bool dense = false;  // row-major, no gaps
};

// Counts and extents are checked against the storage, so nothing below can leave it.
Result<Geometry> geometry_of(const TensorSpec& spec) {
  const auto type = scalar_type(spec.dtype);
  if (!type) return bad("LibTorch has no tensors of type " + std::string(name(spec.dtype)));
  const auto count = element_count(spec.shape);
  if (!count || spec.strides.size() != spec.shape.size() || spec.offset < 0)
    return bad("a tensor's shape, strides or offset make no sense");
  const std::size_t element = c10::elementSize(*type);
  auto last = std::optional<std::int64_t>(spec.offset);
  for (std::size_t i = 0; i < spec.shape.size() && last; ++i) {
    if (spec.strides[i] < 0) return bad("a negative stride");
    const auto reach = checked_mul(spec.shape[i] - 1, spec.strides[i]);
    last = reach ? checked_add(*last, *reach) : std::nullopt;
  }
  const auto end = last && *count > 0 ? checked_add(*last, 1) : std::optional<std::int64_t>(0);
  const auto bytes = end ? checked_mul(*end, static_cast<std::int64_t>(element)) : std::nullopt;
  if (!bytes || *bytes > spec.storage)
    return bad("a tensor reaches beyond its storage of " + std::to_string(spec.storage) + " bytes");
  return Geometry{*type, element, *count,
                  spec.offset == 0 && spec.strides == row_major_strides(spec.shape)};
}

// Elements in row-major order to their places in the storage.
void scatter(const TensorSpec& spec, const Geometry& geometry, std::span<const std::byte> elements,
             Storage& storage) {
  if (elements.empty()) return;
  if (geometry.dense) {
    std::memcpy(storage.data(), elements.data(), elements.size());
    return;
  }
  std::vector<std::int64_t> index(spec.shape.size(), 0);
  std::int64_t at = spec.offset;
  for (std::int64_t i = 0; i < geometry.count; ++i) {
    std::memcpy(storage.data() + static_cast<std::size_t>(at) * geometry.element,
                elements.data() + static_cast<std::size_t>(i) * geometry.element, geometry.element);
    for (std::size_t d = index.size(); d-- > 0;) {
      at += spec.strides[d];
      if (++index[d] < spec.shape[d]) break;
      at -= spec.strides[d] * spec.shape[d];
      index[d] = 0;
    }
  }
}

at::Tensor bytes_at(const void* data, std::size_t size) {
  return at::from_blob(const_cast<void*>(data), {static_cast<std::int64_t>(size)}, at::kByte);
}

at::Tensor as_tensor(const TensorSpec& spec, c10::ScalarType type, const at::Tensor& bytes) {
  const auto keys =
      c10::DispatchKeySet(c10::computeDispatchKey(type, c10::Layout::Strided, bytes.device()));
  at::Tensor tensor = at::detail::make_tensor<c10::TensorImpl>(c10::Storage(bytes.storage()), keys,
                                                               c10::scalarTypeToTypeMeta(type));
  tensor.unsafeGetTensorImpl()->set_sizes_and_strides(spec.shape, spec.strides, spec.offset);
  return tensor;
}

at::Tensor upload(const Storage& storage, c10::Device device) {
  const auto options = at::TensorOptions().dtype(at::kByte).device(device);
  at::Tensor bytes = at::empty({static_cast<std::int64_t>(storage.size())}, options);
  if (!storage.empty()) bytes.copy_(bytes_at(storage.data(), storage.size()));
  return bytes;
}

// The whole storage of a tensor as bytes of its device.
at::Tensor whole_storage(const at::Tensor& tensor) {
  const auto size = static_cast<std::int64_t>(tensor.storage().nbytes());
  return as_tensor({.dtype = DType::u8, .shape = {size}, .strides = {1}, .storage = size},
                   at::kByte, tensor);
}

// Contents for a whole storage; what is no whole element at its end stays zero.
Storage filled(const TensorSpec& spec, const Fill& fill, c10::ScalarType type) {
  const Unmetered unmetered;
  Storage storage(static_cast<std::size_t>(spec.storage));
  const auto count = static_cast<std::int64_t>(storage.size() / c10::elementSize(type));
  if (fill.kind == Fill::Kind::zeros || count == 0) return storage;
  at::Tensor flat = at::from_blob(storage.data(), {count}, type);
  const at::Generator generator = at::detail::createCPUGenerator(fill.seed);
  if (fill.kind == Fill::Kind::ones) {
    flat.fill_(1);
  } else if (fill.kind == Fill::Kind::below) {
    at::Tensor drawn = at::empty({count}, at::kLong);
    flat.copy_(drawn.random_(0, std::max<std::int64_t>(fill.limit, 1), generator));
  } else {
    const bool complex = c10::isComplexType(type);
    at::Tensor drawn = at::empty({complex ? 2 * count : count}, at::kDouble);
    drawn.normal_(0, fill.deviation, generator);
    const at::Tensor numbers =
        complex ? at::from_blob(drawn.data_ptr(), {count}, at::kComplexDouble) : drawn;
    flat.copy_(numbers);
  }
  return storage;
}

Result<Handle> place(const TensorSpec& spec, c10::ScalarType type, const Storage& storage,
                     c10::Device device) {
  return guarded([&]() -> Result<Handle> {
    return handle_of(as_tensor(spec, type, upload(storage, device)));
  });
}

double magnitude(const at::Tensor& a, const at::Tensor& b, std::int64_t i) {
  const auto number = [i](const at::Tensor& t) {
    const auto c = static_cast<const c10::complex<double>*>(t.data_ptr())[i];
    return std::complex<double>(c.real(), c.imag());
  };
  return std::abs(number(a) - number(b));
}

TensorDifference difference(const at::Tensor& a, const at::Tensor& b, const Storage& left,
                            const Storage& right) {
  const std::size_t element = a.element_size();
  TensorDifference out;
  const at::Tensor x = a.contiguous().cpu().to(at::kComplexDouble);
  const at::Tensor y = b.contiguous().cpu().to(at::kComplexDouble);
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const std::size_t at = static_cast<std::size_t>(i) * element;
    if (std::memcmp(left.data() + at, right.data() + at, element) == 0) continue;
    if (out.elements++ == 0) out.first = i;
    const double apart = magnitude(x, y, i);
    if (std::isnan(apart) || apart > out.largest) out.largest = apart;
  }
  return out;
}

std::string shape_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  std::string text(name(dtype_of(tensor.scalar_type())));
  text += "[";
  for (const std::int64_t dim : tensor.sizes())
    text += (text.back() == '[' ? "" : ",") + std::to_string(dim);
  return text + "]";
}

}  // namespace

Result<Handle> make_tensor(const TensorSpec& spec, std::span<const std::byte> elements,
                           c10::Device device) {
  HCB_TRY(const Geometry geometry, geometry_of(spec));
  const std::size_t wanted = static_cast<std::size_t>(geometry.count) * geometry.element;
  if (elements.size() != wanted)
    return bad(std::to_string(elements.size()) + " bytes given for a tensor of " +
               std::to_string(wanted));
  Storage storage(static_cast<std::size_t>(spec.storage));
  scatter(spec, geometry, elements, storage);
  return place(spec, geometry.type, storage, device);
}

Result<Handle> make_tensor(const TensorSpec& spec, const Fill& fill, c10::Device device) {
  HCB_TRY(const Geometry geometry, geometry_of(spec));
  return guarded([&]() -> Result<Handle> {
    return place(spec, geometry.type, filled(spec, fill, geometry.type), device);
  });
}

Result<Handle> make_view(const TensorSpec& spec, const Handle& base) {
  HCB_TRY(const Geometry geometry, geometry_of(spec));
  const at::Tensor& tensor = tensor_of(base);
  if (static_cast<Bytes>(tensor.storage().nbytes()) < spec.storage)
    return bad("a view of a storage that is too small");
  return guarded(
      [&]() -> Result<Handle> { return handle_of(as_tensor(spec, geometry.type, tensor)); });
}

Result<void> write_tensor(const Handle& handle, std::span<const std::byte> elements) {
  const at::Tensor& tensor = tensor_of(handle);
  const TensorSpec spec = spec_of(tensor);
  HCB_TRY(const Geometry geometry, geometry_of(spec));
  if (elements.size() != static_cast<std::size_t>(geometry.count) * geometry.element)
    return bad(std::to_string(elements.size()) + " bytes given for another number of elements");
  return guarded([&]() -> Result<void> {
    const Unmetered unmetered;
    Storage storage(static_cast<std::size_t>(spec.storage));
    at::Tensor whole = whole_storage(tensor);
    if (storage.empty()) return {};
    bytes_at(storage.data(), storage.size()).copy_(whole);
    scatter(spec, geometry, elements, storage);
    whole.copy_(bytes_at(storage.data(), storage.size()));
    return {};
  });
}

bool same_strides(const at::Tensor& tensor, const TensorSpec& spec) {
  if (tensor.numel() == 0) return true;
  for (std::size_t d = 0; d < spec.shape.size(); ++d) {
    if (spec.shape[d] > 1 && tensor.strides()[d] != spec.strides[d]) return false;
  }
  return true;
}

TensorSpec spec_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return {.shape = {0}, .strides = {1}};
  return {.dtype = dtype_of(tensor.scalar_type()),
          .shape = tensor.sizes().vec(),
          .strides = tensor.strides().vec(),
          .offset = tensor.storage_offset(),
          .storage = static_cast<Bytes>(tensor.storage().nbytes())};
}

Result<std::vector<std::byte>> read_tensor(const at::Tensor& tensor) {
  if (!tensor.defined()) return std::vector<std::byte>();
  return guarded([&]() -> Result<std::vector<std::byte>> {
    const Unmetered unmetered;
    const at::Tensor flat = tensor.resolve_conj().resolve_neg().contiguous().cpu();
    std::vector<std::byte> elements(static_cast<std::size_t>(flat.nbytes()));
    if (!elements.empty()) std::memcpy(elements.data(), flat.const_data_ptr(), elements.size());
    return elements;
  });
}

Result<std::optional<TensorDifference>> compare_tensors(const at::Tensor& a, const at::Tensor& b) {
  const std::string left_shape = shape_of(a);
  const std::string right_shape = shape_of(b);
  if (left_shape != right_shape)
    return TensorDifference{.shapes = left_shape + " and " + right_shape};
  HCB_TRY(const auto left, read_tensor(a));
  HCB_TRY(const auto right, read_tensor(b));
  if (left == right) return std::nullopt;
  return guarded([&]() -> Result<std::optional<TensorDifference>> {
    const Unmetered unmetered;
    return difference(a, b, left, right);
  });
}

}  // namespace hcb::internal
