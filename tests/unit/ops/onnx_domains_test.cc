// Ops beside the main domain: no gradient flows through them.
#include <doctest/doctest.h>

#include "support/op_case.h"

namespace hcb::test {
namespace {

OpCase blind(const std::string& domain, const std::string& op, const std::string& inputs,
             const std::string& outputs, std::int64_t flops) {
  return {op, inputs, outputs, "flops[" + std::to_string(flops) + "/0] no gradient", {}, 5, domain};
}

OpCase classical(const std::string& op, const std::string& inputs, const std::string& outputs,
                 std::int64_t flops) {
  return blind("ai.onnx.ml", op, inputs, outputs, flops);
}

OpCase update(const std::string& op, const std::string& inputs, const std::string& outputs,
              std::int64_t flops) {
  return blind("ai.onnx.preview.training", op, inputs, outputs, flops);
}

}  // namespace

std::vector<OpCase> domain_cases() {
  return {
      classical("ArrayFeatureExtractor", "*x:2x3 i:2:int64", "y:2x2", 0),
      classical("Binarizer", "*x:2x3", "y:2x3", 6),
      classical("FeatureVectorizer", "*x:2x3 *y:2x1", "z:2x4", 0),
      classical("Imputer", "*x:2x3", "y:2x3", 6),
      classical("LabelEncoder", "*x:2x3", "y:2x3:int64", 0),
      classical("Normalizer", "*x:2x3", "y:2x3", 18),
      classical("OneHotEncoder", "x:2:int64", "y:2x5", 0),
      classical("Scaler", "*x:2x3", "y:2x3", 12),
      // 2 rows of 3 features against 4 classes, 2 targets.
      classical("LinearClassifier", "*x:2x3", "y:2:int64 z:2x4", 48),
      classical("LinearRegressor", "*x:2x3", "y:2x2", 24),
      classical("SVMClassifier", "*x:2x3", "y:2:int64 z:2x4", 0),
      classical("SVMRegressor", "*x:2x3", "y:2x1", 0),
      classical("TreeEnsemble", "*x:2x3", "y:2x1", 0),
      classical("TreeEnsembleClassifier", "*x:2x3", "y:2:int64 z:2x4", 0),
      classical("TreeEnsembleRegressor", "*x:2x3", "y:2x1", 0),
      update("Gradient", "*x:2x3 *y:2x3", "dx:2x3", 0),
      // One parameter of 6 elements; two states, or one.
      update("Adam", "#r:scalar #t:scalar:int64 x:2x3 g:2x3 v:2x3 h:2x3", "x2:2x3 v2:2x3 h2:2x3",
             90),
      update("Adagrad", "#r:scalar #t:scalar:int64 x:2x3 g:2x3 h:2x3", "x2:2x3 h2:2x3", 54),
      update("Momentum", "#r:scalar #t:scalar:int64 x:2x3 g:2x3 v:2x3", "x2:2x3 v2:2x3", 42),
  };
}

TEST_CASE("ops beside the main domain") { check_cases(domain_cases()); }

}  // namespace hcb::test
