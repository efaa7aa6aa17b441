// Options come from base/options.h: a command takes whole groups of them, plus the few below.
// Values are collected as text and read afterwards in the order of the table, so that CLI11 decides
// nothing but which word belongs to whom.
#include "cli/command_line.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/device_list.h"
#include "cli/version.h"
#include "ingest/onnx.h"

namespace hcb {
namespace {

constexpr const char* kAbout =
    "Plans the memory of a training step: what it needs, what to keep, what to recompute.";

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 internal error, 2 usage, 3 bad input or something missing, 4 limit "
    "reached\n"
    "without a result, 5 output not written, 6 check failed, 7 plans differ, 10 proved not to "
    "fit,\n"
    "130 interrupted.";
constexpr const char* kSizes =
    "Sizes: 8GiB is 2^30-based, 8GB 10^9-based, a bare number is bytes, 60% is of the base peak.";

std::string models() {
  const OpsetRange opsets = onnx_opsets();
  return fmt::format("Models: ONNX of opset {} to {}, steps in the format hcb.v1.", opsets.oldest,
                     opsets.newest);
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandSpec& spec : command_table()) names.emplace_back(spec.name);
  return names;
}

bool takes(const CommandSpec& spec, const OptionSpec& option) {
  return std::ranges::find(spec.also, option.name) != spec.also.end() ||
         std::ranges::find(spec.groups, option.group) != spec.groups.end();
}

const char* title(OptionGroup group) {
  switch (group) {
    case OptionGroup::model:
      return "Model";
    case OptionGroup::memory:
      return "Memory";
    case OptionGroup::strategy:
      return "Strategy";
  }
  return "";
}

// Everything CLI11 writes into; stable addresses, since CLI11 keeps references.
struct Slots {
  Invocation invocation;
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::map<std::string, bool, std::less<>> flags;
  bool version = false;
  bool quiet = false;
  int verbose = 0;
};

void add_table_option(CLI::App& app, const OptionSpec& spec, Slots& slots) {
  const std::string name(spec.name);
  CLI::Option* option = nullptr;
  if (spec.metavar.empty()) {
    option = app.add_flag("--" + name, slots.flags[name], std::string(spec.help));
  } else {
    option = app.add_option("--" + name, slots.values[name], std::string(spec.help));
    option->type_name(std::string(spec.metavar))->type_size(1)->expected(1);
    option->multi_option_policy(spec.repeatable ? CLI::MultiOptionPolicy::TakeAll
                                                : CLI::MultiOptionPolicy::Throw);
  }
  option->group(title(spec.group));
}

void add_own_option(CLI::App& app, const OwnOption& option, Invocation& invocation) {
  if (const auto* flag = std::get_if<bool Invocation::*>(&option.slot)) {
    app.add_flag(option.names, invocation.**flag, option.help);
    return;
  }
  const auto slot = std::get<std::string Invocation::*>(option.slot);
  app.add_option(option.names, invocation.*slot, option.help)->type_name(option.metavar);
}

void add_command(CLI::App& app, const CommandSpec& spec, Slots& slots) {
  CLI::App* sub = app.add_subcommand(spec.name, spec.summary);
  sub->footer(fmt::format("Example: {}\n{}\n{}", spec.example, kExitCodes, kSizes));
  for (const Operand& operand : spec.operands) {
    CLI::Option* option =
        sub->add_option(operand.name, slots.invocation.*operand.slot, operand.help);
    if (*operand.words != '\0') option->type_name(operand.words);
  }
  if (!spec.formats.empty()) {
    sub->add_option("--format", slots.invocation.format,
                    fmt::format("what is printed (default {})", spec.formats[0]))
        ->type_name(fmt::format("{}", fmt::join(spec.formats, "|")));
  }
  for (const OwnOption& option : spec.own) add_own_option(*sub, option, slots.invocation);
  sub->add_flag("-q,--quiet", slots.quiet, "no warnings");
  sub->add_flag("-v,--verbose", slots.verbose, "more log lines on stderr (-v, -vv)");
  for (const OptionSpec& option : option_table()) {
    if (takes(spec, option)) add_table_option(*sub, option, slots);
  }
}

std::unexpected<Error> usage(std::string message, std::string_view command = {}) {
  const std::string help = command.empty()
                               ? "hcb --help lists the commands"
                               : fmt::format("hcb {} --help lists the options", command);
  return fail(ErrorKind::usage, std::move(message), help);
}

// "--blok-size=3" -> "--blok-size".
std::string option_word(const std::string& word) { return word.substr(0, word.find('=')); }

std::unexpected<Error> unknown_words(const CLI::App& sub, const std::vector<std::string>& words) {
  std::vector<std::string> known;
  for (const CLI::Option* option : sub.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string word = words.empty() ? "" : option_word(words.front());
  if (!word.starts_with("-"))
    return usage(fmt::format("unexpected argument '{}'", word), sub.get_name());
  return usage(fmt::format("unknown option '{}'{}", word, did_you_mean(word, known)),
               sub.get_name());
}

Result<void> check_command_word(std::span<const char* const> words) {
  if (words.empty()) return usage("a command is needed");
  const std::string word = words.front();
  if (word.starts_with("-")) return {};
  const auto names = command_names();
  if (std::ranges::find(names, word) != names.end()) return {};
  return usage(fmt::format("unknown command '{}'{}", word, did_you_mean(word, names)));
}

Result<void> read_table_options(Slots& slots) {
  for (const OptionSpec& spec : option_table()) {
    if (const auto flag = slots.flags.find(spec.name); flag != slots.flags.end() && flag->second) {
      HCB_CHECK(spec.read(slots.invocation.options, ""));
    }
    const auto values = slots.values.find(spec.name);
    if (values == slots.values.end()) continue;
    for (const std::string& value : values->second)
      HCB_CHECK(spec.read(slots.invocation.options, value));
  }
  return {};
}

Result<void> check_format(const CommandSpec& spec, std::string& format) {
  if (spec.formats.empty()) return {};
  if (format.empty()) format = spec.formats[0];
  if (std::ranges::find(spec.formats, format) != spec.formats.end()) return {};
  return usage(fmt::format("--format '{}': expected one of {}{}", format,
                           fmt::join(spec.formats, ", "), did_you_mean(format, spec.formats)),
               spec.name);
}

// MODEL may be left out where standard input is a pipe or file.
Result<void> check_operands(const CommandSpec& spec, Invocation& invocation) {
  if (invocation.list_strategies || invocation.list_devices) return {};
  if (spec.model_from_stdin && invocation.model.empty() && isatty(STDIN_FILENO) == 0) {
    invocation.model = "-";
  }
  std::vector<std::string_view> names;
  bool missing = false;
  for (const Operand& operand : spec.operands) {
    if (operand.optional) continue;
    names.emplace_back(operand.name);
    missing |= (invocation.*operand.slot).empty();
  }
  if (!missing) return {};
  return usage(fmt::format("{} needs {}", spec.name, fmt::join(names, " and ")), spec.name);
}

Result<Call> finish(const CommandSpec& spec, Slots& slots) {
  slots.invocation.verbosity = slots.quiet ? -1 : slots.verbose;
  HCB_CHECK(check_operands(spec, slots.invocation));
  HCB_CHECK(read_table_options(slots));
  HCB_CHECK(check_format(spec, slots.invocation.format));
  return Call{&spec, slots.invocation};
}

void describe(CLI::App& app, Slots& slots) {
  app.add_flag("--version", slots.version, "this program's version; with -v what is in it");
  app.add_flag("-v", slots.verbose, "with --version: formats, libraries, compiler");
  app.set_config("--config", "", "read options from this file (sections [analyze], [plan])")
      ->type_name("FILE");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.require_subcommand(0, 1);  // none: --version
  app.footer(fmt::format("{}\n{}\n{}", models(), kExitCodes, kSizes));
  for (const CommandSpec& spec : command_table()) add_command(app, spec, slots);
}

const CLI::App* chosen(const CLI::App& app) {
  const auto subs = app.get_subcommands();
  return subs.empty() ? &app : subs.front();
}

}  // namespace

Result<std::variant<Call, Information>> parse_command_line(int argc, const char* const* argv) {
  HCB_CHECK(check_command_word({argv + std::min(argc, 1), argv + argc}));
  CLI::App app(kAbout, "hcb");
  Slots slots;
  describe(app, slots);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Information{app.help()};  // of the command, where one is named
  } catch (const CLI::ExtrasError&) {
    return unknown_words(*chosen(app), chosen(app)->remaining(false));
  } catch (const CLI::ParseError& error) {
    return usage(error.what(), chosen(app) == &app ? "" : chosen(app)->get_name());
  }
  if (slots.version) return Information{version_text("hcb", slots.verbose > 0)};
  if (chosen(app) == &app) return usage("a command is needed");
  const std::string name = chosen(app)->get_name();
  const auto spec = std::ranges::find(command_table(), name, &CommandSpec::name);
  HCB_TRY(Call call, finish(*spec, slots));
  if (call.invocation.list_devices) return Information{device_list()};
  return call;
}

ProgramOutline program_outline() {
  CLI::App app(kAbout, "hcb");
  Slots slots;
  describe(app, slots);
  ProgramOutline outline = outline_of(app);
  outline.version = split(version_text("hcb", false), '\n').front();
  outline.notes = {models(), kExitCodes, kSizes};
  const auto table = command_table();
  for (std::size_t i = 0; i < table.size(); ++i) outline.commands[i].example = table[i].example;
  return outline;
}

}  // namespace hcb
