// Recurrent layers over 5 steps, batch 2, 3 inputs, 4 hidden: 10 cells.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {

std::vector<OpCase> rnn_cases() {
  return {
      // 16 gate rows. Forward 10·(2·16·7 + 2·16 + 9·4); backward 10·(2·16·4 + 18·4) and, of x, w, r
      // and b, 10·(2·16·3 + 2·16·3 + 2·16·4 + 16). Reserve 10·(4 + 1)·4 numbers.
      {"LSTM", "*x:5x2x3 #w:1x16x3 #r:1x16x4 #b:1x32", "y:5x1x2x4",
       "params[w r b] stash[reserve:800] reads[x w r y reserve] "
       "makes[x:120 w:192 r:256 b:128] flops[2920/5360]"},
      // The model asks for the last state only: every h goes into the reserve.
      {"LSTM", "*x:5x2x3 #w:1x16x3 #r:1x16x4 #b:1x32", "- h:1x2x4",
       "params[w r b] stash[reserve:960] reads[x w r reserve] "
       "makes[x:120 w:192 r:256 b:128] flops[2920/5360]"},
      // Nothing below is trained: no dx, so w is not read. The initial states are.
      {"LSTM", "x:5x2x3 #w:1x16x3 #r:1x16x4 - - h0:1x2x4 c0:1x2x4", "y:5x1x2x4",
       "params[w r] stash[reserve:800] reads[x r h0 c0 y reserve] makes[w:192 r:256] "
       "flops[2920/4240]"},
      // 12 gate rows: 10·(2·12·7 + 2·12 + 9·4); 10·(96 + 72 + 72 + 72 + 96 + 12).
      {"GRU", "*x:5x2x3 #w:1x12x3 #r:1x12x4 #b:1x24", "y:5x1x2x4",
       "params[w r b] stash[reserve:640] reads[x w r y reserve] makes[x:120 w:144 r:192 b:96] "
       "flops[2280/4200]"},
      // 4 rows: 10·(2·4·7 + 2·4 + 4); 10·(32 + 8 + 24 + 24 + 32 + 4). The output is enough.
      {"RNN", "*x:5x2x3 #w:1x4x3 #r:1x4x4 #b:1x8", "y:5x1x2x4",
       "params[w r b] reads[x w r y] makes[x:120 w:48 r:64 b:32] flops[680/1240]"},
      // Bodies are opaque: everything is read.
      {"If", "c:1:bool *x:2x3", "y:2x3", "reads[c x y] makes[x:24] flops[0/0]"},
      {"Loop", "n:1:int64 c:1:bool *x:2x3", "y:2x3", "reads[n c x y] makes[x:24] flops[0/0]"},
      {"Scan", "*x:2x3", "y:2x3", "reads[x y] makes[x:24] flops[0/0]"},
  };
}

TEST_CASE("recurrent layers and control flow") { check_cases(rnn_cases()); }

}  // namespace hcb::test
