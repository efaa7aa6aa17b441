// Loops that are kept as graphs, in words: what their backward makes them keep, and what it could
// keep instead (schedule/scan_plan.h).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/training.h"

namespace hcb {

// One note per loop, in file order. Errors (bad_input): those of scan_choices().
[[nodiscard]] Result<std::vector<std::string>> loop_notes(const std::vector<LoopReport>& loops);

}  // namespace hcb
