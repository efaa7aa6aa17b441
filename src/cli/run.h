// The program `hcb`: parses the command line, runs one command, turns its outcome into an exit
// code.
#pragma once

namespace hcb {

// Returns the exit code (base/result.h). Writes results to stdout, everything else to stderr.
[[nodiscard]] int run_hcb(int argc, char** argv);

}  // namespace hcb
