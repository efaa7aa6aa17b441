// What both programs do around their work: signals, errors to stderr, exit codes.
#pragma once

#include <functional>
#include <string_view>

#include "base/context.h"

namespace hcb {

// Calls body(context) and returns the exit code (base/result.h). The first Ctrl-C cancels the
// context, the second one ends the process. Errors go to stderr as "PROGRAM: error: …".
[[nodiscard]] int run_process(std::string_view program,
                              const std::function<Result<int>(Context&)>& body);

// -1 quiet, 0 warnings, 1 info, 2 debug.
void set_verbosity(int verbosity);

}  // namespace hcb
