// Ops that move elements: 0 FLOPs forward unless they interpolate. 2x3 float32 is 24 bytes.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

const std::vector<Attribute> kLinear{{"mode", std::string("linear")}};
const std::vector<Attribute> kMultiply{{"reduction", std::string("mul")}};

}  // namespace

std::vector<OpCase> movement_cases() {
  return {
      {"Identity", "*x:2x3", "y:2x3", "view makes[x=y] flops[0/0]"},
      {"Reshape", "*x:2x3 #s:1:int64", "y:6", "view makes[x=y] flops[0/0]"},
      {"Flatten", "*x:2x3", "y:2x3", "view makes[x=y] flops[0/0]"},
      {"Squeeze", "*x:1x3 #a:1:int64", "y:3", "view makes[x=y] flops[0/0]"},
      {"Unsqueeze", "*x:3 #a:1:int64", "y:1x3", "view makes[x=y] flops[0/0]"},
      // An activation is copied; a constant is read in either layout.
      {"Transpose", "*x:2x3", "y:3x2", "makes[x:24] flops[0/0]"},
      {"Transpose", "#w:2x3", "y:3x2", "view flops[0/0] no gradient"},
      {"Slice", "*x:2x3 #b:1:int64 #e:1:int64", "y:1x3", "makes[x:24] flops[0/0]"},
      {"DepthToSpace", "*x:1x4x2x2", "y:1x1x4x4", "makes[x:64] flops[0/0]"},
      {"SpaceToDepth", "*x:1x1x4x4", "y:1x4x2x2", "makes[x:64] flops[0/0]"},
      {"Trilu", "*x:3x3", "y:3x3", "makes[x:36] flops[0/0]"},
      {"Pad", "*x:2x3 #p:4:int64", "y:4x3", "makes[x:24] flops[0/0]"},
      {"CenterCropPad", "*x:4x3 #s:2:int64", "y:2x3", "makes[x:48] flops[0/0]"},
      {"Concat", "*a:2x3 *b:1x3", "y:3x3", "makes[a:24 b:12] flops[0/0]"},
      {"Concat", "*a:2x3 #b:1x3", "y:3x3", "params[b] makes[a:24 b:12] flops[0/0]"},
      {"Concat", "a:2x3 #b:1x3", "y:3x3", "flops[0/0] no gradient"},
      {"Split", "*x:4x3", "a:2x3 b:2x3", "makes[x:48] flops[0/0]"},
      // The gradient sums 6 elements down to 3.
      {"Expand", "*x:1x3 #s:2:int64", "y:2x3", "makes[x:12] flops[0/6]"},
      {"Expand", "*x:2x3 #s:2:int64", "y:2x3", "view makes[x=y] flops[0/0]"},
      {"Tile", "*x:1x3 #r:2:int64", "y:2x3", "makes[x:12] flops[0/6]"},
      // 16 elements are added into 9.
      {"Col2Im", "*x:1x4x4 #i:2:int64 #b:2:int64", "y:1x1x3x3", "makes[x:64] flops[16/0]"},
      // The gradient of a table is dense: 10·4·4 bytes.
      {"Gather", "#t:10x4 i:2x3:int64", "y:2x3x4", "params[t] reads[i] makes[t:160] flops[0/24]"},
      {"GatherElements", "*x:2x3 i:2x2:int64", "y:2x2", "reads[i] makes[x:24] flops[0/4]"},
      {"OptionalGetElement", "*x:2x3", "y:2x3", "view makes[x=y] flops[0/0]"},
      {"GatherND", "*x:2x3 i:4x2:int64", "y:4", "reads[i] makes[x:24] flops[0/4]"},
      {"GatherND", "#w:4x3 i:2x1:int64", "y:2x3", "params[w] reads[i] makes[w:48] flops[0/6]"},
      {"Compress", "*x:2x3 c:2:bool", "y:1x3", "reads[c] makes[x:24] flops[0/3]"},
      {"ReverseSequence", "*x:2x3 l:3:int64", "y:2x3", "reads[l] makes[x:24] flops[0/6]"},
      {"Scatter",
       "*x:4x3 i:2x3:int64 *u:2x3",
       "y:4x3",
       "reads[i] makes[x:48 u:24] flops[0/24]",
       {},
       9},
      {"ScatterElements", "*x:4x3 i:2x3:int64 *u:2x3", "y:4x3",
       "reads[i] makes[x:48 u:24] flops[0/24]"},
      {"ScatterElements", "*x:4x3 i:2x3:int64 *u:2x3", "y:4x3",
       "reads[x i u y] makes[x:48 u:24] flops[0/24]", kMultiply},
      {"ScatterND", "*x:4x3 i:2x1:int64 u:2x3", "y:4x3", "reads[i] makes[x:48] flops[0/12]"},
      {"TensorScatter", "*c:1x8x4 *u:1x2x4 w:1:int64", "y:1x8x4",
       "reads[w] makes[c:128 u:32] flops[0/0]"},
      // 16 output elements, 8 operations each where they are interpolated.
      {"Resize", "*x:1x1x2x2 - #s:4", "y:1x1x4x4", "makes[x:16] flops[0/16]"},
      {"Resize", "*x:1x1x2x2 - #s:4", "y:1x1x4x4", "makes[x:16] flops[128/128]", kLinear},
      {"Upsample", "*x:1x1x2x2 #s:4", "y:1x1x4x4", "makes[x:16] flops[0/16]", {}, 9},
  };
}

TEST_CASE("ops that move elements") { check_cases(movement_cases()); }

}  // namespace hcb::test
