// Measuring contenders: one step recorded byte by byte, then steps that are only timed, contenders
// in turn so that whatever else the machine does meets them all alike.
#pragma once

#include <vector>

#include "base/context.h"
#include "replay/run_result.h"

namespace hcb {

struct MeasureOptions {
  std::int64_t iterations = 1;
  std::int64_t warmup = 1;
  std::optional<Bytes> memory_limit;
};

// One step from the start, recorded; what it leaves behind goes to `outcome` where that is wanted.
// The recorded step comes after `warmup` others, so that libraries have made what they keep.
[[nodiscard]] Result<Measured> measure(Session& session, const Contender& contender,
                                       const MeasureOptions& options, Context& context,
                                       Outcome* outcome);

// `iterations` rounds of one step of every contender, in turn. Error: interrupted, and those of
// running a step.
[[nodiscard]] Result<std::vector<Timing>> time_in_turn(
    Session& session, const std::vector<const Contender*>& contenders,
    const MeasureOptions& options, Context& context);

// The outcome of a run against that of another.
[[nodiscard]] Verification verification(const Outcome& outcome, const Outcome& reference,
                                        std::string against);

}  // namespace hcb
