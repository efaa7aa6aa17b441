// Words and numbers as people read them, shared by the texts of this folder.
#pragma once

#include <string>
#include <string_view>

#include "base/options.h"

namespace hcb {

// "124.4 M", "25.6 M", "12,345" (below a million as it is), "1.24 B".
[[nodiscard]] std::string count_text(std::int64_t count);

// A budget as short as it can be said exactly: "8 GiB", "1.5 GiB", "60 %"; never rounded
// ("8589934593 B").
[[nodiscard]] std::string budget_text(const Budget& budget);

// The budget with what it comes to and what is taken off it: "8 GiB", "60 % of the peak (8.52
// GiB)", "8 GiB less 512 MiB headroom". `bytes`: of a share of the peak.
[[nodiscard]] std::string budget_words(const Budget& budget, Bytes bytes, Bytes headroom);

// extra / base in percent with a sign: "+34 %", below 10 % with one decimal: "+8.6 %"; rounded half
// up. "+0 %" for none. base > 0.
[[nodiscard]] std::string percent_text(Nanos extra, Nanos base);

// "212 ms", "3.41 s", "870 us": three digits.
[[nodiscard]] std::string time_text(Nanos time);

// "3.10x": a / b with two decimals below 10, else one; b > 0.
[[nodiscard]] std::string ratio_text(Bytes a, Bytes b);

// Where costs come from: "estimates: device a100-80g", "measured: profile.json".
[[nodiscard]] std::string costs_words(std::string_view device, std::string_view costs);

// The model and memory options of `options` as a person would type them: " --dim batch=8
// --memory-budget 8GiB". Starts with a blank unless empty; words with characters a shell treats are
// quoted.
[[nodiscard]] std::string option_words(const Options& options);

// `word` in single quotes if a shell would not take it as it is.
[[nodiscard]] std::string shell_word(std::string_view word);

// "1 node", "2 nodes".
[[nodiscard]] std::string plural(std::size_t count, std::string_view thing);

}  // namespace hcb
