// Small ONNX models for tests, built in memory.
//
//     OnnxModel m;
//     m.input("x", {"batch", 8}).weight("w", {8, 4}).node("MatMul", {"x", "w"}, {"y"}).output("y");
//     parse_onnx(m.bytes(), "m.onnx", options)
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include <onnx/onnx_pb.h>

namespace hcb::test {

// A dim of an input: a number, or a dim_param. "" is a dim without either.
using OnnxDim = std::variant<int, std::int64_t, const char*>;

class OnnxModel {
 public:
  explicit OnnxModel(std::int64_t opset = 18, std::int64_t ir_version = 10) {
    model_.set_ir_version(ir_version);
    model_.mutable_graph()->set_name("g");
    import("", opset);
  }

  OnnxModel& import(const std::string& domain, std::int64_t version) {
    auto& opset = *model_.add_opset_import();
    opset.set_domain(domain);
    opset.set_version(version);
    return *this;
  }

  OnnxModel& input(const std::string& name, std::initializer_list<OnnxDim> dims,
                   int elem_type = onnx::TensorProto::FLOAT) {
    describe(*graph().add_input(), name, dims, elem_type);
    return *this;
  }

  OnnxModel& output(const std::string& name) {
    graph().add_output()->set_name(name);
    graph()
        .mutable_output(graph().output_size() - 1)
        ->mutable_type()
        ->mutable_tensor_type()
        ->set_elem_type(onnx::TensorProto::FLOAT);
    return *this;
  }

  // What an exporter writes about an inner value.
  OnnxModel& value_info(const std::string& name, std::initializer_list<OnnxDim> dims,
                        int elem_type = onnx::TensorProto::FLOAT) {
    describe(*graph().add_value_info(), name, dims, elem_type);
    return *this;
  }

  // A float initialiser without contents, as in a file whose weights are stored outside.
  OnnxModel& weight(const std::string& name, std::initializer_list<std::int64_t> dims,
                    int elem_type = onnx::TensorProto::FLOAT) {
    auto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(elem_type);
    for (const std::int64_t dim : dims) tensor.add_dims(dim);
    tensor.set_data_location(onnx::TensorProto::EXTERNAL);
    return *this;
  }

  // A 1-D int64 initialiser; a scalar with `scalar`.
  OnnxModel& integers(const std::string& name, std::initializer_list<std::int64_t> values,
                      bool scalar = false) {
    auto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    if (!scalar) tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return *this;
  }

  OnnxModel& node(const std::string& op, std::initializer_list<std::string> inputs,
                  std::initializer_list<std::string> outputs, const std::string& name = "") {
    auto& added = *graph().add_node();
    added.set_op_type(op);
    added.set_name(name);
    for (const std::string& input : inputs) added.add_input(input);
    for (const std::string& output : outputs) added.add_output(output);
    return *this;
  }

  // Attributes of the node added last.
  OnnxModel& with(const std::string& name, std::int64_t value) {
    auto& attribute = add_attribute(name, onnx::AttributeProto::INT);
    attribute.set_i(value);
    return *this;
  }
  OnnxModel& with(const std::string& name, std::initializer_list<std::int64_t> values) {
    auto& attribute = add_attribute(name, onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
    return *this;
  }
  OnnxModel& with(const std::string& name, const onnx::GraphProto& body) {
    *add_attribute(name, onnx::AttributeProto::GRAPH).mutable_g() = body;
    return *this;
  }
  OnnxModel& in_domain(const std::string& domain) {
    last_node().set_domain(domain);
    return *this;
  }

  onnx::ModelProto& model() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }
  onnx::NodeProto& last_node() { return *graph().mutable_node(graph().node_size() - 1); }
  [[nodiscard]] std::string bytes() const { return model_.SerializeAsString(); }

 private:
  static void describe(onnx::ValueInfoProto& info, const std::string& name,
                       std::initializer_list<OnnxDim> dims, int elem_type) {
    info.set_name(name);
    auto& type = *info.mutable_type()->mutable_tensor_type();
    type.set_elem_type(elem_type);
    auto& shape = *type.mutable_shape();
    for (const OnnxDim& dim : dims) {
      auto& added = *shape.add_dim();
      if (const auto* number = std::get_if<int>(&dim)) added.set_dim_value(*number);
      if (const auto* number = std::get_if<std::int64_t>(&dim)) added.set_dim_value(*number);
      const auto* symbol = std::get_if<const char*>(&dim);
      if (symbol != nullptr && **symbol != '\0') added.set_dim_param(*symbol);
    }
  }

  onnx::AttributeProto& add_attribute(const std::string& name,
                                      onnx::AttributeProto::AttributeType type) {
    auto& attribute = *last_node().add_attribute();
    attribute.set_name(name);
    attribute.set_type(type);
    return attribute;
  }

  onnx::ModelProto model_;
};

}  // namespace hcb::test
