// What a program takes on its command line, as data: read off the parser that reads it, so that
// completion scripts and manual pages cannot differ from what is accepted.
//
//     hcb                          program
//       plan                       command
//         MODEL                    operand
//         --eval-ops train|keep    option; words: train, keep
//         --costs FILE             option that names a file
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

namespace hcb {

// What a value of an option or operand may be.
struct ValueOutline {
  std::string metavar;             // "train|keep"; empty: a flag
  std::vector<std::string> words;  // the words that are values; may be incomplete
  bool file = false;
};

struct OptionOutline {
  std::string short_name;  // "-o"; may be empty
  std::string long_name;   // "--output-file"
  std::string help;
  std::string group;  // title; "Options" where the parser has none
  bool repeatable = false;
  ValueOutline value;
};

struct OperandOutline {
  std::string name;
  std::string help;
  ValueOutline value;
};

struct CommandOutline {
  std::string name;  // empty: the program itself
  std::string summary;
  std::string example;  // a command line, or several separated by "; "
  std::vector<OptionOutline> options;
  std::vector<OperandOutline> operands;
};

struct ProgramOutline {
  std::string name;
  std::string version;                   // "hcb 0.1.0"
  CommandOutline program;                // its own options
  std::vector<CommandOutline> commands;  // in the order of the help text
  std::vector<std::string> notes;        // exit codes, how sizes are written
};

// All but version, examples and notes. "a|b|N" as metavar gives the words a and b; metavars FILE,
// PLAN, MODEL, GRAPH, OLD and NEW, and operands of such a name, are files.
[[nodiscard]] ProgramOutline outline_of(const CLI::App& app);

// Words of every option of this long name, or every operand of this name.
void set_words(ProgramOutline& outline, const std::string& name,
               const std::vector<std::string>& words);

}  // namespace hcb
