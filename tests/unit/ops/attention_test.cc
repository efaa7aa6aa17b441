#include "ops/attention.h"

#include <string>

#include <doctest/doctest.h>

#include "graph/builder.h"

namespace hcb {
namespace {

// 1 FLOP/ns, 1 byte/ns, no launch: times are the greater of FLOPs and bytes.
constexpr Device kDevice{.name = "test",
                         .description = "",
                         .f64 = 1'000'000'000,
                         .f32 = 1'000'000'000,
                         .f16 = 1'000'000'000,
                         .bf16 = 1'000'000'000,
                         .f8 = 1'000'000'000,
                         .bandwidth = 1'000'000'000,
                         .launch = 0};

// Attention over 8 tokens of width 2: q, k, v and out are 64 bytes, scores and weights 256.
//
//     q, k ─> qk ─> s0 ─> scale ─> s1 ─> softmax ─> p ─> pv ─> out      (v into pv)
//     backward: dout ─> pv_grad ─> dp, dv;  softmax_grad ─> ds1;  scale_grad ─> ds0;  qk_grad
class Attention {
 public:
  Graph run(bool weights_are_output) {
    const ValueId q = resident("q", {8, 2});
    const ValueId k = resident("k", {2, 8});
    const ValueId v = resident("v", {8, 2});
    const ValueId half = resident("half", {});
    const ValueId dout = resident("dout", {8, 2});
    const ValueId s0 = value("s0", {8, 8});
    const ValueId s1 = value("s1", {8, 8});
    const ValueId p = value("p", {8, 8});
    const ValueId out = value("out", {8, 2});
    node("qk", "MatMul", {q, k}, {s0}, 64 + 64 + 256);
    node("scale", "Mul", {s0, half}, {s1}, 256 + 4 + 256);
    node("softmax", "Softmax", {s1}, {p}, 256 + 256);
    node("pv", "MatMul", {p, v}, {out}, 256 + 64 + 64);
    const ValueId dp = value("dp", {8, 8});
    const ValueId dv = value("dv", {8, 2});
    const ValueId ds1 = value("ds1", {8, 8});
    const ValueId ds0 = value("ds0", {8, 8});
    const ValueId dq = value("dq", {8, 2});
    const ValueId dk = value("dk", {2, 8});
    node("pv_grad", "MatMulGrad", {dout, p, v}, {dp, dv}, 64 + 256 + 64 + 256 + 64);
    node("softmax_grad", "SoftmaxGrad", {dp, p}, {ds1}, 3 * 256);
    node("scale_grad", "MulGrad", {ds1, half}, {ds0}, 256 + 4 + 256);
    node("qk_grad", "MatMulGrad", {ds0, q, k}, {dq, dk}, 256 + 4 * 64);
    for (const ValueId made : {out, dv, dq, dk}) builder_.mark_output(made);
    if (weights_are_output) builder_.mark_output(p);
    auto graph = std::move(builder_).freeze();
    REQUIRE_MESSAGE(graph.has_value(), graph.error().message);
    return std::move(*graph);
  }

 private:
  using Shape = std::vector<std::int64_t>;
  ValueId resident(const std::string& name, Shape shape) {
    return builder_.add_resident({.name = name, .shape = std::move(shape), .role = Role::input});
  }
  ValueId value(const std::string& name, Shape shape) {
    return builder_.add_value({.name = name, .shape = std::move(shape)});
  }
  void node(const std::string& name, const std::string& op, std::vector<ValueId> inputs,
            std::vector<ValueId> outputs, Bytes moved) {
    builder_.add_node({.name = name,
                       .op = op,
                       .inputs = std::move(inputs),
                       .outputs = std::move(outputs),
                       .cost = {.flops = 100, .bytes_moved = moved, .time = moved}});
  }

  GraphBuilder builder_{Dialect::onnx, "attention"};
};

std::string bytes_text(const Graph& graph) {
  std::string text;
  const auto costs = fused_attention_costs(graph, kDevice);
  for (const NodeId n : graph.nodes()) {
    text += std::string(graph.name(n)) + " " + std::to_string(costs[n].bytes_moved) + " " +
            std::to_string(costs[n].time) + "\n";
  }
  return text;
}

TEST_CASE("fused attention moves what enters and leaves it") {
  const Graph graph = Attention().run(false);
  const FusedAttention found = find_attention(graph);
  CHECK(found.softmaxes == 2);
  for (const NodeId n : graph.nodes()) CHECK(found.part[n] == 1);
  // 100 FLOPs take longer than what is left of the pointwise bytes.
  CHECK(bytes_text(graph) ==
        "qk 128 128\n"
        "scale 4 100\n"
        "softmax 0 100\n"
        "pv 128 128\n"
        "pv_grad 192 192\n"
        "softmax_grad 0 100\n"
        "scale_grad 4 100\n"
        "qk_grad 256 256\n");
}

TEST_CASE("weights that somebody else wants are written") {
  const Graph graph = Attention().run(true);
  const FusedAttention found = find_attention(graph);
  CHECK(found.inner[ValueId{7}] == 0);  // p
  CHECK(bytes_text(graph).find("softmax 256 256\n") != std::string::npos);
  CHECK(bytes_text(graph).find("pv 384 384\n") != std::string::npos);
  CHECK(bytes_text(graph).find("qk 128 128\n") != std::string::npos);
}

// A classifier: product, softmax, output. Nothing reads the softmax through a product.
TEST_CASE("a softmax at the end is no attention") {
  GraphBuilder builder(Dialect::onnx, "classifier");
  const ValueId x = builder.add_resident({.name = "x", .shape = {8, 2}, .role = Role::input});
  const ValueId w = builder.add_resident({.name = "w", .shape = {2, 8}, .role = Role::parameter});
  const ValueId logits = builder.add_value({.name = "logits", .shape = {8, 8}});
  const ValueId p = builder.add_value({.name = "p", .shape = {8, 8}});
  builder.add_node({.name = "mm",
                    .op = "MatMul",
                    .inputs = {x, w},
                    .outputs = {logits},
                    .cost = {.bytes_moved = 384, .time = 384}});
  builder.add_node({.name = "softmax",
                    .op = "Softmax",
                    .inputs = {logits},
                    .outputs = {p},
                    .cost = {.bytes_moved = 512, .time = 512}});
  builder.mark_output(p);
  const auto graph = std::move(builder).freeze();
  REQUIRE(graph.has_value());
  CHECK(find_attention(*graph).softmaxes == 0);
  CHECK(bytes_text(*graph) == "mm 384 384\nsoftmax 512 512\n");
}

// The same in aten: bmm, mul, _softmax, bmm; the backward's softmax has another name.
TEST_CASE("attention of a joint graph") {
  GraphBuilder builder(Dialect::aten, "joint");
  const auto value = [&](const std::string& name, std::vector<std::int64_t> shape) {
    return builder.add_value({.name = name, .shape = std::move(shape)});
  };
  const ValueId q = builder.add_resident({.name = "q", .shape = {1, 8, 2}, .role = Role::input});
  const ValueId k = builder.add_resident({.name = "k", .shape = {1, 2, 8}, .role = Role::input});
  const ValueId s = value("s", {1, 8, 8});
  const ValueId m = value("m", {1, 8, 8});
  const ValueId p = value("p", {1, 8, 8});
  const ValueId o = value("o", {1, 8, 2});
  const Cost cost{.bytes_moved = 600, .time = 600};
  builder.add_node(
      {.name = "bmm", .op = "aten::bmm", .inputs = {q, k}, .outputs = {s}, .cost = cost});
  builder.add_node({.name = "mul", .op = "aten::mul", .inputs = {s}, .outputs = {m}, .cost = cost});
  builder.add_node(
      {.name = "softmax", .op = "aten::_softmax", .inputs = {m}, .outputs = {p}, .cost = cost});
  builder.add_node(
      {.name = "bmm_1", .op = "aten::bmm", .inputs = {p, q}, .outputs = {o}, .cost = cost});
  builder.mark_output(o);
  const auto graph = std::move(builder).freeze();
  REQUIRE(graph.has_value());
  CHECK(find_attention(*graph).softmaxes == 1);
  CHECK(bytes_text(*graph) == "bmm 344 344\nmul 88 88\nsoftmax 88 88\nbmm_1 344 344\n");
}

}  // namespace
}  // namespace hcb
