// The first word that names a command decides; what stands before the cursor then says whether a value
// is due. Bash cuts words at '=', so that "--effort=fa" arrives as three of them.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.h"

namespace hcb {
namespace {

// Words in single quotes; none of ours holds one.
std::string quoted(const std::vector<std::string>& words) {
  return fmt::format("'{}'", fmt::join(words, " "));
}

std::vector<std::string> names_of(const OptionOutline& option) {
  std::vector<std::string> names;
  if (!option.short_name.empty()) names.push_back(option.short_name);
  if (!option.long_name.empty()) names.push_back(option.long_name);
  return names;
}

// What follows an option that takes a value; empty: it takes none.
std::string value_line(const OptionOutline& option) {
  if (option.value.metavar.empty()) return {};
  std::string action = "expected=nothing";
  if (option.value.file) action = "expected=file";
  if (!option.value.words.empty())
    action = fmt::format("expected=word words={}", quoted(option.value.words));
  return fmt::format("        {}) {} ;;\n", fmt::join(names_of(option), " | "), action);
}

std::string operand_lines(const CommandOutline& command) {
  std::vector<std::string> words;
  for (const OperandOutline& operand : command.operands) {
    words.insert(words.end(), operand.value.words.begin(), operand.value.words.end());
  }
  if (!words.empty()) return fmt::format("      operands={}\n", quoted(words));
  return {};
}

std::string case_of(const CommandOutline& command, const std::vector<std::string>& operands) {
  std::vector<std::string> names;
  std::string values;
  for (const OptionOutline& option : command.options) {
    for (const std::string& name : names_of(option)) names.push_back(name);
    values += value_line(option);
  }
  std::string text = fmt::format("    {})\n      options={}\n",
                                 command.name.empty() ? "''" : command.name, quoted(names));
  if (!operands.empty()) text += fmt::format("      operands={}\n", quoted(operands));
  text += operand_lines(command);
  if (!values.empty()) text += fmt::format("      case $previous in\n{}      esac\n", values);
  return text + "      ;;\n";
}

constexpr const char* kHead = R"(# bash completion for {0}; written by `{0} completion bash`.
{1}() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command='' options='' operands='' words='' expected='' i
  if [[ $word == '=' ]]; then
    word=''
  elif [[ $previous == '=' ]] && ((COMP_CWORD > 1)); then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    case ${{COMP_WORDS[i]}} in
      {2})
        command=${{COMP_WORDS[i]}}
        break
        ;;
    esac
  done
  case $command in
)";

constexpr const char* kTail = R"(  esac
  if [[ -z $expected ]]; then
    expected=word words=$operands
    [[ $word == -* ]] && words=$options
    [[ -z $words ]] && expected=file
  fi
  COMPREPLY=()
  case $expected in
    word) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
    file)
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      compopt -o filenames 2>/dev/null || true
      ;;
  esac
}}
complete -F {1} {0}
)";

// "hcb-run" -> "_hcb_run".
std::string function_name(const std::string& program) {
  std::string name = "_" + program;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
}

}  // namespace

std::string bash_completion(const ProgramOutline& outline) {
  std::vector<std::string> commands;
  for (const CommandOutline& command : outline.commands) commands.push_back(command.name);
  const std::string function = function_name(outline.name);
  std::string text = fmt::format(kHead, outline.name, function, fmt::join(commands, " | "));
  text += case_of(outline.program, commands);
  for (const CommandOutline& command : outline.commands) text += case_of(command, {});
  return text + fmt::format(kTail, outline.name, function);
}

}  // namespace hcb
