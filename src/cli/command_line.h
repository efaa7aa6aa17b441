// From argv to a command and what it was given. The only file pair that sees CLI11.
#pragma once

#include <string>
#include <variant>

#include "cli/commands.h"

namespace hcb {

struct Call {
  const CommandSpec* command = nullptr;  // never null
  Invocation invocation;
};

// Text to print on stdout before leaving with code 0: --help, --version.
struct Information {
  std::string text;
};

// Errors: usage, with the nearest match for an unknown command, option or value.
[[nodiscard]] Result<std::variant<Call, Information>> parse_command_line(int argc,
                                                                         const char* const* argv);

}  // namespace hcb
