// Products: one multiply-add is two FLOPs.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

using Ints = std::vector<std::int64_t>;

const std::vector<Attribute> kTransposed{{"transB", std::int64_t{1}}};
const std::vector<Attribute> kHalf{{"beta", 0.5}};
const std::vector<Attribute> kDepthwise{{"group", std::int64_t{4}}};

std::vector<Attribute> equation(const std::string& text) { return {{"equation", text}}; }

}  // namespace

std::vector<OpCase> contraction_cases() {
  return {
      // 2·6·4 = 48 FLOPs, the same again for each gradient.
      {"MatMul", "*a:2x4 *b:4x3", "y:2x3", "reads[a b] makes[a:32 b:48] flops[48/96]"},
      {"MatMul", "*a:2x4 b:4x3", "y:2x3", "reads[b] makes[a:32] flops[48/48]"},
      {"MatMul", "a:2x4 #w:4x3", "y:2x3", "params[w] reads[a] makes[w:48] flops[48/48]"},
      {"MatMul", "#h:2x4 #w:4x3", "y:2x3", "params[w] reads[h] makes[w:48] flops[48/48]"},
      {"MatMul", "#w:2x4 *b:4x3", "y:2x3", "params[w] reads[w b] makes[w:32 b:48] flops[48/96]"},
      // A matrix beside a stack needs no temporary; a stack of one broadcast to five does: 5·4·3·4.
      {"MatMul", "*a:5x2x4 *b:4x3", "y:5x2x3", "reads[a b] makes[a:160 b:48] flops[240/480]"},
      {"MatMul", "*a:5x2x4 *b:1x4x3", "y:5x2x3",
       "reads[a b] makes[a:160 b:48] flops[240/480] workspace[0/240]"},
      // Frequencies times positions: no weights there.
      // b for each of 2·5 products is a copy, 480 bytes; beside 1x1 it is read in place.
      {"MatMul", "*a:2x5x2x4 *b:1x5x4x3", "y:2x5x2x3",
       "reads[a b] makes[a:320 b:240] flops[480/960] workspace[480/480]"},
      {"MatMul", "*a:2x5x2x4 b:5x4x3", "y:2x5x2x3",
       "reads[b] makes[a:320] flops[480/480] workspace[480/0]"},
      {"MatMul", "*a:2x5x2x4 b:1x1x4x3", "y:2x5x2x3", "reads[b] makes[a:320] flops[480/480]"},
      {"MatMul", "#f:1x4x1 p:1x1x6", "y:1x4x6", "flops[48/0] no gradient"},
      // 48 for the product, 6 for the bias; dx 48, dw 48, db 6.
      {"Gemm", "*x:2x4 #w:3x4 #b:3", "y:2x3",
       "params[w b] reads[x w] makes[x:32 w:48 b:12] flops[54/102]", kTransposed},
      {"Gemm", "x:2x4 #w:3x4 #b:3", "y:2x3", "params[w b] reads[x] makes[w:48 b:12] flops[54/54]",
       kTransposed},
      {"Gemm", "*x:2x4 w:4x3", "y:2x3", "reads[w] makes[x:32] flops[48/48]"},
      // A summand of the output's shape gets the gradient itself, unless it was scaled.
      {"Gemm", "*x:2x4 w:4x3 *c:2x3", "y:2x3", "reads[w] makes[x:32 c=y] flops[54/48]"},
      {"Gemm", "*x:2x4 w:4x3 *c:2x3", "y:2x3", "reads[w] makes[x:32 c:24] flops[54/54]", kHalf},
      // 48 outputs of 18 products: 2·48·18 = 1728, and 48 for the bias.
      {"Conv", "*x:1x2x4x4 #w:3x2x3x3 #b:3", "y:1x3x4x4",
       "params[w b] reads[x w] makes[x:128 w:216 b:12] flops[1776/3504]"},
      {"Conv", "x:1x2x4x4 #w:3x2x3x3", "y:1x3x4x4",
       "params[w] reads[x] makes[w:216] flops[1728/1728]"},
      // Depthwise: 64 outputs of 9 products.
      {"Conv", "*x:1x4x4x4 #w:4x1x3x3", "y:1x4x4x4",
       "params[w] reads[x w] makes[x:256 w:144] flops[1152/2304]", kDepthwise},
      // 8 inputs of 12 products: 2·8·12 = 192, and 48 for the bias.
      {"ConvTranspose", "*x:1x2x2x2 #w:2x3x2x2 #b:3", "y:1x3x4x4",
       "params[w b] reads[x w] makes[x:32 w:96 b:12] flops[240/432]"},
      // 1728 as above, and 8 for each of 1·9·16 places in 2 channels: 2304.
      {"DeformConv", "*x:1x2x4x4 #w:3x2x3x3 *o:1x18x4x4", "y:1x3x4x4",
       "params[w] reads[x w o] makes[x:128 w:216 o:1152] flops[4032/8064]"},
      {"Einsum", "*a:2x4 *b:4x3", "y:2x3", "reads[a b] makes[a:32 b:48] flops[48/96]",
       equation("ij,jk->ik")},
      {"Einsum", "*a:2x4 b:4x3", "y:2x3", "reads[b] makes[a:32] flops[48/48]",
       equation("ij, jk -> ik")},
      {"Einsum", "*a:5x2x4 #w:4x3", "y:5x2x3",
       "params[w] reads[a w] makes[a:160 w:48] flops[240/480]", equation("...ij,jk->...ik")},
      {"Einsum", "*x:3x3", "y:3", "makes[x:36] flops[3/3]", equation("ii->i")},
      // Two 3x3 matrices: 2/3·27 each; back 2·27 each.
      {"Det", "*x:2x3x3", "y:2", "reads[x y] makes[x:72] flops[36/108]"},
  };
}

TEST_CASE("products") { check_cases(contraction_cases()); }

}  // namespace hcb::test
