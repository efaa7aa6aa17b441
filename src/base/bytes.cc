// Sizes are parsed as integer and decimal digits, never through floating point, so that "8.1GiB" is
// the same number of bytes on every machine.
#include "base/bytes.h"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace hcb {
namespace {

struct Unit {
  std::string_view suffix;
  Bytes bytes;
};

constexpr std::array<Unit, 14> kUnits{{{"", 1},
                                       {"B", 1},
                                       {"KiB", Bytes{1} << 10},
                                       {"MiB", Bytes{1} << 20},
                                       {"GiB", Bytes{1} << 30},
                                       {"TiB", Bytes{1} << 40},
                                       {"PiB", Bytes{1} << 50},
                                       {"KB", 1'000},
                                       {"kB", 1'000},
                                       {"MB", 1'000'000},
                                       {"GB", 1'000'000'000},
                                       {"TB", 1'000'000'000'000},
                                       {"PB", 1'000'000'000'000'000},
                                       {"EiB", Bytes{1} << 60}}};

// A decimal number digits / 10^decimals followed by whatever is left.
struct Decimal {
  __int128 digits = 0;
  int decimals = 0;
  std::string_view rest;
};

constexpr int kMostDigits = 24;

std::optional<Decimal> read_decimal(std::string_view text) {
  Decimal number;
  std::size_t i = 0;
  bool any = false;
  bool point = false;
  for (; i < text.size() && i < kMostDigits; ++i) {
    if (text[i] == '.' && !point) {
      point = true;
    } else if (text[i] >= '0' && text[i] <= '9') {
      number.digits = number.digits * 10 + (text[i] - '0');
      number.decimals += point ? 1 : 0;
      any = true;
    } else {
      break;
    }
  }
  if (!any) return std::nullopt;
  number.rest = text.substr(i);
  return number;
}

// floor(number * factor), nullopt when it exceeds 2^63 - 1.
std::optional<Bytes> scale(const Decimal& number, Bytes factor) {
  __int128 product = 0;
  if (__builtin_mul_overflow(number.digits, static_cast<__int128>(factor), &product))
    return std::nullopt;
  for (int i = 0; i < number.decimals; ++i) product /= 10;
  if (product > INT64_MAX) return std::nullopt;
  return static_cast<Bytes>(product);
}

std::unexpected<Error> bad_size(std::string_view text, std::string_view why) {
  return fail(ErrorKind::usage, fmt::format("size '{}': {}", text, why),
              "write 8GiB (2^30), 8GB (10^9) or plain bytes, e.g. 8589934592");
}

bool is_ambiguous(std::string_view suffix) {
  return suffix.size() == 1 &&
         std::string_view("kKmMgGtTpPeE").find(suffix[0]) != std::string_view::npos;
}

}  // namespace

std::optional<Bytes> checked_add(Bytes a, Bytes b) {
  Bytes sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

std::optional<Bytes> checked_mul(Bytes a, Bytes b) {
  Bytes product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::optional<Bytes> round_up(Bytes size, Bytes granularity) {
  const Bytes over = size % granularity;
  return over == 0 ? size : checked_add(size, granularity - over);
}

Result<Bytes> parse_bytes(std::string_view text) {
  const auto number = read_decimal(text);
  if (!number) return bad_size(text, "not a number");
  if (!number->rest.empty() && number->rest[0] >= '0' && number->rest[0] <= '9') {
    return bad_size(text, fmt::format("more than {} digits", kMostDigits));
  }
  if (is_ambiguous(number->rest)) {
    const char given = number->rest[0];
    const char letter = given >= 'a' ? static_cast<char>(given - 'a' + 'A') : given;
    return bad_size(text, fmt::format("'{0}' is ambiguous, write {0}iB or {0}B", letter));
  }
  for (const Unit& unit : kUnits) {
    if (unit.suffix != number->rest) continue;
    const auto bytes = scale(*number, unit.bytes);
    return bytes ? Result<Bytes>(*bytes) : bad_size(text, "larger than 2^63 - 1 bytes");
  }
  return bad_size(text, fmt::format("unknown unit '{}'", number->rest));
}

std::string format_bytes(Bytes size) {
  if (size < 0) return "-" + format_bytes(size == INT64_MIN ? INT64_MAX : -size);
  constexpr std::array<std::string_view, 7> kSuffix{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (size < 1024) return fmt::format("{} B", size);
  double value = static_cast<double>(size);
  std::size_t unit = 0;
  // 1023.5 KiB would print as 1024 KiB.
  while (value >= 1023.5 && unit + 1 < kSuffix.size()) value /= 1024, ++unit;
  // 999.5 and up would print as four digits; 1000 … 1023 keep them.
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}", value, decimals, kSuffix[unit]);
}

Bytes Budget::of(Bytes base_peak) const {
  if (permyriad == 0) return bytes;
  return static_cast<Bytes>(static_cast<__int128>(base_peak) * permyriad / 10'000);
}

Result<Budget> parse_budget(std::string_view text) {
  if (!text.ends_with('%')) {
    HCB_TRY(const Bytes bytes, parse_bytes(text));
    return Budget{.bytes = bytes};
  }
  const auto number = read_decimal(text.substr(0, text.size() - 1));
  if (!number || !number->rest.empty() || number->decimals > 2 || number->digits <= 0 ||
      number->digits > 100'000'000) {
    return bad_size(text, "not a percentage of the base peak such as 60% or 62.5%");
  }
  std::int64_t permyriad = static_cast<std::int64_t>(number->digits);
  for (int i = number->decimals; i < 2; ++i) permyriad *= 10;
  return Budget{.permyriad = permyriad};
}

std::string format_budget(const Budget& budget) {
  if (budget.permyriad == 0) return fmt::format("{}", budget.bytes);
  const auto whole = budget.permyriad / 100;
  const auto cents = budget.permyriad % 100;
  if (cents == 0) return fmt::format("{}%", whole);
  return cents % 10 == 0 ? fmt::format("{}.{}%", whole, cents / 10)
                         : fmt::format("{}.{:02}%", whole, cents);
}

}  // namespace hcb
