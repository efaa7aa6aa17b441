// One function per command. Each returns the exit code of a run that came to its end, or an error.
#pragma once

#include "base/context.h"
#include "cli/command_line.h"

namespace hcb {

[[nodiscard]] Result<int> run_analyze(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_plan(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_check(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_show(const Invocation& invocation, Context& context);

}  // namespace hcb
