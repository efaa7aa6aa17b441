// Sizes are checked where a type enters the table, so that nothing behind it multiplies unchecked.
#include "ingest/onnx_values.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"

namespace hcb {
namespace {

onnx::TypeProto tensor_type(int elem_type, const auto& dims) {
  onnx::TypeProto type;
  type.mutable_tensor_type()->set_elem_type(elem_type);
  auto& shape = *type.mutable_tensor_type()->mutable_shape();
  for (const std::int64_t dim : dims) shape.add_dim()->set_dim_value(dim);
  return type;
}

}  // namespace

std::optional<Shape> static_shape(const onnx::TypeProto* type) {
  if (type == nullptr || !type->has_tensor_type() || !type->tensor_type().has_shape())
    return std::nullopt;
  if (type->tensor_type().elem_type() == 0) return std::nullopt;
  Shape shape;
  for (const auto& dim : type->tensor_type().shape().dim()) {
    if (!dim.has_dim_value()) return std::nullopt;
    shape.push_back(dim.dim_value());
  }
  return shape;
}

std::string dims_text(const std::optional<Shape>& shape) {
  return shape ? shape_text(*shape) : "?";
}

Result<void> ValueTable::add_residents(const onnx::GraphProto& graph) {
  const std::size_t nodes = static_cast<std::size_t>(graph.node_size());
  types_.reserve(nodes + static_cast<std::size_t>(graph.initializer_size()));
  for (const auto& input : graph.input()) HCB_CHECK(set_type(input.name(), input.type()));
  for (const auto& tensor : graph.initializer()) HCB_CHECK(add_initializer(tensor));
  for (const auto& sparse : graph.sparse_initializer()) {
    const std::string& value = sparse.values().name();
    HCB_CHECK(set_type(value, tensor_type(sparse.values().data_type(), sparse.dims())));
    known_[value] = {Provenance::trainable, nullptr};
  }
  return {};
}

Result<void> ValueTable::add_initializer(const onnx::TensorProto& tensor) {
  HCB_CHECK(set_type(tensor.name(), tensor_type(tensor.data_type(), tensor.dims())));
  Known known{provenance_of(tensor.data_type(), {tensor.dims().begin(), tensor.dims().end()}),
              nullptr};
  if (auto contents = small_tensor(tensor)) {
    known.contents = &contents_store_.emplace_back(*std::move(contents));
    tensors_[tensor.name()] = &tensor;
  }
  known_[tensor.name()] = known;
  return {};
}

Result<void> ValueTable::adopt(const ValueTable& outside, const std::string& value) {
  const onnx::TypeProto* type = outside.type(value);
  if (type != nullptr) HCB_CHECK(set_type(value, *type));
  if (const auto known = outside.known_.find(value); known != outside.known_.end())
    known_[value] = known->second;
  if (const auto tensor = outside.tensors_.find(value); tensor != outside.tensors_.end())
    tensors_[value] = tensor->second;
  return {};
}

void ValueTable::assume(const std::string& value, SmallTensor contents) {
  const SmallTensor& kept = contents_store_.emplace_back(std::move(contents));
  known_[value] = {Provenance::made, &kept};
  tensors_[value] = &tensor_store_.emplace_back(tensor_proto(kept));
}

const onnx::TypeProto* ValueTable::type(const std::string& value) const {
  const auto at = types_.find(value);
  return at == types_.end() ? nullptr : at->second;
}

int ValueTable::elem_type(const std::string& value) const {
  const onnx::TypeProto* found = type(value);
  return found == nullptr ? 0 : found->tensor_type().elem_type();
}

Result<void> ValueTable::set_type(const std::string& value, onnx::TypeProto type) {
  const auto shape = static_shape(&type);
  if (shape) HCB_CHECK(check_size(value, type.tensor_type().elem_type(), *shape));
  types_[value] = &type_store_.emplace_back(std::move(type));
  return {};
}

Result<void> ValueTable::check_size(const std::string& value, int elem_type,
                                    const Shape& shape) const {
  const DType dtype = dtype_of_onnx(elem_type);
  if (std::ranges::any_of(shape, [](std::int64_t dim) { return dim < 0; })) {
    return fail(ErrorKind::bad_input,
                fmt::format("{}: tensor '{}' has a negative dim: {}", name_, printable(value),
                            dims_text(shape)),
                "an input is too small for the model");
  }
  if (element_count(shape) && (bits(dtype) == 0 || tensor_bytes(dtype, shape))) return {};
  return fail(ErrorKind::bad_input,
              fmt::format("{}: tensor '{}' of {} {} is larger than 2^63 bytes", name_,
                          printable(value), dims_text(shape), hcb::name(dtype)));
}

Provenance ValueTable::provenance(const std::string& value) const {
  const auto at = known_.find(value);
  return at == known_.end() ? Provenance::dynamic : at->second.provenance;
}

const SmallTensor* ValueTable::made_contents(const std::string& value) const {
  const auto at = known_.find(value);
  return at == known_.end() || at->second.provenance != Provenance::made ? nullptr
                                                                         : at->second.contents;
}

Result<void> ValueTable::fold_to(const std::string& value, SmallTensor contents) {
  HCB_CHECK(set_type(value, tensor_type(onnx_of_dtype(contents.dtype), contents.dims)));
  const SmallTensor& kept = contents_store_.emplace_back(std::move(contents));
  known_[value] = {Provenance::made, &kept};
  tensors_[value] = &tensor_store_.emplace_back(tensor_proto(kept));
  made_.push_back(value);
  return {};
}

void ValueTable::harden(const std::string& value, Provenance provenance,
                        const onnx::TensorProto* tensor) {
  known_[value] = {provenance, nullptr};
  if (tensor != nullptr) tensors_[value] = tensor;
  made_.push_back(value);
}

Provenance ValueTable::provenance_of(int elem_type, const Shape& shape) {
  const bool single = element_count(shape).value_or(2) <= 1;
  return is_floating(dtype_of_onnx(elem_type)) && !single ? Provenance::trainable
                                                          : Provenance::made;
}

std::vector<onnx::TensorProto> ValueTable::made_constants() const {
  std::vector<onnx::TensorProto> out;
  for (const std::string& value : made_) {
    const Known& known = known_.at(value);
    onnx::TensorProto& tensor = out.emplace_back(
        known.contents != nullptr ? tensor_proto(*known.contents) : onnx::TensorProto());
    tensor.set_name(value);
    if (known.contents != nullptr) continue;
    const Shape dims = shape(value).value_or(Shape{});
    tensor.set_data_type(elem_type(value));
    for (const std::int64_t dim : dims) tensor.add_dims(dim);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  }
  return out;
}

}  // namespace hcb
