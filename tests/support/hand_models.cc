#include "support/hand_models.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace hcb::test {

ForwardModelWriter::ForwardModelWriter(std::string name, std::int64_t opset) {
  model_.name = std::move(name);
  model_.opset = opset;
}

void ForwardModelWriter::input(const std::string& name, std::vector<std::int64_t> shape,
                               DType dtype) {
  add({.name = name,
       .dtype = dtype,
       .shape = std::move(shape),
       .role = Role::input,
       .integers = {}});
}

void ForwardModelWriter::constant(const std::string& name, std::vector<std::int64_t> shape,
                                  DType dtype) {
  add({.name = name,
       .dtype = dtype,
       .shape = std::move(shape),
       .role = Role::constant,
       .integers = {}});
}

void ForwardModelWriter::integers(const std::string& name, std::vector<std::int64_t> contents) {
  const auto count = static_cast<std::int64_t>(contents.size());
  add({.name = name,
       .dtype = DType::i64,
       .shape = {count},
       .role = Role::constant,
       .integers = std::move(contents)});
}

void ForwardModelWriter::node(const std::string& name, const std::string& op,
                              const std::vector<std::string>& inputs,
                              const std::vector<Out>& outputs, std::vector<Attribute> attributes,
                              const std::string& domain) {
  ForwardNode node;
  node.name = name;
  node.domain = domain;
  node.op = op;
  node.opset = model_.opset;
  node.attributes = std::move(attributes);
  for (const std::string& input : inputs)
    node.inputs.push_back(input.empty() ? ForwardNode::kOmitted : find(input));
  for (const Out& out : outputs) {
    node.outputs.push_back(
        out.name.empty()
            ? ForwardNode::kOmitted
            : add({.name = out.name, .dtype = out.dtype, .shape = out.shape, .integers = {}}));
  }
  model_.nodes.push_back(std::move(node));
}

void ForwardModelWriter::output(const std::string& name) {
  model_.values[static_cast<std::size_t>(find(name))].is_output = true;
}

ForwardModel ForwardModelWriter::done() && {
  model_.file_nodes = model_.nodes.size();
  return std::move(model_);
}

std::int32_t ForwardModelWriter::add(ForwardValue value) {
  model_.values.push_back(std::move(value));
  return static_cast<std::int32_t>(model_.values.size() - 1);
}

std::int32_t ForwardModelWriter::find(const std::string& name) const {
  const auto at = std::ranges::find(model_.values, name, &ForwardValue::name);
  if (at == model_.values.end()) throw std::invalid_argument("no value '" + name + "'");
  return static_cast<std::int32_t>(at - model_.values.begin());
}

ForwardModel mlp_forward() {
  ForwardModelWriter w("mlp");
  w.input("x", {2, 4});
  w.constant("w1", {8, 4});
  w.constant("b1", {8});
  w.constant("w2", {3, 8});
  w.constant("b2", {3});
  const std::vector<Attribute> transposed{{"transB", std::int64_t{1}}};
  w.node("fc1", "Gemm", {"x", "w1", "b1"}, {{.name = "h", .shape = {2, 8}}}, transposed);
  w.node("relu", "Relu", {"h"}, {{.name = "a", .shape = {2, 8}}});
  w.node("fc2", "Gemm", {"a", "w2", "b2"}, {{.name = "y", .shape = {2, 3}}}, transposed);
  w.output("y");
  return std::move(w).done();
}

ForwardModel cnn_forward() {
  ForwardModelWriter w("cnn");
  w.input("x", {2, 3, 8, 8});
  w.constant("w1", {4, 3, 3, 3});
  w.constant("b1", {4});
  for (const char* name : {"scale", "bias", "mean", "var"}) w.constant(name, {4});
  w.constant("w2", {6, 4, 3, 3});
  w.constant("b2", {6});
  w.constant("w3", {3, 6});
  w.constant("b3", {3});
  using Ints = std::vector<std::int64_t>;
  const std::vector<Attribute> same{{"kernel_shape", Ints{3, 3}}, {"pads", Ints{1, 1, 1, 1}}};
  w.node("conv1", "Conv", {"x", "w1", "b1"}, {{.name = "c1", .shape = {2, 4, 8, 8}}}, same);
  w.node("bn", "BatchNormalization", {"c1", "scale", "bias", "mean", "var"},
         {{.name = "n1", .shape = {2, 4, 8, 8}}});
  w.node("relu1", "Relu", {"n1"}, {{.name = "r1", .shape = {2, 4, 8, 8}}});
  w.node("pool", "MaxPool", {"r1"}, {{.name = "p1", .shape = {2, 4, 4, 4}}},
         {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}});
  w.node("conv2", "Conv", {"p1", "w2", "b2"}, {{.name = "c2", .shape = {2, 6, 4, 4}}}, same);
  w.node("relu2", "Relu", {"c2"}, {{.name = "r2", .shape = {2, 6, 4, 4}}});
  w.node("gap", "GlobalAveragePool", {"r2"}, {{.name = "g", .shape = {2, 6, 1, 1}}});
  w.node("flat", "Flatten", {"g"}, {{.name = "f", .shape = {2, 6}}});
  w.node("head", "Gemm", {"f", "w3", "b3"}, {{.name = "logits", .shape = {2, 3}}},
         {{"transB", std::int64_t{1}}});
  w.output("logits");
  return std::move(w).done();
}

}  // namespace hcb::test
