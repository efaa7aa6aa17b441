// The program `hcb-run`: parses the command line, runs one command, turns its outcome into an exit
// code.
#pragma once

#include "replay/session.h"

namespace hcb {

// Returns the exit code (base/result.h). Writes results to stdout, everything else to stderr.
[[nodiscard]] int run_hcb_run(int argc, char** argv, const OpenMachine& open);

}  // namespace hcb
