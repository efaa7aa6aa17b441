// One _arguments call per command: each option is "NAME[HELP]:METAVAR:ACTION".
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.h"

namespace hcb {
namespace {

// Inside single quotes, where _arguments and _describe read '[', ']', ':' and '\' themselves.
std::string described(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return out;
}

std::string action_of(const ValueOutline& value) {
  if (!value.words.empty()) return fmt::format("({})", fmt::join(value.words, " "));
  return value.file ? "_files" : " ";
}

std::string spec_of(const OptionOutline& option, const std::string& name) {
  std::string text =
      fmt::format("'{}{}[{}]", option.repeatable ? "*" : "", name, described(option.help));
  if (!option.value.metavar.empty())
    text += fmt::format(":{}:{}", described(option.value.metavar), action_of(option.value));
  return text + "'";
}

std::vector<std::string> specs_of(const CommandOutline& command) {
  std::vector<std::string> specs;
  for (const OptionOutline& option : command.options) {
    if (!option.short_name.empty()) specs.push_back(spec_of(option, option.short_name));
    if (!option.long_name.empty()) specs.push_back(spec_of(option, option.long_name));
  }
  for (const OperandOutline& operand : command.operands) {
    specs.push_back(fmt::format("':{}:{}'", described(operand.name), action_of(operand.value)));
  }
  return specs;
}

std::string case_of(const CommandOutline& command) {
  return fmt::format("        {})\n          _arguments \\\n            {}\n          ;;\n",
                     command.name, fmt::join(specs_of(command), " \\\n            "));
}

}  // namespace

std::string zsh_completion(const ProgramOutline& outline) {
  std::string text = fmt::format(
      "#compdef {0}\n# zsh completion for {0}; written by `{0} completion zsh`.\n_{0}() {{\n"
      "  local state line\n  local -a commands\n  commands=(\n",
      outline.name);
  for (const CommandOutline& command : outline.commands) {
    text += fmt::format("    '{}:{}'\n", command.name, described(command.summary));
  }
  text += fmt::format(
      "  )\n  _arguments -C \\\n    {} \\\n    '1:command:->command' \\\n    "
      "'*::argument:->argument'\n",
      fmt::join(specs_of(outline.program), " \\\n    "));
  text += "  case $state in\n    command) _describe command commands ;;\n    argument)\n";
  text += "      case $line[1] in\n";
  for (const CommandOutline& command : outline.commands) text += case_of(command);
  return text + fmt::format(
                    "      esac\n      ;;\n  esac\n}}\n"
                    "if [[ $funcstack[1] == _{0} ]]; then\n  _{0} \"$@\"\nelse\n  compdef _{0} "
                    "{0}\nfi\n",
                    outline.name);
}

}  // namespace hcb
