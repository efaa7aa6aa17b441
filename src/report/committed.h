// Is a plan that was committed still what `hcb plan` writes?
#pragma once

#include <string>

#include "plan/plan.h"

namespace hcb {

struct CommittedReport {
  bool same = false;
  std::string text;  // for people; ends with a line break
};

// Compares everything a plan's JSON holds; what differs is said as `hcb diff` says it, and where that
// compares nothing of it, by the names of keys. A plan of format 1.0 is not asked for keys it cannot
// have. `file`: as the person typed it. Errors: those of side_of_plan() and check_comparable().
[[nodiscard]] Result<CommittedReport> compare_with_fresh(Plan committed, Plan fresh,
                                                         const std::string& file);

}  // namespace hcb
