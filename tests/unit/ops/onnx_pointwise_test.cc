// Pointwise rows. Unless said otherwise a tensor is 2x3 float32: 6 elements, 24 bytes.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

// y = f(x) on 6 elements.
OpCase unary(const std::string& op, const std::string& reads, std::int64_t flops,
             std::int64_t grad_flops) {
  const std::string read = reads.empty() ? "" : "reads[" + reads + "] ";
  return {
      op, "*x:2x3", "y:2x3",
      read + "makes[x:24] flops[" + std::to_string(flops) + "/" + std::to_string(grad_flops) + "]"};
}

OpCase step(const std::string& op, const std::string& dtype, bool two) {
  const std::string tail = ":2x3" + dtype;
  return {op, two ? "a" + tail + " b" + tail : "a" + tail, "y:2x3:bool", "flops[6/0] no gradient"};
}

const std::vector<Attribute> kFmod{{"fmod", std::int64_t{1}}};
const std::vector<Attribute> kNoRatio{{"ratio", 0.0}};
const std::string kNothing;

}  // namespace

std::vector<OpCase> pointwise_cases() {
  return {
      unary("Relu", "y", 6, 6),
      unary("Sigmoid", "y", 18, 18),
      unary("Tanh", "y", 6, 18),
      unary("Exp", "y", 6, 6),
      unary("Sqrt", "y", 6, 12),
      unary("Reciprocal", "y", 6, 18),
      unary("Tan", "y", 6, 18),
      unary("Abs", "x", 6, 12),
      unary("Log", "x", 6, 6),
      unary("Sin", "x", 6, 12),
      unary("Cos", "x", 6, 18),
      unary("Asin", "x", 6, 24),
      unary("Acos", "x", 6, 30),
      unary("Atan", "x", 6, 18),
      unary("Sinh", "x", 6, 12),
      unary("Cosh", "x", 6, 12),
      unary("Asinh", "x", 6, 24),
      unary("Acosh", "x", 6, 24),
      unary("Atanh", "x", 6, 18),
      unary("Erf", "x", 6, 24),
      unary("Gelu", "x", 30, 54),
      unary("Softplus", "x", 18, 24),
      unary("Softsign", "x", 18, 24),
      unary("Elu", "x", 18, 18),
      unary("Selu", "x", 24, 18),
      unary("Celu", "x", 24, 18),
      unary("Mish", "x", 30, 54),
      unary("HardSigmoid", "x", 24, 12),
      unary("HardSwish", "x", 30, 24),
      unary("Swish", "x", 24, 36),
      unary("LeakyRelu", "x", 12, 12),
      unary("ThresholdedRelu", "x", 6, 6),
      unary("Shrink", "x", 12, 6),
      unary("Neg", kNothing, 6, 6),
      {"Clip", "*x:2x3 #lo:scalar #hi:scalar", "y:2x3", "reads[x lo hi] makes[x:24] flops[12/12]"},
      // A cast back; the same tensor; nothing through integers.
      {"Cast", "*x:2x3", "y:2x3:float16", "makes[x:24] flops[6/6]"},
      {"Cast", "*x:2x3", "y:2x3", "view makes[x=y] flops[0/0]"},
      {"Cast", "*x:2x3", "y:2x3:int64", "flops[6/0] no gradient"},
      {"CastLike", "*x:2x3 t:1:float16", "y:2x3:float16", "makes[x:24] flops[6/6]"},
      // g itself, or g summed over the rows.
      {"Add", "*a:2x3 *b:2x3", "y:2x3", "makes[a=y b=y] flops[6/0]"},
      {"Add", "*a:2x3 *b:3", "y:2x3", "makes[a=y b:12] flops[6/6]"},
      {"Sum", "*a:2x3 *b:2x3 *c:3", "y:2x3", "makes[a=y b=y c:12] flops[12/6]"},
      // The subtrahend's gradient is -g: a new tensor, at full size before it is summed.
      {"Sub", "*a:2x3 *b:2x3", "y:2x3", "makes[a=y b:24] flops[6/6]"},
      {"Sub", "*a:2x3 *b:3", "y:2x3", "makes[a=y b:12] flops[6/6] workspace[0/24]"},
      {"Sub", "*a:3 b:2x3", "y:2x3", "makes[a:12] flops[6/6]"},
      {"Mul", "*a:2x3 *b:2x3", "y:2x3", "reads[a b] makes[a:24 b:24] flops[6/12]"},
      {"Mul", "*a:2x3 b:2x3", "y:2x3", "reads[b] makes[a:24] flops[6/6]"},
      {"Mul", "a:2x3 *b:3", "y:2x3", "reads[a] makes[b:12] flops[6/6] workspace[0/24]"},
      {"Mul", "*a:2x3 #b:scalar", "y:2x3", "reads[b] makes[a:24] flops[6/6]"},
      {"Div", "*a:2x3 *b:2x3", "y:2x3", "reads[a b] makes[a:24 b:24] flops[6/36]"},
      {"Div", "*a:2x3 b:2x3", "y:2x3", "reads[b] makes[a:24] flops[6/18]"},
      {"Div", "a:2x3 *b:3", "y:2x3", "reads[a b] makes[b:12] flops[6/18] workspace[0/24]"},
      {"Pow", "*a:2x3 #b:scalar", "y:2x3", "reads[a b] makes[a:24] flops[6/24]"},
      {"Pow", "*a:2x3 *b:2x3", "y:2x3", "reads[a b y] makes[a:24 b:24] flops[6/48]"},
      {"Pow", "a:2x3 *b:2x3", "y:2x3", "reads[a y] makes[b:24] flops[6/24]"},
      {"Mod", "*a:2x3 b:2x3", "y:2x3", "makes[a=y] flops[6/0]", kFmod},
      {"Mod", "*a:2x3 *b:3", "y:2x3", "reads[a b] makes[a=y b:12] flops[6/12] workspace[0/24]",
       kFmod},
      {"Max", "*a:2x3 b:2x3", "y:2x3", "reads[a b] makes[a:24] flops[6/6]"},
      {"Min", "*a:2x3 *b:3 c:2x3", "y:2x3",
       "reads[a b c] makes[a:24 b:12] flops[12/12] workspace[0/24]"},
      {"Mean", "*a:2x3 *b:3", "y:2x3", "makes[a:24 b:12] flops[12/12] workspace[0/24]"},
      {"Where", "c:2x3:bool *a:2x3 *b:scalar", "y:2x3",
       "reads[c] makes[a:24 b:4] flops[6/12] workspace[0/24]"},
      {"PRelu", "*x:2x3 #s:3", "y:2x3",
       "params[s] reads[x s] makes[x:24 s:12] flops[12/24] workspace[0/24]"},
      {"PRelu", "x:2x3 #s:3", "y:2x3",
       "params[s] reads[x] makes[s:12] flops[12/12] workspace[0/24]"},
      // 1·2·4·8 = 64 elements.
      {"RotaryEmbedding", "*x:1x2x4x8 #c:16x4 #s:16x4 p:1x4:int64", "y:1x2x4x8",
       "reads[c s p] makes[x:256] flops[192/192]"},
      {"SwiGLU", "*a:2x3 *b:2x3", "y:2x3", "reads[a b] makes[a:24 b:24] flops[30/72]"},
      {"SwiGLU", "*a:2x3 b:2x3", "y:2x3", "reads[a b] makes[a:24] flops[30/42]"},
      // One byte of mask per element; a declared one serves where it is bool; without a ratio
      // nothing is dropped.
      {"Dropout", "*x:2x3", "y:2x3", "random stash[mask:6] reads[mask] makes[x:24] flops[12/12]"},
      {"Dropout", "*x:2x3", "y:2x3 m:2x3:bool", "random reads[m] makes[x:24] flops[12/12]"},
      {"Dropout",
       "*x:2x3",
       "y:2x3 m:2x3",
       "random stash[mask:6] reads[mask] makes[x:24] flops[12/12]",
       {},
       7},
      {"Dropout", "*x:2x3", "y:2x3", "view makes[x=y] flops[0/0]", kNoRatio, 9},
      // Constants beside an operand that leads to a parameter are weights, if they are tensors.
      {"Add", "*a:2x3 #b:3", "y:2x3", "params[b] makes[a=y b:12] flops[6/6]"},
      {"Add", "*a:2x3 #b:1", "y:2x3", "makes[a=y] flops[6/0]"},
      {"Add", "a:2x3 #b:3", "y:2x3", "flops[6/0] no gradient"},
      {"Sub", "*a:2x3 #b:3", "y:2x3", "params[b] makes[a=y b:12] flops[6/6] workspace[0/24]"},
      {"Mul", "*a:2x3 #b:3", "y:2x3",
       "params[b] reads[a b] makes[a:24 b:12] flops[6/12] workspace[0/24]"},
      {"Div", "*a:2x3 #b:3", "y:2x3",
       "params[b] reads[a b] makes[a:24 b:12] flops[6/36] workspace[0/24]"},
      // No gradient.
      step("Ceil", "", false),
      step("Floor", "", false),
      step("Round", "", false),
      step("Sign", "", false),
      {"IsNaN", "*x:2x3", "y:2x3:bool", "flops[6/0] no gradient"},
      {"Floor", "*x:2x3", "y:2x3", "flops[6/0] no gradient"},
      step("IsInf", "", false),
      step("Not", ":bool", false),
      step("And", ":bool", true),
      step("Or", ":bool", true),
      step("Xor", ":bool", true),
      step("Equal", "", true),
      step("Greater", "", true),
      step("GreaterOrEqual", "", true),
      step("Less", "", true),
      step("LessOrEqual", "", true),
      step("BitShift", ":uint8", true),
      step("BitwiseAnd", ":int32", true),
      step("BitwiseOr", ":int32", true),
      step("BitwiseXor", ":int32", true),
      step("BitwiseNot", ":int32", false),
  };
}

TEST_CASE("pointwise ops") { check_cases(pointwise_cases()); }

}  // namespace hcb::test
