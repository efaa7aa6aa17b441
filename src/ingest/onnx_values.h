// What is known about every value of an ONNX graph while its nodes are visited: type, provenance,
// contents.
//
//     provenance   what                                                     computed from it
//     dynamic      made from a model input, or random                       nodes stay
//     trainable    a float constant of more than one element: maybe a weight nodes stay
//     made         integers, booleans, single floats, and what follows       constants
//
// Runs no third-party code but protobuf. The maps by name are those ONNX's inference functions
// read.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <onnx/onnx_pb.h>

#include "base/result.h"
#include "ingest/onnx_tensor.h"

namespace hcb {

using Shape = std::vector<std::int64_t>;

enum class Provenance : std::uint8_t { dynamic, trainable, made };

// The shape of a dense tensor type whose element type is given and whose dims are all numbers.
[[nodiscard]] std::optional<Shape> static_shape(const onnx::TypeProto* type);

// "8x1024", "scalar", "?" for nullopt.
[[nodiscard]] std::string dims_text(const std::optional<Shape>& shape);

class ValueTable {
 public:
  // `name` of the file, in front of messages; must outlive the table.
  explicit ValueTable(const std::string& name) : name_(name) {}

  // Inputs and initialisers. Errors: see set_type.
  [[nodiscard]] Result<void> add_residents(const onnx::GraphProto& graph);

  [[nodiscard]] const onnx::TypeProto* type(const std::string& value) const;  // nullptr: unknown
  [[nodiscard]] std::optional<Shape> shape(const std::string& value) const {
    return static_shape(type(value));
  }
  [[nodiscard]] int elem_type(const std::string& value) const;  // 0: unknown

  // A tensor of the file as a constant. It must outlive the table. Errors: see set_type.
  [[nodiscard]] Result<void> add_initializer(const onnx::TensorProto& tensor);
  // What `outside`, which must outlive this table, knows of a value; nothing if it knows nothing.
  // Errors: see set_type.
  [[nodiscard]] Result<void> adopt(const ValueTable& outside, const std::string& value);
  // `value`, whose type is known, is taken to have these contents.
  void assume(const std::string& value, SmallTensor contents);

  // Errors (bad_input): a negative dim, or more than 2^63 elements or bytes.
  [[nodiscard]] Result<void> set_type(const std::string& value, onnx::TypeProto type);

  // Is it a constant, of whatever provenance?
  [[nodiscard]] bool is_constant(const std::string& value) const { return known_.contains(value); }
  [[nodiscard]] Provenance provenance(const std::string& value) const;
  // Contents of a `made` value, where followed; nullptr otherwise.
  [[nodiscard]] const SmallTensor* made_contents(const std::string& value) const;

  // `value` is the constant `contents`, made by folding.
  [[nodiscard]] Result<void> fold_to(const std::string& value, SmallTensor contents);
  // `value`, whose type is known, is a constant whose contents are not followed. `tensor` (may be
  // nullptr, must outlive the table) still serves inference.
  void harden(const std::string& value, Provenance provenance, const onnx::TensorProto* tensor);

  // Of a tensor stored in the file.
  [[nodiscard]] static Provenance provenance_of(int elem_type, const Shape& shape);

  // Constants made since add_residents, as initialisers, in order of their making.
  [[nodiscard]] std::vector<onnx::TensorProto> made_constants() const;

  // For ONNX's functions.
  [[nodiscard]] const std::unordered_map<std::string, onnx::TypeProto*>& types() const {
    return types_;
  }
  [[nodiscard]] const std::unordered_map<std::string, const onnx::TensorProto*>& tensors() const {
    return tensors_;
  }

 private:
  struct Known {
    Provenance provenance = Provenance::dynamic;
    const SmallTensor* contents = nullptr;
  };

  Result<void> check_size(const std::string& value, int elem_type, const Shape& shape) const;

  const std::string& name_;
  std::unordered_map<std::string, onnx::TypeProto*> types_;
  std::unordered_map<std::string, const onnx::TensorProto*> tensors_;
  std::unordered_map<std::string, Known> known_;  // constants only
  std::vector<std::string> made_;
  std::deque<onnx::TypeProto> type_store_;  // the stores own what the maps point at
  std::deque<onnx::TensorProto> tensor_store_;
  std::deque<SmallTensor> contents_store_;
};

}  // namespace hcb
