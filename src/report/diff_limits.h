// When a change is too much: --fail-on and --max-peak.
//
//     --fail-on peak+2%,time+5ms,any     each word is a limit; one exceeded is a failure
//
// A limit on a figure allows NEW at most OLD and what stands behind the plus sign: a share of OLD,
// bytes or a time. `any` allows no change of graph, options or results at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "report/diff.h"

namespace hcb {

struct DiffLimit {
  enum class Form : std::uint8_t { share, amount, most, any };
  std::string text;  // as the person typed it: "peak+2%", "max-peak 20GiB"
  Form form = Form::any;
  std::string key;             // of the figure; empty: any
  std::int64_t permyriad = 0;  // share: 1/10000 of OLD
  std::int64_t amount = 0;     // amount: bytes or ns more; most: bytes
  Unit unit = Unit::bytes;     // amount: what it is an amount of
};

// A comma-separated list, as above. Errors (usage): an unknown figure (with the nearest match), a
// missing or negative amount, an amount of the wrong kind ("time+3MiB"), an empty word.
[[nodiscard]] Result<std::vector<DiffLimit>> parse_limits(std::string_view text);

// --max-peak: the peak of NEW, whatever OLD has. Error (usage): no size.
[[nodiscard]] Result<DiffLimit> parse_max_peak(std::string_view text);

struct LimitOutcome {
  DiffLimit limit;
  bool exceeded = false;
  std::optional<std::int64_t> before;  // the figure; nothing for `any`
  std::optional<std::int64_t> after;
};

// Errors (usage): a figure that one side has not, such as the extra time of an analysis.
[[nodiscard]] Result<std::vector<LimitOutcome>> apply_limits(const Diff& diff,
                                                             const std::vector<DiffLimit>& limits);

[[nodiscard]] bool any_exceeded(const std::vector<LimitOutcome>& outcomes);

}  // namespace hcb
