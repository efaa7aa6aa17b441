// Ops through which no gradient flows: values made from shapes, chance or integers, and quantised
// arithmetic. (Logical and comparison ops stand with the pointwise ones.)
#include <array>

#include "ops/onnx_rules.h"

namespace hcb::internal {
namespace {

constexpr OpRule blind(std::string_view op, std::int64_t since, std::int64_t rate) {
  return {.op = op, .since = since, .grad_outputs = kNoPosition, .rate = rate};
}

Count output_bytes(const OpCall& call) { return call.output(0).bytes(); }

// Reads no contents of its input.
constexpr OpRule shape_only(std::string_view op, std::int64_t since) {
  OpRule rule = blind(op, since, 0);
  rule.bytes = output_bytes;
  return rule;
}

constexpr OpRule random(std::string_view op, std::int64_t since) {
  OpRule rule = shape_only(op, since);
  rule.flags.random = true;
  rule.rate = 1;
  return rule;
}

// Integer products of quantised tensors; the filter stands at another position in each form.
Count quantised_matmul_flops(const OpCall& call) {
  return 2 * call.output(0).elements() * call.input(0).dim(-1);
}

template <std::size_t kFilter>
Count quantised_convolution_flops(const OpCall& call) {
  const auto filter = call.input(kFilter).shape;
  return 2 * call.output(0).elements() * (filter.empty() ? Count(1) : product(filter.subspan(1)));
}

constexpr OpRule with_flops(OpRule rule, Count (*flops)(const OpCall&), std::string_view formula) {
  rule.flops = flops;
  rule.formula = formula;
  return rule;
}

// What it takes depends on the values.
constexpr OpRule uncounted(OpRule rule) {
  rule.uncounted = true;
  return rule;
}

// The same bytes read as another type.
constexpr OpRule kBitCast{
    .op = "BitCast", .since = 26, .grad_outputs = kNoPosition, .view = [](const OpCall&) {
      return true;
    }};

constexpr std::array kRules{
    shape_only("Shape", 1),
    shape_only("Size", 1),
    shape_only("ConstantOfShape", 9),
    shape_only("EyeLike", 9),
    shape_only("Constant", 1),
    blind("Range", 11, 1),
    blind("OneHot", 9, 0),
    blind("NonZero", 9, 1),
    uncounted(blind("Unique", 11, 0)),
    uncounted(blind("NonMaxSuppression", 10, 0)),
    uncounted(blind("ImageDecoder", 20, 0)),
    uncounted(blind("TfIdfVectorizer", 9, 0)),
    kBitCast,
    blind("HannWindow", 17, 4),
    blind("HammingWindow", 17, 4),
    blind("BlackmanWindow", 17, 7),
    blind("MelWeightMatrix", 17, 4),
    random("RandomNormal", 1),
    random("RandomNormalLike", 1),
    random("RandomUniform", 1),
    random("RandomUniformLike", 1),
    random("Bernoulli", 15),
    random("Multinomial", 7),
    blind("QuantizeLinear", 10, 3),
    blind("DequantizeLinear", 10, 2),
    blind("DynamicQuantizeLinear", 11, 4),
    with_flops(blind("MatMulInteger", 10, 0), quantised_matmul_flops, "2 · |Y| · K"),
    with_flops(blind("QLinearMatMul", 10, 0), quantised_matmul_flops, "2 · |Y| · K"),
    with_flops(blind("ConvInteger", 10, 0), quantised_convolution_flops<1>, "2 · |Y| · |W|/M"),
    with_flops(blind("QLinearConv", 10, 0), quantised_convolution_flops<3>, "2 · |Y| · |W|/M"),
};

}  // namespace

std::span<const OpRule> blind_rules() { return kRules; }

}  // namespace hcb::internal
