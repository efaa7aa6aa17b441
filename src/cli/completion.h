// Completion scripts and manual pages, written from what a program takes on its command line.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/outline.h"

namespace hcb {

// What `hcb completion` and `hcb-run completion` take.
inline constexpr const char* kCompletionWords = "bash|zsh|fish|man";

// A function `_NAME` and the line that registers it. Needs bash 4 and nothing else. Words follow the
// command on the line: options of that command, known values of an option, else files.
[[nodiscard]] std::string bash_completion(const ProgramOutline& outline);

// A script for $fpath (named _NAME), or to be sourced.
[[nodiscard]] std::string zsh_completion(const ProgramOutline& outline);

// One `complete` command per command, option and value list.
[[nodiscard]] std::string fish_completion(const ProgramOutline& outline);

// NAME(1) in man(7) macros, ASCII only.
[[nodiscard]] std::string man_page(const ProgramOutline& outline);

// What --strategy may be.
[[nodiscard]] std::vector<std::string> strategy_names();

// The text for one of kCompletionWords. Error (usage): another word, with the nearest match.
[[nodiscard]] Result<std::string> completion_text(const ProgramOutline& outline,
                                                  std::string_view word);

}  // namespace hcb
