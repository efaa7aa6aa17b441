#include "report/words.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace hcb {
namespace {

struct ByteUnit {
  Bytes bytes;
  std::string_view suffix;
};
constexpr std::array<ByteUnit, 8> kByteUnits{{{Bytes{1} << 40, "TiB"},
                                              {Bytes{1} << 30, "GiB"},
                                              {Bytes{1} << 20, "MiB"},
                                              {Bytes{1} << 10, "KiB"},
                                              {1'000'000'000'000, "TB"},
                                              {1'000'000'000, "GB"},
                                              {1'000'000, "MB"},
                                              {1'000, "kB"}}};

// Quarters of the unit that says it exactly with less than four digits: 8589934592 -> "8" + "GiB";
// else bytes.
std::string exact_size(Bytes bytes, std::string_view between) {
  constexpr std::array<std::string_view, 4> kQuarter{"", ".25", ".5", ".75"};
  for (const ByteUnit& unit : kByteUnits) {
    const Bytes quarter = unit.bytes / 4;
    if (bytes < unit.bytes || bytes % quarter != 0 || bytes / unit.bytes > 9'999) continue;
    return fmt::format("{}{}{}{}", bytes / unit.bytes,
                       kQuarter[static_cast<std::size_t>(bytes / quarter % 4)], between,
                       unit.suffix);
  }
  return fmt::format("{}{}B", bytes, between);
}

std::string three_digits(double value) {
  return fmt::format("{:.{}f}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

// `write` of the option table gives bytes; people type 8GiB.
std::string typed_value(const OptionSpec& option, const Options& options,
                        const std::string& value) {
  if (option.name == "memory-budget" && options.memory_budget->permyriad == 0) {
    return exact_size(options.memory_budget->bytes, "");
  }
  if (option.name == "headroom") return exact_size(options.headroom, "");
  return value;
}

}  // namespace

std::string count_text(std::int64_t count) {
  if (count < 1'000'000) return with_thousands(count);
  if (count < 999'950'000) return fmt::format("{:.1f} M", static_cast<double>(count) / 1e6);
  return fmt::format("{} B", three_digits(static_cast<double>(count) / 1e9));
}

std::string budget_text(const Budget& budget) {
  if (budget.permyriad == 0) return exact_size(budget.bytes, " ");
  std::string text = format_budget(budget);
  text.pop_back();
  return text + " %";
}

std::string budget_words(const Budget& budget, Bytes bytes, Bytes headroom) {
  std::string text = budget_text(budget);
  if (budget.permyriad > 0) text += fmt::format(" of the peak ({})", format_bytes(bytes));
  if (headroom > 0) text += fmt::format(" less {} headroom", budget_text({.bytes = headroom}));
  return text;
}

std::string percent_text(Nanos extra, Nanos base) {
  const auto permille = static_cast<std::int64_t>((static_cast<__int128>(extra) * 2000 + base) /
                                                  (static_cast<__int128>(base) * 2));
  if (permille % 10 == 0 || permille >= 100) return fmt::format("+{} %", (permille + 5) / 10);
  return fmt::format("+{}.{} %", permille / 10, permille % 10);
}

std::string time_text(Nanos time) {
  const auto ns = static_cast<double>(time);
  if (time < 1'000) return fmt::format("{} ns", time);
  if (ns < 999.5e3) return three_digits(ns / 1e3) + " us";
  if (ns < 999.5e6) return three_digits(ns / 1e6) + " ms";
  return three_digits(ns / 1e9) + " s";
}

std::string ratio_text(Bytes a, Bytes b) {
  const double ratio = static_cast<double>(a) / static_cast<double>(b);
  return fmt::format("{:.{}f}x", ratio, ratio < 9.995 ? 2 : 1);
}

std::string costs_words(std::string_view device, std::string_view costs) {
  return costs.empty() ? fmt::format("estimates: device {}", printable(device))
                       : fmt::format("measured: {}", printable(costs));
}

std::string option_words(const Options& options) {
  std::string words;
  for (const OptionSpec& option : option_table()) {
    if (option.group == OptionGroup::strategy) continue;
    for (const std::string& value : option.write(options)) {
      words += fmt::format(" --{}", option.name);
      if (!option.metavar.empty()) words += " " + shell_word(typed_value(option, options, value));
    }
  }
  return words;
}

std::string shell_word(std::string_view word) {
  constexpr std::string_view kSafe =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,:%+@";
  if (!word.empty() && word.find_first_not_of(kSafe) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string plural(std::size_t count, std::string_view thing) {
  return fmt::format("{} {}{}", with_thousands(static_cast<long long>(count)), thing,
                     count == 1 ? "" : "s");
}

}  // namespace hcb
