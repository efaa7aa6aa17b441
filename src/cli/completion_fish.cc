// One `complete` command per line, each with the condition under which it applies.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.h"

namespace hcb {
namespace {

// Inside single quotes fish reads \\ and \' alone.
std::string described(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string value_words(const ValueOutline& value) {
  if (value.metavar.empty()) return {};
  if (!value.words.empty()) return fmt::format(" -x -a '{}'", fmt::join(value.words, " "));
  return value.file ? " -r -F" : " -x";
}

std::string option_line(const std::string& head, const OptionOutline& option) {
  std::string line = head;
  if (!option.short_name.empty()) line += " -s " + option.short_name.substr(1);
  if (!option.long_name.empty()) line += " -l " + option.long_name.substr(2);
  return line + value_words(option.value) + fmt::format(" -d '{}'\n", described(option.help));
}

std::string command_lines(const ProgramOutline& outline, const CommandOutline& command) {
  const std::string head =
      fmt::format("complete -c {} -n '__fish_seen_subcommand_from {}'", outline.name, command.name);
  std::string text;
  for (const OperandOutline& operand : command.operands) {
    text += operand.value.words.empty()
                ? head + " -F\n"
                : fmt::format("{} -f -a '{}'\n", head, fmt::join(operand.value.words, " "));
  }
  for (const OptionOutline& option : command.options) text += option_line(head, option);
  return text;
}

}  // namespace

std::string fish_completion(const ProgramOutline& outline) {
  std::string text =
      fmt::format("# fish completion for {0}; written by `{0} completion fish`.\n", outline.name);
  const std::string first = fmt::format("complete -c {} -n __fish_use_subcommand", outline.name);
  for (const CommandOutline& command : outline.commands) {
    text += fmt::format("{} -f -a {} -d '{}'\n", first, command.name, described(command.summary));
  }
  for (const OptionOutline& option : outline.program.options) text += option_line(first, option);
  for (const CommandOutline& command : outline.commands) text += command_lines(outline, command);
  return text;
}

}  // namespace hcb
