#include "cli/outline.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <CLI/CLI.hpp>

#include "base/text.h"

namespace hcb {
namespace {

// Metavars that stand for a file, alone or as the head of a list ("FILE,…").
bool names_a_file(std::string_view metavar) {
  constexpr std::array<std::string_view, 6> kFiles{"FILE", "PLAN", "MODEL", "GRAPH", "OLD", "NEW"};
  const std::string_view head = metavar.substr(0, metavar.find(','));
  return std::ranges::find(kFiles, head) != kFiles.end();
}

bool is_literal(const std::string& word) {
  return !word.empty() && std::ranges::all_of(word, [](unsigned char c) {
    return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-';
  });
}

ValueOutline value_of(const std::string& metavar) {
  ValueOutline value{.metavar = metavar, .file = names_a_file(metavar)};
  for (const std::string& word : split(metavar, '|')) {
    if (is_literal(word)) value.words.push_back(word);
  }
  return value;
}

OptionOutline option_of(const CLI::Option& option) {
  OptionOutline out{.help = option.get_description(), .group = option.get_group()};
  if (!option.get_snames().empty()) out.short_name = "-" + option.get_snames().front();
  if (!option.get_lnames().empty()) out.long_name = "--" + option.get_lnames().front();
  out.repeatable = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll;
  if (option.get_expected_max() > 0) out.value = value_of(option.get_type_name());
  return out;
}

// An operand whose words are known says so as its type.
OperandOutline operand_of(const CLI::Option& option) {
  OperandOutline out{.name = option.get_single_name(),
                     .help = option.get_description(),
                     .value = value_of(option.get_type_name())};
  out.value.file = out.value.words.empty() && names_a_file(out.name);
  return out;
}

CommandOutline command_of(const CLI::App& app) {
  CommandOutline out{.name = app.get_name(), .summary = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      out.operands.push_back(operand_of(*option));
    } else {
      out.options.push_back(option_of(*option));
    }
  }
  return out;
}

}  // namespace

ProgramOutline outline_of(const CLI::App& app) {
  ProgramOutline outline{.name = app.get_name(), .program = command_of(app)};
  outline.program.name.clear();
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    outline.commands.push_back(command_of(*sub));
  }
  return outline;
}

void set_words(ProgramOutline& outline, const std::string& name,
               const std::vector<std::string>& words) {
  for (CommandOutline& command : outline.commands) {
    for (OptionOutline& option : command.options) {
      if (option.long_name == name) option.value.words = words;
    }
    for (OperandOutline& operand : command.operands) {
      if (operand.name == name) operand.value.words = words;
    }
  }
}

}  // namespace hcb
