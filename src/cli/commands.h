// The commands of `hcb`: one file each, one row of the table each.
#pragma once

#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/context.h"
#include "cli/invocation.h"

namespace hcb {

struct Operand {
  const char* name;  // "MODEL"
  std::string help;
  std::string Invocation::* slot;
  bool optional = false;
  const char* words = "";  // "bash|zsh": what it may be; "": anything
};

// An option that no other part of the program knows.
struct OwnOption {
  const char* names;    // "-o,--output-file"
  const char* metavar;  // "" of a flag
  const char* help;
  std::variant<std::string Invocation::*, bool Invocation::*> slot;
};

// What a command reads, and what runs it.
struct CommandSpec {
  const char* name;
  const char* summary;
  const char* example;
  std::vector<Operand> operands;       // in order
  bool model_from_stdin = false;       // the first operand may be left out: standard input
  std::vector<OptionGroup> groups;     // of the table of options
  std::vector<std::string_view> also;  // names of further options of that table
  std::vector<OwnOption> own;
  std::vector<std::string> formats;  // of --format, the first is the default; empty: no such option
  // The exit code of a run that came to its end, or an error.
  Result<int> (*run)(const Invocation&, Context&);
};

// In the order of the help text.
[[nodiscard]] std::span<const CommandSpec> command_table();

[[nodiscard]] Result<int> run_analyze(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_plan(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_fit(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_check(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_diff(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_show(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_generate(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_convert(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_explain(const Invocation& invocation, Context& context);
[[nodiscard]] Result<int> run_completion(const Invocation& invocation, Context& context);

}  // namespace hcb
