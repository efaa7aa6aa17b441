// Small text helpers shared by every message a person reads.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hcb {

// The candidate with the least edit distance (Levenshtein, ASCII letter case ignored) to `word`,
// the first on ties; empty when none is within max(2, |word| / 3). O(|word| · Σ|candidate|).
[[nodiscard]] std::string nearest_match(std::string_view word,
                                        std::span<const std::string> candidates);

// ", did you mean 'x'?" or empty.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

// Control characters and bytes that are not UTF-8 written as \xNN, so that a name from a model is
// safe to print.
[[nodiscard]] std::string printable(std::string_view name);

// 1204 -> "1,204".
[[nodiscard]] std::string with_thousands(long long number);

// "8x1024", "scalar" for no dims.
[[nodiscard]] std::string shape_text(std::span<const long> dims);

// Does `text` match a shell pattern of '*' (any run) and '?' (one byte)? No recursion;
// O(|text| · |pattern|).
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

}  // namespace hcb
