// `hcb convert MODEL --from-order FILE`: a list of executions becomes a plan, with every claim derived
// and checked as of any other plan.
#pragma once

#include "base/context.h"
#include "cli/invocation.h"

namespace hcb {

// The exit code, or an error: of the list (bad_input, with its line), of the executions
// (check_failed, naming the list).
[[nodiscard]] Result<int> run_from_order(const Invocation& invocation, Context& context);

}  // namespace hcb
