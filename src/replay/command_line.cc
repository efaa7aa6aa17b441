// As cli/command_line.cc: CLI11 decides which word belongs to whom, values are read afterwards.
#include "replay/command_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "cli/completion.h"
#include "cli/version.h"

namespace hcb {
namespace {

constexpr const char* kAbout = "Runs a training step by a plan, with LibTorch.";

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 internal error, 2 usage, 3 bad input or something missing, 4 limit "
    "reached,\n"
    "5 output not written, 6 verification failed, 10 proved not to fit, 130 interrupted.";
constexpr const char* kSizes =
    "Sizes: 8GiB is 2^30-based, 8GB 10^9-based, a bare number is bytes, 60% is of the base peak.";

constexpr std::string_view kCompletion = "completion";

struct CommandSpec {
  RunCommand command;
  const char* name;
  const char* summary;
  const char* example;
  std::int64_t iterations;
};

constexpr std::array<CommandSpec, 3> kCommands{{
    {RunCommand::run, "run", "run a step by a plan (the default command)",
     "hcb-run step.hcb --plan plan.json --weights step.safetensors --verify", 1},
    {RunCommand::profile, "profile", "measure what every node needs and write a profile",
     "hcb-run profile step.hcb -o profile.json", 5},
    {RunCommand::compare, "compare", "plans and strategies side by side",
     "hcb-run compare step.hcb --strategies store-all,periodic,interval-tree", 10},
}};

// Where CLI11 writes; stable addresses.
struct Words {
  RunInvocation invocation;
  std::map<std::string, std::vector<std::string>, std::less<>> values;
  std::map<std::string, bool, std::less<>> flags;
  std::vector<std::string> plans;
  std::vector<std::string> strategies;
  std::string iterations, warmup, threads, seed, limit, tolerance;
  std::string shell;  // completion
  bool quiet = false;
  int verbose = 0;
};

std::unexpected<Error> usage(std::string message, std::string_view command = {}) {
  return fail(ErrorKind::usage, std::move(message),
              fmt::format("hcb-run {}--help lists the options",
                          command.empty() ? "" : fmt::format("{} ", command)));
}

void add_device_options(CLI::App& sub, Words& words) {
  SessionOptions& session = words.invocation.session;
  const char* group = "Device";
  sub.add_option("--device", session.torch.device, "where the step runs (default cpu)")
      ->type_name("cpu|cuda")
      ->group(group);
  sub.add_option("--threads", words.threads,
                 "inside an op (default: those of the profile, else LibTorch's choice)")
      ->type_name("N")
      ->group(group);
  sub.add_option("--seed", words.seed, "of the random generator and of seeded contents (default 0)")
      ->type_name("N")
      ->group(group);
}

void add_content_options(CLI::App& sub, Words& words) {
  SessionOptions& session = words.invocation.session;
  const char* group = "Contents";
  sub.add_option("--weights", session.weights,
                 "parameters, buffers and constants by name, safetensors (default: seeded)")
      ->type_name("FILE")
      ->group(group);
  sub.add_option("--inputs", session.inputs, "inputs by name, safetensors (default: seeded)")
      ->type_name("FILE")
      ->group(group);
}

void add_iteration_options(CLI::App& sub, const CommandSpec& spec, Words& words) {
  const char* group = "Measuring";
  sub.add_option("--iterations", words.iterations,
                 fmt::format("steps that are timed (default {})", spec.iterations))
      ->type_name("N")
      ->group(group);
  sub.add_option("--warmup", words.warmup, "steps before anything is measured (default 1)")
      ->type_name("N")
      ->group(group);
  if (spec.command == RunCommand::profile) return;
  sub.add_option("--memory-limit", words.limit, "refuse to allocate beyond, residents included")
      ->type_name("SIZE")
      ->group(group);
}

void add_run_options(CLI::App& sub, Words& words) {
  RunInvocation& run = words.invocation;
  sub.add_option("--plan", words.plans, "run this plan, written by hcb plan")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  sub.add_flag("--verify", run.verify,
               "compare outputs, state and generator with store-all, bit by bit");
  sub.add_option("--expect", run.expect, "compare with these results, bit by bit")
      ->type_name("FILE");
  sub.add_option("--tolerance", words.tolerance,
                 "floats of --expect may be off by this part of their tensor's largest magnitude")
      ->type_name("X");
  sub.add_option("--results", run.results, "write outputs and state after the first step here")
      ->type_name("FILE");
}

void add_compare_options(CLI::App& sub, Words& words) {
  sub.add_option("--plans", words.plans, "plans to compare (comma list)")
      ->type_name("FILE,…")
      ->delimiter(',');
  sub.add_option("--strategies", words.strategies,
                 "strategies to compare (comma list; default store-all,periodic,interval-tree)")
      ->type_name("NAME,…")
      ->delimiter(',');
}

// Options of hcb that a run reads too: the profile, and those of strategies.
bool taken_over(const CommandSpec& spec, const OptionSpec& option) {
  if (spec.command == RunCommand::profile) return false;
  if (spec.command == RunCommand::compare && option.name == "strategy") return false;
  return option.group == OptionGroup::strategy || option.name == "costs" ||
         option.name == "memory-budget";
}

void add_table_option(CLI::App& sub, const OptionSpec& spec, Words& words) {
  const std::string name(spec.name);
  CLI::Option* option = nullptr;
  if (spec.metavar.empty()) {
    option = sub.add_flag("--" + name, words.flags[name], std::string(spec.help));
  } else {
    option = sub.add_option("--" + name, words.values[name], std::string(spec.help));
    option->type_name(std::string(spec.metavar))
        ->type_size(1)
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  }
  option->group(spec.name == "costs" ? "Measuring" : "Strategy");
}

void add_command(CLI::App& app, const CommandSpec& spec, Words& words) {
  CLI::App* sub = app.add_subcommand(spec.name, spec.summary);
  RunInvocation& run = words.invocation;
  sub->footer(fmt::format("Example: {}\n{}\n{}", spec.example, kExitCodes, kSizes));
  sub->add_option("GRAPH", run.session.graph, "an hcb.v1 step");
  if (spec.command == RunCommand::run) add_run_options(*sub, words);
  if (spec.command == RunCommand::compare) add_compare_options(*sub, words);
  sub->add_option("-o,--output", run.output,
                  spec.command == RunCommand::profile ? "write the profile here, or - (stdout)"
                                                      : "write the report as JSON here")
      ->type_name("FILE");
  if (spec.command != RunCommand::profile) {
    sub->add_option("--format", run.format, "what is printed (default text)")
        ->type_name("text|json");
  }
  add_device_options(*sub, words);
  add_content_options(*sub, words);
  add_iteration_options(*sub, spec, words);
  for (const OptionSpec& option : option_table()) {
    if (taken_over(spec, option)) add_table_option(*sub, option, words);
  }
  sub->add_flag("-q,--quiet", words.quiet, "no warnings");
  sub->add_flag("-v,--verbose", words.verbose, "more log lines on stderr (-v, -vv)");
}

void add_completion(CLI::App& app, Words& words) {
  app.add_subcommand(std::string(kCompletion),
                     "print a completion script for a shell, or the manual page")
      ->add_option("SHELL", words.shell, "what to print")
      ->type_name(kCompletionWords);
}

void describe(CLI::App& app, Words& words) {
  app.set_version_flag("--version", version_text("hcb-run", false));
  app.require_subcommand(1);
  app.footer(fmt::format("{}\n{}", kExitCodes, kSizes));
  for (const CommandSpec& spec : kCommands) add_command(app, spec, words);
  add_completion(app, words);
}

std::unexpected<Error> unknown_words(const CLI::App& sub, const std::vector<std::string>& rest) {
  const std::string word = rest.empty() ? "" : rest.front().substr(0, rest.front().find('='));
  if (!word.starts_with("-"))
    return usage(fmt::format("unexpected argument '{}'", word), sub.get_name());
  std::vector<std::string> known;
  for (const CLI::Option* option : sub.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  return usage(fmt::format("unknown option '{}'{}", word, did_you_mean(word, known)),
               sub.get_name());
}

Result<std::int64_t> whole(std::string_view option, const std::string& text, std::int64_t low,
                           std::int64_t high, std::int64_t otherwise) {
  if (text.empty()) return otherwise;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number >= low && number <= high)
    return number;
  return fail(ErrorKind::usage, fmt::format("--{} '{}': expected a whole number from {} to {}",
                                            option, text, low, high));
}

Result<double> tolerance(const std::string& text, bool expects) {
  if (text.empty()) return 0.0;
  if (!expects) return usage("--tolerance: of what? Give --expect FILE too", "run");
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{} && end == text.data() + text.size() && number > 0 && number < 1)
    return number;
  return fail(ErrorKind::usage,
              fmt::format("--tolerance '{}': expected a number between 0 and 1, as 1e-5", text));
}

Result<void> read_numbers(const CommandSpec& spec, Words& words) {
  constexpr std::int64_t kMost = 1'000'000;
  RunInvocation& run = words.invocation;
  HCB_TRY(run.iterations, whole("iterations", words.iterations, 1, kMost, spec.iterations));
  HCB_TRY(run.warmup, whole("warmup", words.warmup, 0, kMost, 1));
  HCB_TRY(const std::int64_t threads, whole("threads", words.threads, 1, 4096, 0));
  run.session.torch.threads = static_cast<int>(threads);
  HCB_TRY(const std::int64_t seed,
          whole("seed", words.seed, 0, std::numeric_limits<std::int64_t>::max(), 0));
  run.session.torch.seed = static_cast<std::uint64_t>(seed);
  HCB_TRY(run.tolerance, tolerance(words.tolerance, !run.expect.empty()));
  if (words.limit.empty()) return {};
  auto limit = parse_bytes(words.limit);
  if (!limit)
    return fail(ErrorKind::usage, "--memory-limit: " + limit.error().message, limit.error().help);
  run.memory_limit = *limit;
  return {};
}

Result<void> read_table_options(Words& words) {
  Options& options = words.invocation.plan;
  for (const OptionSpec& spec : option_table()) {
    if (const auto flag = words.flags.find(spec.name); flag != words.flags.end() && flag->second)
      HCB_CHECK(spec.read(options, ""));
    const auto values = words.values.find(spec.name);
    if (values == words.values.end()) continue;
    for (const std::string& value : values->second) HCB_CHECK(spec.read(options, value));
  }
  words.invocation.session.costs = options.costs;
  return {};
}

Result<void> check_words(const CommandSpec& spec, RunInvocation& run) {
  if (run.session.graph.empty())
    return usage(fmt::format("{} needs a GRAPH", spec.name), spec.name);
  if (spec.command == RunCommand::profile && run.output.empty())
    return usage("profile needs -o PROFILE", spec.name);
  if (spec.command == RunCommand::run && !run.plans.empty() && !run.plan.strategy.empty())
    return usage("--plan and --strategy: give one of them", spec.name);
  if (run.format.empty()) run.format = "text";
  if (run.format == "text" || run.format == "json") return {};
  const std::vector<std::string> known{"text", "json"};
  return usage(fmt::format("--format '{}': expected one of text, json{}", run.format,
                           did_you_mean(run.format, known)),
               spec.name);
}

Result<RunInvocation> finish(const CommandSpec& spec, Words& words) {
  RunInvocation& run = words.invocation;
  run.command = spec.command;
  run.plans = words.plans;
  run.strategies = words.strategies;
  run.verbosity = words.quiet ? -1 : words.verbose;
  HCB_CHECK(read_table_options(words));
  HCB_CHECK(read_numbers(spec, words));
  HCB_CHECK(check_words(spec, run));
  return run;
}

const CommandSpec* command_named(std::string_view name) {
  const auto* at = std::ranges::find(kCommands, name, &CommandSpec::name);
  return at == kCommands.end() ? nullptr : at;
}

// `run` may be left out.
std::vector<const char*> with_command(int argc, const char* const* argv) {
  std::vector<const char*> words(argv, argv + argc);
  const std::string_view first = argc > 1 ? argv[1] : "";
  const bool about =
      first == "--help" || first == "-h" || first == "--version" || first == kCompletion;
  if (argc > 1 && !about && command_named(first) == nullptr) words.insert(words.begin() + 1, "run");
  return words;
}

// A script is information as the help text is.
Result<RunInvocation> completion(const CLI::App& app, const std::string& shell) {
  if (shell.empty()) return usage("completion needs SHELL", kCompletion);
  ProgramOutline outline = outline_of(app);
  outline.version = split(version_text("hcb-run", false), '\n').front();
  outline.notes = {kExitCodes, kSizes};
  for (std::size_t i = 0; i < kCommands.size(); ++i)
    outline.commands[i].example = kCommands[i].example;
  set_words(outline, "--strategy", strategy_names());
  HCB_TRY(std::string text, completion_text(outline, shell));
  return RunInvocation{.information = std::move(text)};
}

}  // namespace

Result<RunInvocation> parse_run_command_line(int argc, const char* const* argv) {
  if (argc < 2) return usage("a step is needed: hcb-run GRAPH");
  const std::vector<const char*> given = with_command(argc, argv);
  CLI::App app(kAbout, "hcb-run");
  Words words;
  describe(app, words);
  const auto chosen = [&]() -> const CLI::App& {
    const auto subs = app.get_subcommands();
    return subs.empty() ? app : *subs.front();
  };
  try {
    app.parse(static_cast<int>(given.size()), given.data());
  } catch (const CLI::CallForHelp&) {
    return RunInvocation{.information = app.help()};
  } catch (const CLI::CallForVersion&) {
    return RunInvocation{.information = version_text("hcb-run", false)};
  } catch (const CLI::ExtrasError&) {
    return unknown_words(chosen(), chosen().remaining(false));
  } catch (const CLI::ParseError& error) {
    return usage(error.what(), &chosen() == &app ? "" : chosen().get_name());
  }
  if (chosen().get_name() == kCompletion) return completion(app, words.shell);
  return finish(*command_named(chosen().get_name()), words);
}

}  // namespace hcb
