// Attention and what stands beside it in linear attention.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

const std::vector<Attribute> kTwoHeads{{"q_num_heads", std::int64_t{2}},
                                       {"kv_num_heads", std::int64_t{2}}};
const std::vector<Attribute> kActivated{{"activation", std::string("silu")}};

// Four heads of queries, two of keys.
std::vector<Attribute> grouped(const std::string& rule, std::int64_t chunk = 64) {
  return {{"q_num_heads", std::int64_t{4}},
          {"kv_num_heads", std::int64_t{2}},
          {"update_rule", rule},
          {"chunk_size", chunk}};
}

}  // namespace

std::vector<OpCase> attention_cases() {
  return {
      // 8 queries, 6 keys, widths 8 + 8: 8·6·(2·16 + 5); 8·6·(5·16 + 9) back. 8 log-sum-exps.
      {"Attention", "*q:1x2x4x8 *k:1x2x6x8 *v:1x2x6x8", "y:1x2x4x8",
       "stash[log_sum_exp:32] reads[q k v y log_sum_exp] makes[q:256 k:384 v:384] "
       "flops[1776/4272]"},
      {"Attention", "*q:1x4x16 *k:1x6x16 *v:1x6x16 m:4x6", "y:1x4x16",
       "stash[log_sum_exp:32] reads[q k v m y log_sum_exp] makes[q:256 k:384 v:384] "
       "flops[1776/4272]",
       kTwoHeads},
      // 4 of the keys come from before.
      {"Attention", "*q:1x2x4x8 *k:1x2x2x8 *v:1x2x2x8 - pk:1x2x4x8 pv:1x2x4x8", "y:1x2x4x8",
       "stash[log_sum_exp:32] reads[q k v pk pv y log_sum_exp] makes[q:256 k:128 v:128] "
       "flops[1776/4272]"},
      {"Attention", "*q:1x2x4x8 *k:1x2x6x8 *v:1x2x6x8 - - - n:1:int64", "y:1x2x4x8",
       "stash[log_sum_exp:32] reads[q k v n y log_sum_exp] makes[q:256 k:384 v:384] "
       "flops[1776/4272]"},
      {"FlexAttention",
       "*q:1x2x4x8 *k:1x2x6x8 *v:1x2x6x8",
       "y:1x2x4x8",
       "stash[log_sum_exp:32] reads[q k v y log_sum_exp] makes[q:256 k:384 v:384] "
       "flops[1776/4272]",
       {},
       1,
       "ai.onnx.preview"},
      // 5 positions, 10 states of 3x4, 20 queries: 10·(2·12) + 20·(2·12 + 4); back 240 + 2·800. The
      // two states before the only chunk are 96 bytes.
      {"LinearAttention", "*q:1x5x12 *k:1x5x6 *v:1x5x8", "y:1x5x16 s:1x2x3x4",
       "reads[q k v] makes[q:240 k:120 v:160] flops[800/1840] workspace[0/96]", grouped("linear")},
      // Decay 12, Sᵀk 24, difference and rate 8: 10·(24 + 12 + 24 + 8) + 560; back 680 + 2·1240.
      // Chunks of 2: 3 of them.
      {"LinearAttention", "*q:1x5x12 *k:1x5x6 *v:1x5x8 - *g:1x5x2 *b:1x5x2", "y:1x5x16 s:1x2x3x4",
       "reads[q k v g b] makes[q:240 k:120 v:160 g:40 b:40] flops[1240/3160] workspace[0/288]",
       grouped("gated_delta", 2)},
      {"LinearAttention", "*q:1x5x12 *k:1x5x6 *v:1x5x8 - *g:1x5x2", "y:1x5x16 s:1x2x3x4",
       "reads[q k v g] makes[q:240 k:120 v:160 g:40] flops[920/2200] workspace[0/96]",
       grouped("gated")},
      {"LinearAttention", "*q:1x5x12 *k:1x5x6 *v:1x5x8 - - *b:1x5x2", "y:1x5x16 s:1x2x3x4",
       "reads[q k v b] makes[q:240 k:120 v:160 b:40] flops[1120/2800] workspace[0/96]",
       grouped("delta")},
      // 24 elements, filters of 3: 24·2·3 + 24; back 2·144 + 24.
      {"CausalConvWithState", "*x:1x4x6 #w:4x1x3 #b:4", "y:1x4x6 s:1x4x2",
       "params[w b] reads[x w] makes[x:96 w:48 b:16] flops[168/312]"},
      {"CausalConvWithState", "x:1x4x6 #w:4x1x3 - p:1x4x2", "y:1x4x6 s:1x4x2",
       "params[w] reads[x p] makes[w:48] flops[144/144]"},
      // silu: 4 per element; back the convolution again and 6 per element.
      {"CausalConvWithState", "*x:1x4x6 #w:4x1x3 #b:4", "y:1x4x6 s:1x4x2",
       "params[w b] reads[x w b] makes[x:96 w:48 b:16] flops[264/600]", kActivated},
  };
}

TEST_CASE("attention") { check_cases(attention_cases()); }

}  // namespace hcb::test
