// Byte counts: checked arithmetic, rounding, reading and printing sizes.
//
// Bytes is a signed 64-bit count and never negative in a graph. Arithmetic on sizes that come from
// a model goes through checked_*; an overflow is an error that names the tensor, never a wrapped
// number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace hcb {

using Bytes = std::int64_t;
using Nanos = std::int64_t;

// nullopt on overflow.
[[nodiscard]] std::optional<Bytes> checked_add(Bytes a, Bytes b);
[[nodiscard]] std::optional<Bytes> checked_mul(Bytes a, Bytes b);

// Least multiple of `granularity` (> 0) that is >= size (>= 0); nullopt on overflow.
[[nodiscard]] std::optional<Bytes> round_up(Bytes size, Bytes granularity);

// "8GiB" (2^30), "8GB" (10^9), "512KiB", "1.5GiB", "4096" or "4096B" (bytes). "8G" is refused,
// naming both spellings; so are negative, empty and overflowing sizes. Fractions are exact
// decimals, rounded down to a byte.
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);

// IEC with three significant digits: 0 B, 512 B, 1.00 KiB, 14.2 GiB, 475 MiB. For people; may
// change.
[[nodiscard]] std::string format_bytes(Bytes size);

// A budget as a person gives it: bytes, or a share of the base peak.
struct Budget {
  Bytes bytes = 0;
  std::int64_t permyriad = 0;  // > 0: this many 1/10000 of the base peak, `bytes` is then ignored

  // The budget in bytes; rounds down.
  [[nodiscard]] Bytes of(Bytes base_peak) const;
  friend bool operator==(const Budget&, const Budget&) = default;
};

// A size as above or "60%", "62.5%" (at most two decimals, > 0).
[[nodiscard]] Result<Budget> parse_budget(std::string_view text);
[[nodiscard]] std::string format_budget(
    const Budget& budget);  // "8589934592" or "60%": what parse_budget reads

}  // namespace hcb
