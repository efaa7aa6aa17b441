// Reductions of 2x3 float32 (6 elements, 24 bytes) over the last axis, scans, softmax, losses.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

OpCase reduce(const std::string& op, const std::string& expected) {
  return {op, "*x:2x3", "y:2x1", expected};
}

}  // namespace

std::vector<OpCase> reduction_cases() {
  return {
      reduce("ReduceSum", "makes[x:24] flops[6/6]"),
      reduce("ReduceMean", "makes[x:24] flops[6/6]"),
      reduce("ReduceMax", "reads[x y] makes[x:24] flops[6/6]"),
      reduce("ReduceMin", "reads[x y] makes[x:24] flops[6/6]"),
      reduce("ReduceProd", "reads[x y] makes[x:24] flops[6/6]"),
      reduce("ReduceL1", "reads[x] makes[x:24] flops[12/12]"),
      reduce("ReduceL2", "reads[x y] makes[x:24] flops[12/12]"),
      reduce("ReduceLogSum", "reads[x] makes[x:24] flops[12/12]"),
      reduce("ReduceLogSumExp", "reads[x y] makes[x:24] flops[12/12]"),
      reduce("ReduceSumSquare", "reads[x] makes[x:24] flops[12/12]"),
      {"CumSum", "*x:2x3 #a:scalar:int64", "y:2x3", "makes[x:24] flops[6/6]"},
      {"CumProd", "*x:2x3 #a:scalar:int64", "y:2x3", "reads[x y] makes[x:24] flops[6/6]"},
      {"Softmax", "*x:2x3", "y:2x3", "reads[y] makes[x:24] flops[30/24]"},
      {"LogSoftmax", "*x:2x3", "y:2x3", "reads[y] makes[x:24] flops[30/24]"},
      {"TopK", "*x:2x3 #k:1:int64", "v:2x1 i:2x1:int64", "reads[i] makes[x:24] flops[6/6]"},
      // 4 rows of 10 classes: the log probabilities take 160 bytes, declared or not.
      {"SoftmaxCrossEntropyLoss", "*x:4x10 t:4:int64", "loss:scalar",
       "stash[log_prob:160] reads[t log_prob] makes[x:160] flops[200/120]"},
      {"SoftmaxCrossEntropyLoss", "*x:4x10 t:4:int64 w:10", "loss:scalar p:4x10",
       "reads[t w p] makes[x:160] flops[200/120]"},
      {"NegativeLogLikelihoodLoss", "*x:4x10 t:4:int64", "loss:scalar",
       "reads[t] makes[x:160] flops[40/40]"},
      {"ArgMax", "*x:2x3", "i:2x1:int64", "flops[6/0] no gradient"},
      {"ArgMin", "*x:2x3", "i:2x1:int64", "flops[6/0] no gradient"},
      {"Hardmax", "*x:2x3", "y:2x3", "flops[6/0] no gradient"},
  };
}

TEST_CASE("reductions") { check_cases(reduction_cases()); }

}  // namespace hcb::test
