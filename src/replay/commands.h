// One function per command of hcb-run. Each returns the exit code of a run that came to its end, or
// an error.
#pragma once

#include "base/context.h"
#include "replay/command_line.h"

namespace hcb {

[[nodiscard]] Result<int> run_step(const RunInvocation& invocation, const OpenMachine& open,
                                   Context& context);
[[nodiscard]] Result<int> profile_step(const RunInvocation& invocation, const OpenMachine& open,
                                       Context& context);
[[nodiscard]] Result<int> compare_plans(const RunInvocation& invocation, const OpenMachine& open,
                                        Context& context);

}  // namespace hcb
