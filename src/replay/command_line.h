// From argv to what hcb-run is to do.
#pragma once

#include <string>
#include <vector>

#include "base/options.h"
#include "replay/session.h"

namespace hcb {

enum class RunCommand { run, profile, compare };

struct RunInvocation {
  std::string information;  // --help, --version: text to print before leaving; else empty
  RunCommand command = RunCommand::run;
  SessionOptions session;
  Options plan;                         // what strategies read; costs and alignment
  std::vector<std::string> plans;       // plan files
  std::vector<std::string> strategies;  // by name
  std::int64_t iterations = 1;
  std::int64_t warmup = 1;
  std::optional<Bytes> memory_limit;
  bool verify = false;
  std::string expect;    // results to compare with; empty: none
  double tolerance = 0;  // of floats against those; 0: bit by bit
  std::string results;   // where results go; empty: nowhere
  std::string output;    // report or profile; empty: none
  std::string format;    // text or json; never empty
  int verbosity = 0;
};

// Errors: usage, with the nearest match for an unknown command or option.
[[nodiscard]] Result<RunInvocation> parse_run_command_line(int argc, const char* const* argv);

}  // namespace hcb
