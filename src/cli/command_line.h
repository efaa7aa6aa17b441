// From argv to a command and what it was given. Beside cli/outline.cc the only file that sees CLI11.
#pragma once

#include <string>
#include <variant>

#include "cli/commands.h"
#include "cli/outline.h"

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

// What is accepted, for completion scripts and the manual page.
[[nodiscard]] ProgramOutline program_outline();

}  // namespace hcb
