// Ops without gradients, also behind an input that leads to a parameter.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

OpCase blind(const std::string& op, const std::string& inputs, const std::string& outputs,
             std::int64_t flops) {
  return {op, inputs, outputs, "flops[" + std::to_string(flops) + "/0] no gradient"};
}

OpCase random(const std::string& op, const std::string& inputs, const std::string& outputs,
              std::int64_t flops) {
  return {op, inputs, outputs, "random flops[" + std::to_string(flops) + "/0] no gradient"};
}

}  // namespace

std::vector<OpCase> blind_cases() {
  return {
      blind("Shape", "*x:2x3", "y:2:int64", 0),
      blind("Size", "*x:2x3", "y:scalar:int64", 0),
      blind("ConstantOfShape", "s:2:int64", "y:2x3", 0),
      blind("EyeLike", "*x:3x3", "y:3x3", 0),
      blind("Constant", "", "y:2x3", 0),
      blind("Range", "a:scalar b:scalar d:scalar", "y:6", 6),
      blind("OneHot", "i:2:int64 #d:scalar:int64 #v:2", "y:2x3", 0),
      blind("NonZero", "*x:2x3", "y:2x4:int64", 8),
      blind("Unique", "*x:6", "y:5", 0),
      blind("NonMaxSuppression", "*b:1x8x4 *s:1x1x8", "y:6x3:int64", 0),
      blind("ImageDecoder", "x:100:uint8", "y:4x4x3:uint8", 0),
      blind("TfIdfVectorizer", "x:2x6:int64", "y:2x7", 0),
      {"BitCast", "*x:2x3", "y:2x3:int32", "view flops[0/0] no gradient"},
      blind("HannWindow", "#n:scalar:int64", "y:6", 24),
      blind("HammingWindow", "#n:scalar:int64", "y:6", 24),
      blind("BlackmanWindow", "#n:scalar:int64", "y:6", 42),
      blind("MelWeightMatrix", "#n:scalar:int64", "y:2x3", 24),
      random("RandomNormal", "", "y:2x3", 6),
      random("RandomNormalLike", "*x:2x3", "y:2x3", 6),
      random("RandomUniform", "", "y:2x3", 6),
      random("RandomUniformLike", "*x:2x3", "y:2x3", 6),
      random("Bernoulli", "*x:2x3", "y:2x3", 6),
      random("Multinomial", "*x:2x3", "y:2x1:int64", 2),
      blind("QuantizeLinear", "*x:2x3 #s:scalar", "y:2x3:uint8", 18),
      blind("DequantizeLinear", "x:2x3:uint8 #s:scalar", "y:2x3", 12),
      blind("DynamicQuantizeLinear", "*x:2x3", "y:2x3:uint8 s:scalar z:scalar:uint8", 24),
      blind("MatMulInteger", "a:2x4:uint8 b:4x3:uint8", "y:2x3:int32", 48),
      blind("QLinearMatMul",
            "a:2x4:uint8 sa:scalar za:scalar:uint8 b:4x3:uint8 sb:scalar zb:scalar:uint8 "
            "sy:scalar zy:scalar:uint8",
            "y:2x3:uint8", 48),
      blind("ConvInteger", "x:1x2x4x4:uint8 w:3x2x3x3:uint8", "y:1x3x4x4:int32", 1728),
      blind("QLinearConv",
            "x:1x2x4x4:uint8 sx:scalar zx:scalar:uint8 w:3x2x3x3:uint8 sw:scalar zw:scalar:uint8 "
            "sy:scalar zy:scalar:uint8",
            "y:1x3x4x4:uint8", 1728),
  };
}

TEST_CASE("ops without gradients") { check_cases(blind_cases()); }

}  // namespace hcb::test
