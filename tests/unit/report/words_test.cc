#include "report/words.h"

#include <doctest/doctest.h>

namespace hcb {
namespace {

TEST_CASE("words: counts of parameters") {
  CHECK(count_text(12'345) == "12,345");
  CHECK(count_text(999'999) == "999,999");
  CHECK(count_text(124'439'808) == "124.4 M");
  CHECK(count_text(1'557'611'200) == "1.56 B");
}

TEST_CASE("words: a budget is never rounded") {
  CHECK(budget_text({.bytes = Bytes{8} << 30}) == "8 GiB");
  CHECK(budget_text({.bytes = Bytes{3} << 29}) == "1.5 GiB");
  CHECK(budget_text({.bytes = 8'000'000'000}) == "8 GB");
  CHECK(budget_text({.bytes = (Bytes{8} << 30) + 1}) == "8589934593 B");
  CHECK(budget_text({.permyriad = 6000}) == "60 %");
  CHECK(budget_text({.permyriad = 6250}) == "62.5 %");
  CHECK(budget_text({.bytes = 100}) == "100 B");
}

TEST_CASE("words: extra time in percent, half up") {
  CHECK(percent_text(0, 1000) == "+0 %");
  CHECK(percent_text(34, 100) == "+34 %");
  CHECK(percent_text(345, 1000) == "+35 %");
  CHECK(percent_text(86, 1000) == "+8.6 %");
  CHECK(percent_text(90, 1000) == "+9 %");
  CHECK(percent_text(4, 1000) == "+0.4 %");
  CHECK(percent_text(1, 2) == "+50 %");
  CHECK(percent_text(7, 2) == "+350 %");
}

TEST_CASE("words: times with three digits") {
  CHECK(time_text(0) == "0 ns");
  CHECK(time_text(870'000) == "870 us");
  CHECK(time_text(3'410'000'000) == "3.41 s");
  CHECK(time_text(999'600) == "1.00 ms");
  CHECK(time_text(21'240'000) == "21.2 ms");
}

TEST_CASE("words: ratios") {
  CHECK(ratio_text(31, 10) == "3.10x");
  CHECK(ratio_text(123, 10) == "12.3x");
}

TEST_CASE("words: options as a person types them") {
  Options options;
  CHECK(option_words(options).empty());
  options.dims = {{"batch", 8}, {"seq len", 1024}};
  options.memory_budget = Budget{.bytes = Bytes{8} << 30};
  options.inference = true;
  CHECK(option_words(options) ==
        " --dim batch=8 --dim 'seq len=1024' --inference --memory-budget 8GiB");
}

TEST_CASE("words: what a shell would take apart is quoted") {
  CHECK(shell_word("gpt2.onnx") == "gpt2.onnx");
  CHECK(shell_word("my model.onnx") == "'my model.onnx'");
  CHECK(shell_word("it's") == "'it'\\''s'");
  CHECK(shell_word("") == "''");
}

TEST_CASE("words: plurals") {
  CHECK(plural(1, "node") == "1 node");
  CHECK(plural(1204, "node") == "1,204 nodes");
}

}  // namespace
}  // namespace hcb
