// Symbolic dims as exporters write them.
#include "ingest/onnx_dims.h"

#include <limits>

#include <doctest/doctest.h>

using namespace hcb;

TEST_CASE("dim expressions name their symbols and evaluate under a binding") {
  const DimBinding binding{{"batch", 8},      {"seq", 1023},     {"past.key:0", 5},
                           {"batch-size", 3}, {"batch size", 7}, {"2*odd", 4}};
  struct Case {
    const char* text;
    std::vector<std::string> symbols;
    std::optional<std::int64_t> value;
  };
  const std::vector<Case> cases{
      {"batch", {"batch"}, 8},
      {"2*batch", {"batch"}, 16},
      {"seq + 1", {"seq"}, 1024},
      {"seq+1", {"seq"}, 1024},
      {"seq - 1", {"seq"}, 1022},
      {"seq-1", {"seq"}, 1022},
      {"seq // 2", {"seq"}, 511},
      {"(seq + 1)//2*batch", {"seq", "batch"}, 4096},
      {"batch + 2 * (seq - batch)", {"batch", "seq"}, 8 + 2 * 1015},
      {"batch - 2 - 1", {"batch"}, 5},         // left to right
      {"(1 - batch) // 2 + 5", {"batch"}, 1},  // -7 // 2 = -4: rounds down
      {"past.key:0", {"past.key:0"}, 5},
      {"batch-size", {"batch-size"}, 3},
      {"batch size", {"batch size"}, 7},
      {"2*odd", {"odd"}, 4},  // bound as a whole
      {"floor(seq/2)", {"floor(seq/2)"}, std::nullopt},
      {"seq / 2", {"seq / 2"}, std::nullopt},
      {"(batch", {"(batch"}, std::nullopt},
      {"batch)", {"batch)"}, std::nullopt},
      {"batch +", {"batch +"}, std::nullopt},
      {"3x", {"3x"}, std::nullopt},
      {"99999999999999999999", {"99999999999999999999"}, std::nullopt},
      {"batch + unknown", {"batch", "unknown"}, std::nullopt},
      {"1 - batch", {"batch"}, std::nullopt},  // below zero
      {"seq // (batch - batch)", {"seq", "batch"}, std::nullopt},
      {"9223372036854775807 + batch", {"batch"}, std::nullopt},
      {"9223372036854775807 * batch", {"batch"}, std::nullopt},
      {"", {""}, std::nullopt},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const DimExpression expression = DimExpression::parse(c.text);
    CHECK(expression.symbols() == c.symbols);
    CHECK(expression.evaluate(binding) == c.value);
  }
}

TEST_CASE("a symbol is told from an expression") {
  CHECK(DimExpression::parse("batch").is_symbol());
  CHECK(DimExpression::parse("batch size").is_symbol());
  CHECK_FALSE(DimExpression::parse("2*batch").is_symbol());
  CHECK_FALSE(DimExpression::parse("8").is_symbol());
}

TEST_CASE("a million parentheses are no problem") {
  const std::string deep = std::string(1'000'000, '(') + "n" + std::string(1'000'000, ')');
  CHECK(DimExpression::parse(deep).evaluate({{"n", 4}}) == 4);
}
