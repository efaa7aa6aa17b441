// Normalisations: 8 FLOPs per element forward, 11 backward, statistics in float32.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

const std::vector<Attribute> kThreeGroups{{"num_groups", std::int64_t{3}}};
const std::vector<Attribute> kSize5{{"size", std::int64_t{5}}};
const std::vector<Attribute> kFromAxis1{{"axis", std::int64_t{1}}};

}  // namespace

std::vector<OpCase> norm_cases() {
  return {
      // 2·3·4·4 = 96 elements, 384 bytes; 3 channels.
      {"BatchNormalization", "*x:2x3x4x4 #s:3 #b:3 #m:3 #v:3", "y:2x3x4x4",
       "effect params[s b] buffers[m v] stash[mean:12 rstd:12] reads[x s mean rstd] "
       "makes[x:384 s:12 b:12] flops[768/1056]"},
      {"BatchNormalization", "x:2x3x4x4 #s:3 #b:3 #m:3 #v:3", "y:2x3x4x4",
       "effect params[s b] buffers[m v] stash[mean:12 rstd:12] reads[x mean rstd] "
       "makes[s:12 b:12] flops[768/1056]"},
      // Old files declare outputs for the statistics; nobody reads them.
      {"BatchNormalization",
       "*x:2x3x4x4 #s:3 #b:3 #m:3 #v:3",
       "y:2x3x4x4 a:3 b1:3 c:3 d:3",
       "effect params[s b] buffers[m v] stash[mean:12 rstd:12] reads[x s mean rstd] "
       "makes[x:384 s:12 b:12] flops[768/1056]",
       {},
       9},
      {"InstanceNormalization", "*x:2x3x4x4 #s:3 #b:3", "y:2x3x4x4",
       "params[s b] stash[mean:24 rstd:24] reads[x s mean rstd] makes[x:384 s:12 b:12] "
       "flops[768/1056]"},
      {"GroupNormalization", "*x:2x6x4x4 #s:6 #b:6", "y:2x6x4x4",
       "params[s b] stash[mean:24 rstd:24] reads[x s mean rstd] makes[x:768 s:24 b:24] "
       "flops[1536/2112]",
       kThreeGroups},
      // 6 rows of 4.
      {"LayerNormalization", "*x:2x3x4 #s:4 #b:4", "y:2x3x4",
       "params[s b] stash[mean:24 rstd:24] reads[x s mean rstd] makes[x:96 s:16 b:16] "
       "flops[192/264]"},
      // 2 rows of 12.
      {"LayerNormalization", "*x:2x3x4 #s:3x4", "y:2x3x4",
       "params[s] stash[mean:8 rstd:8] reads[x s mean rstd] makes[x:96 s:48] flops[192/264]",
       kFromAxis1},
      {"LayerNormalization", "*x:2x3x4 #s:4 #b:4", "y:2x3x4 m:2x3x1 r:2x3x1",
       "params[s b] reads[x s m r] makes[x:96 s:16 b:16] flops[192/264]"},
      {"LayerNormalization", "x:2x3x4 s:4 #b:4", "y:2x3x4", "params[b] makes[b:16] flops[192/24]"},
      {"LayerNormalization", "*x:2x3:float16 s:3:float16", "y:2x3:float16",
       "stash[mean:8 rstd:8] reads[x s mean rstd] makes[x:12] flops[48/66]"},
      {"LayerNormalization", "*x:2x3:float64 s:3:float64", "y:2x3:float64",
       "stash[mean:16 rstd:16] reads[x s mean rstd] makes[x:48] flops[48/66]"},
      {"RMSNormalization", "*x:2x3x4 #s:4", "y:2x3x4",
       "params[s] stash[rstd:24] reads[x s rstd] makes[x:96 s:16] flops[96/192]"},
      {"LpNormalization", "*x:2x3", "y:2x3", "reads[x] makes[x:24] flops[18/42]"},
      // Over batch, height and width: 3 statistics.
      {"MeanVarianceNormalization", "*x:2x3x4x4", "y:2x3x4x4",
       "stash[rstd:12] reads[y rstd] makes[x:384] flops[576/672]"},
      // 32 elements, 5 + 4 and 2·5 + 9 operations, and room for the scale.
      {"LRN", "*x:1x2x4x4", "y:1x2x4x4", "reads[x] makes[x:128] flops[288/608] workspace[128/128]",
       kSize5},
  };
}

TEST_CASE("normalisations") { check_cases(norm_cases()); }

}  // namespace hcb::test
