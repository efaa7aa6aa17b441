// What a loop of L equal iterations can keep for its backward, and what that costs in runs of its
// body. C: bytes of the carry; S: bytes that one iteration leaves behind for its backward.
//
//     keep          L·S                every iteration's residuals, stacked          L runs
//     carry         L·C + S            the carries; residuals made again one by one  2·L
//     segment       L1·C + L2·S        the carries of L1 segments; one segment's     2·L
//                                      residuals at a time, L2 iterations each
//     nested        L1·C + L2·C + S    as before, but carries inside too             3·L
//     binomial      k·C + S            k carries at a time (schedule/binomial.h)     L + t(L, k)
//
// L1·L2 >= L, the last segment the shorter one. Not counted: what is stacked anyway (inputs and
// results of the loop) and what is shared by all iterations. Source of segments: Chen et al. 2016.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace hcb {

struct ScanLoop {
  std::int64_t length = 1;  // >= 1
  Bytes carry = 0;
  Bytes residual = 0;  // of one iteration
};

enum class ScanAction { keep, carry, segment, nested, binomial };

[[nodiscard]] std::string_view name(ScanAction action);

struct ScanChoice {
  ScanAction action = ScanAction::keep;
  std::vector<std::int64_t> lengths;  // of loops, outermost first
  std::int64_t slots = 0;             // of binomial
  Bytes bytes = 0;
  std::int64_t runs = 0;  // of the body's forward, the first ones included
  friend bool operator==(const ScanChoice&, const ScanChoice&) = default;
};

// The least bytes of one action; among equal ones the fewest inner iterations. Error (bad_input): a
// length below 1, or bytes or runs that exceed 63 bits. O(sqrt L) for segment and nested.
[[nodiscard]] Result<ScanChoice> keep_residuals(const ScanLoop& loop);
[[nodiscard]] Result<ScanChoice> keep_carries(const ScanLoop& loop);
[[nodiscard]] Result<ScanChoice> segmented(const ScanLoop& loop);
[[nodiscard]] Result<ScanChoice> nested(const ScanLoop& loop);

// With `slots` carries at a time, that of the first iteration included. Error (bad_input): also
// slots below 1.
[[nodiscard]] Result<ScanChoice> binomial(const ScanLoop& loop, std::int64_t slots);

// keep, carry, segment and nested, in this order. Errors: as above.
[[nodiscard]] Result<std::vector<ScanChoice>> scan_choices(const ScanLoop& loop);

}  // namespace hcb
