// Forward models small enough to follow by hand, and a writer for more of them. Everything is
// float32 unless said otherwise.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "ingest/forward_model.h"

namespace hcb::test {

// Writes a ForwardModel by names:
//
//     ForwardModelWriter w("tiny");
//     w.input("x", {2, 4});
//     w.constant("w", {4, 3});
//     w.node("fc", "MatMul", {"x", "w"}, {{"y", {2, 3}}});
//     w.output("y");
//     ForwardModel model = w.done();
class ForwardModelWriter {
 public:
  struct Out {
    std::string name;  // empty: an omitted optional output
    std::vector<std::int64_t> shape = {};
    DType dtype = DType::f32;
  };

  explicit ForwardModelWriter(std::string name, std::int64_t opset = 20);

  void input(const std::string& name, std::vector<std::int64_t> shape, DType dtype = DType::f32);
  void constant(const std::string& name, std::vector<std::int64_t> shape, DType dtype = DType::f32);
  // A known integral constant: a shape, axes, pads.
  void integers(const std::string& name, std::vector<std::int64_t> contents);
  // An empty input name is an omitted argument.
  void node(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
            const std::vector<Out>& outputs, std::vector<Attribute> attributes = {},
            const std::string& domain = {});
  void output(const std::string& name);
  [[nodiscard]] ForwardModel done() &&;

 private:
  std::int32_t add(ForwardValue value);
  [[nodiscard]] std::int32_t find(const std::string& name) const;

  ForwardModel model_;
};

// x[2,4] -> Gemm "fc1" (w1[8,4], b1[8]) -> h -> Relu "relu" -> a -> Gemm "fc2" (w2[3,8], b2[3]) ->
// y[2,3]
[[nodiscard]] ForwardModel mlp_forward();

// x[2,3,8,8] -> Conv "conv1" 3x3 (w1[4,3,3,3], b1[4]) -> c1 -> BatchNormalization "bn" -> n1
//   -> Relu "relu1" -> r1 -> MaxPool "pool" 2x2 -> p1[2,4,4,4]
//   -> Conv "conv2" 3x3 (w2[6,4,3,3], b2[6]) -> c2 -> Relu "relu2" -> r2
//   -> GlobalAveragePool "gap" -> g[2,6,1,1] -> Flatten "flat" -> f[2,6]
//   -> Gemm "head" (w3[3,6], b3[3]) -> logits[2,3]
[[nodiscard]] ForwardModel cnn_forward();

}  // namespace hcb::test
