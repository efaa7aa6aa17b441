// Fourier transforms of 8 points: log2(8) = 3.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

const std::vector<Attribute> kHalf{{"onesided", std::int64_t{1}}};
const std::vector<Attribute> kHalfBack{{"onesided", std::int64_t{1}}, {"inverse", std::int64_t{1}}};

}  // namespace

std::vector<OpCase> signal_cases() {
  return {
      // 5·3·8; 3·3·8 where one side is real.
      {"DFT", "*x:1x8x2", "y:1x8x2", "makes[x:64] flops[120/120]"},
      {"DFT", "*x:1x8x1", "y:1x8x2", "makes[x:32] flops[72/72]"},
      {"DFT", "*x:1x8x1", "y:1x5x2", "makes[x:32] flops[72/72]", kHalf},
      {"DFT", "*x:1x5x2", "y:1x8x1", "makes[x:40] flops[72/72]", kHalfBack},
      {"DFT", "*x:1x8x3x2", "y:1x8x3x2", "makes[x:192] flops[360/360]", {}, 17},
      // 3 frames of 8: 24 products with the window, 3·3·24.
      {"STFT", "*x:1x16x1 #s:scalar:int64 w:8", "y:1x3x5x2", "reads[w] makes[x:64] flops[240/240]"},
      {"STFT", "*x:1x16x1 #s:scalar:int64 *w:8", "y:1x3x5x2",
       "reads[x w] makes[x:64 w:32] flops[240/264]"},
      // One frame of 16 without a window: 3·4·16.
      {"STFT", "*x:1x16x1 #s:scalar:int64", "y:1x1x9x2", "makes[x:64] flops[192/192]"},
  };
}

TEST_CASE("Fourier transforms") { check_cases(signal_cases()); }

}  // namespace hcb::test
