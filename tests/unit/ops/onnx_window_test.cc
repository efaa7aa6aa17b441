// Pooling and sampling of 1x2x4x4 float32: 32 elements, 128 bytes.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

const std::vector<Attribute> kTwoByTwo{{"kernel_shape", std::vector<std::int64_t>{2, 2}}};

}  // namespace

std::vector<OpCase> window_cases() {
  return {
      // 8 outputs of 4 places; 8 indices of 8 bytes.
      {"MaxPool", "*x:1x2x4x4", "y:1x2x2x2",
       "stash[indices:64] reads[x indices] makes[x:128] flops[32/32]", kTwoByTwo},
      {"MaxPool", "*x:1x2x4x4", "y:1x2x2x2 i:1x2x2x2:int64", "reads[x i] makes[x:128] flops[32/32]",
       kTwoByTwo},
      {"MaxPool", "x:1x2x4x4", "y:1x2x2x2", "flops[32/0] no gradient", kTwoByTwo},
      {"AveragePool", "*x:1x2x4x4", "y:1x2x2x2", "makes[x:128] flops[32/32]", kTwoByTwo},
      {"LpPool", "*x:1x2x4x4", "y:1x2x2x2", "reads[x y] makes[x:128] flops[32/32]", kTwoByTwo},
      {"GlobalMaxPool", "*x:1x2x4x4", "y:1x2x1x1",
       "stash[indices:16] reads[x indices] makes[x:128] flops[32/32]"},
      {"GlobalAveragePool", "*x:1x2x4x4", "y:1x2x1x1", "makes[x:128] flops[32/32]"},
      {"GlobalLpPool", "*x:1x2x4x4", "y:1x2x1x1", "reads[x y] makes[x:128] flops[32/32]"},
      {"MaxUnpool", "*x:1x1x2x2 i:1x1x2x2:int64", "y:1x1x4x4", "reads[i] makes[x:16] flops[0/16]"},
      // 24 outputs; int32 indices.
      {"MaxRoiPool", "*x:1x2x4x4 r:3x5", "y:3x2x2x2",
       "stash[indices:96] reads[r indices] makes[x:128] flops[24/24]"},
      {"RoiAlign", "*x:1x2x4x4 r:3x4 b:3:int64", "y:3x2x2x2",
       "reads[r b] makes[x:128] flops[192/192]"},
      {"GridSample", "*x:1x2x4x4 *g:1x3x3x2", "y:1x2x3x3",
       "reads[x g] makes[x:128 g:72] flops[144/288]"},
      {"GridSample", "*x:1x2x4x4 g:1x3x3x2", "y:1x2x3x3", "reads[g] makes[x:128] flops[144/144]"},
      {"AffineGrid", "*t:1x2x3 #s:4:int64", "y:1x3x3x2", "makes[t:24] flops[108/108]"},
  };
}

TEST_CASE("pooling and sampling") { check_cases(window_cases()); }

}  // namespace hcb::test
