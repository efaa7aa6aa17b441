// A plan as a command needs it: with its proof.
#pragma once

#include <string>

#include "plan/file.h"

namespace hcb {

// The proof of a bound is as needed as the plan; where the plan comes from a pipe nothing is beside
// it. Error (bad_input): the plan at `path` keeps its proof apart, and it was not read.
[[nodiscard]] Result<void> demand_bound_file(const Plan& plan, const std::string& path);

}  // namespace hcb
