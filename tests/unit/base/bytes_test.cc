#include "base/bytes.h"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

namespace hcb {
namespace {

constexpr Bytes kMost = INT64_MAX;

TEST_CASE("checked arithmetic reports overflow instead of wrapping") {
  CHECK(checked_add(2, 3) == 5);
  CHECK(checked_add(kMost, 0) == kMost);
  CHECK(checked_add(kMost, 1) == std::nullopt);
  CHECK(checked_add(INT64_MIN, -1) == std::nullopt);
  CHECK(checked_mul(6, 7) == 42);
  CHECK(checked_mul(Bytes{1} << 31, Bytes{1} << 31) == (Bytes{1} << 62));
  CHECK(checked_mul(Bytes{1} << 32, Bytes{1} << 31) == std::nullopt);
}

TEST_CASE("round_up goes to the next multiple") {
  CHECK(round_up(0, 512) == 0);
  CHECK(round_up(1, 512) == 512);
  CHECK(round_up(512, 512) == 512);
  CHECK(round_up(513, 512) == 1024);
  CHECK(round_up(7, 1) == 7);
  CHECK(round_up(7, 3) == 9);
  CHECK(round_up(kMost - 511, 512) == kMost - 511);
  CHECK(round_up(kMost - 510, 512) == std::nullopt);
}

TEST_CASE("sizes: IEC, SI, bare bytes, exact fractions") {
  struct Case {
    const char* text;
    Bytes bytes;
  };
  for (const auto& [text, bytes] : {Case{"0", 0},
                                    {"4096", 4096},
                                    {"4096B", 4096},
                                    {"512KiB", 524'288},
                                    {"512KB", 512'000},
                                    {"512kB", 512'000},
                                    {"8MiB", 8'388'608},
                                    {"8GiB", 8'589'934'592},
                                    {"8GB", 8'000'000'000},
                                    {"2TiB", 2'199'023'255'552},
                                    {"2TB", 2'000'000'000'000},
                                    {"1PiB", 1'125'899'906'842'624},
                                    {"7EiB", 8'070'450'532'247'928'832},
                                    {"1.5GiB", 1'610'612'736},
                                    {"0.1GiB", 107'374'182},  // 107374182.4 down
                                    {"8.1GB", 8'100'000'000},
                                    {".5KiB", 512},
                                    {"1.9B", 1},
                                    {"9223372036854775807", kMost}}) {
    CAPTURE(text);
    const auto parsed = parse_bytes(text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == bytes);
  }
}

TEST_CASE("sizes that are refused say why and what to write") {
  struct Case {
    const char* text;
    const char* message;
  };
  for (const auto& [text, message] :
       {Case{"8G", "size '8G': 'G' is ambiguous, write GiB or GB"},
        {"8g", "size '8g': 'G' is ambiguous, write GiB or GB"},
        {"512k", "size '512k': 'K' is ambiguous, write KiB or KB"},
        {"1.5M", "size '1.5M': 'M' is ambiguous, write MiB or MB"},
        {"", "size '': not a number"},
        {".", "size '.': not a number"},
        {"GiB", "size 'GiB': not a number"},
        {"-1", "size '-1': not a number"},
        {" 1", "size ' 1': not a number"},
        {"8 GiB", "size '8 GiB': unknown unit ' GiB'"},
        {"8GIB", "size '8GIB': unknown unit 'GIB'"},
        {"1.2.3", "size '1.2.3': unknown unit '.3'"},
        {"8EiB", "size '8EiB': larger than 2^63 - 1 bytes"},
        {"9223372036854775808", "size '9223372036854775808': larger than 2^63 - 1 bytes"},
        {"999999999999999999999999PiB",
         "size '999999999999999999999999PiB': larger than 2^63 - 1 bytes"},
        {"9999999999999999999999999", "size '9999999999999999999999999': more than 24 digits"}}) {
    CAPTURE(text);
    const auto parsed = parse_bytes(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().kind == ErrorKind::usage);
    CHECK(parsed.error().message == message);
    CHECK(parsed.error().help == "write 8GiB (2^30), 8GB (10^9) or plain bytes, e.g. 8589934592");
  }
}

TEST_CASE("sizes for people: three digits, IEC") {
  struct Case {
    Bytes bytes;
    const char* text;
  };
  constexpr Bytes kKiB = 1024, kMiB = 1024 * kKiB, kGiB = 1024 * kMiB;
  for (const auto& [bytes, text] : {Case{0, "0 B"},
                                    {512, "512 B"},
                                    {1023, "1023 B"},
                                    {kKiB, "1.00 KiB"},
                                    {kKiB + 512, "1.50 KiB"},
                                    {10 * kKiB - 1, "10.0 KiB"},
                                    {100 * kKiB - 1, "100 KiB"},
                                    {999 * kKiB, "999 KiB"},
                                    {1023 * kKiB, "1023 KiB"},
                                    {kMiB - 1, "1.00 MiB"},
                                    {475 * kMiB, "475 MiB"},
                                    {14 * kGiB + kGiB / 5, "14.2 GiB"},
                                    {kMost, "8.00 EiB"},
                                    {-1536, "-1.50 KiB"},
                                    {INT64_MIN, "-8.00 EiB"}}) {
    CHECK(format_bytes(bytes) == text);
  }
}

TEST_CASE("budgets: bytes or a percentage with up to two decimals") {
  struct Case {
    const char* text;
    Bytes of_ten_thousand;
    const char* written;
  };
  for (const auto& [text, bytes, written] : {Case{"60%", 6'000, "60%"},
                                             {"62.5%", 6'250, "62.5%"},
                                             {"62.50%", 6'250, "62.5%"},
                                             {"62.25%", 6'225, "62.25%"},
                                             {"0.05%", 5, "0.05%"},
                                             {"100%", 10'000, "100%"},
                                             {"250%", 25'000, "250%"},
                                             {"8GiB", 8'589'934'592, "8589934592"},
                                             {"0", 0, "0"}}) {
    CAPTURE(text);
    const auto budget = parse_budget(text);
    REQUIRE(budget.has_value());
    CHECK(budget->of(10'000) == bytes);
    CHECK(format_budget(*budget) == written);
    CHECK(parse_budget(format_budget(*budget)).value() == *budget);
  }
}

TEST_CASE("a percentage of a large peak is exact and rounds down") {
  CHECK(parse_budget("33.33%").value().of(10) == 3);
  CHECK(parse_budget("99.99%").value().of(kMost) == 9'222'449'699'651'090'329);
  CHECK(parse_budget("100%").value().of(kMost) == kMost);
}

TEST_CASE("percentages that are refused") {
  for (const std::string text : {"0%", "0.00%", "-5%", "%", "1.234%", "60 %", "6x%"}) {
    const auto budget = parse_budget(text);
    REQUIRE_FALSE(budget.has_value());
    CHECK(budget.error().kind == ErrorKind::usage);
    CHECK(budget.error().message ==
          "size '" + text + "': not a percentage of the base peak such as 60% or 62.5%");
  }
  CHECK(parse_budget("8G").error().message == "size '8G': 'G' is ambiguous, write GiB or GB");
}

}  // namespace
}  // namespace hcb
