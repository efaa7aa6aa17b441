// From argv to an Invocation. The only file pair that sees CLI11.
#pragma once

#include <string>
#include <variant>

#include "base/options.h"
#include "base/result.h"

namespace hcb {

enum class Command { analyze, plan, check, show };

struct Invocation {
  Command command = Command::analyze;
  Options options;
  std::string model;   // path, or "-" for standard input; show: or a plan
  std::string plan;    // check: the plan file
  std::string output;  // plan: -o; empty: no plan file
  std::string format;  // text, json or dot; never empty
  bool list_strategies = false;
  int verbosity = 0;  // -1 quiet, 0 warnings, 1 info, 2 debug
};

// Text to print on stdout before leaving with code 0: --help, --version.
struct Information {
  std::string text;
};

// Errors: usage, with the nearest match for an unknown command, option or value.
[[nodiscard]] Result<std::variant<Invocation, Information>> parse_command_line(
    int argc, const char* const* argv);

}  // namespace hcb
