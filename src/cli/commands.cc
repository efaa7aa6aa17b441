#include "cli/commands.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/completion.h"
#include "generate/generate.h"

namespace hcb {
namespace {

constexpr const char* kModelHelp =
    "an ONNX model or hcb.v1 step; '-' or nothing reads standard input";

// "adversarial, chain, … or wide".
std::string family_names() {
  std::vector<std::string_view> names;
  for (const Family& family : families()) names.push_back(family.name);
  std::ranges::sort(names);
  const std::string_view last = names.back();
  names.pop_back();
  return fmt::format("{} or {}", fmt::join(names, ", "), last);
}

}  // namespace

std::span<const CommandSpec> command_table() {
  static const auto table = std::to_array<CommandSpec>({
      {.name = "analyze",
       .summary = "what a training step of MODEL needs in memory, and why",
       .example = "hcb analyze gpt2.onnx --dim batch=8 --dim seq=1024 --memory-budget 8GiB",
       .operands = {{"MODEL", kModelHelp, &Invocation::model}},
       .model_from_stdin = true,
       .groups = {OptionGroup::model, OptionGroup::memory},
       .own = {{"--orders", "", "add the orders of the nodes compared, with their peaks",
                &Invocation::orders},
               {"--frontier", "", "add what cuts of the step carry, and sizes for blocks",
                &Invocation::frontier},
               {"--list-devices", "", "list the device profiles and their rates",
                &Invocation::list_devices}},
       .formats = {"text", "json"},
       .run = run_analyze},
      {.name = "plan",
       .summary = "write a plan: what to keep, what to recompute and when",
       .example = "hcb plan gpt2.onnx --dim batch=8 --dim seq=1024 --block-size 32 -o plan.json",
       .operands = {{"MODEL", kModelHelp, &Invocation::model}},
       .model_from_stdin = true,
       .groups = {OptionGroup::model, OptionGroup::memory, OptionGroup::strategy},
       .own = {{"-o,--output-file", "FILE", "write the plan here: .json, .dot, .pb, or - (stdout)",
                &Invocation::output},
               {"--check", "PLAN",
                "write nothing; exit code 7 if a fresh plan differs from this one",
                &Invocation::committed},
               {"--list-strategies", "", "list the strategies and what they read",
                &Invocation::list_strategies},
               {"--list-devices", "", "list the device profiles and their rates",
                &Invocation::list_devices}},
       .formats = {"text", "json", "dot"},
       .run = run_plan},
      {.name = "fit",
       .summary = "the largest batch, or other dim, of MODEL that fits a memory budget",
       .example = "hcb fit gpt2.onnx --dim seq=1024 --memory-budget 24GiB --largest batch",
       .operands = {{"MODEL", kModelHelp, &Invocation::model}},
       .groups = {OptionGroup::model, OptionGroup::memory},
       .also = {"effort", "keep-order"},
       .own = {{"--largest", "DIM", "the symbolic dim to enlarge; batch: also a fixed first dim",
                &Invocation::largest},
               {"--max-extra-time", "SHARE",
                "of the step time that recomputation may add, such as 20%",
                &Invocation::max_extra_time},
               {"--list-devices", "", "list the device profiles and their rates",
                &Invocation::list_devices}},
       .formats = {"text", "json"},
       .run = run_fit},
      {.name = "check",
       .summary = "verify every claim of PLAN against MODEL, independently of the planner",
       .example = "hcb check gpt2.onnx plan.json",
       .operands = {{"MODEL", kModelHelp, &Invocation::model},
                    {"PLAN", "a plan written by hcb plan", &Invocation::plan}},
       .also = {"costs", "device", "order"},  // the plan holds all others; files may have moved
       .formats = {"text"},
       .run = run_check},
      {.name = "diff",
       .summary = "what changed between two plans, analyses (JSON) or models; for CI",
       .example = "hcb diff baseline.json plan.json --fail-on peak+2%,time+1%",
       .operands = {{"OLD", "the baseline; the only side where --max-peak alone is asked for",
                     &Invocation::old_side},
                    {"NEW", "of the same kind", &Invocation::new_side, true}},
       .groups = {OptionGroup::model},
       .also = {"alignment"},
       .own = {{"--fail-on", "LIMITS", "exit code 7 beyond: peak+2%,time+1%,kept+100MiB,any, …",
                &Invocation::fail_on},
               {"--max-peak", "SIZE", "exit code 7 if the peak of NEW is larger",
                &Invocation::max_peak}},
       .formats = {"text", "json", "markdown", "github", "junit"},
       .run = run_diff},
      {.name = "show",
       .summary = "what a model or a plan holds: node by node, by module, as a picture",
       .example = "hcb show step.hcb; hcb show gpt2.onnx plan.json --format dot",
       .operands =
           {{"MODEL", "a model or a plan; '-' or nothing reads a model", &Invocation::model},
            {"PLAN", "a plan for MODEL, which brings its options", &Invocation::plan, true}},
       .model_from_stdin = true,
       .groups = {OptionGroup::model},
       .formats = {"text", "json", "dot"},
       .run = run_show},
      {.name = "explain",
       .summary = "why the peak is where it is, what frees most, why a budget cannot be met",
       .example = "hcb explain gpt2.onnx --dim batch=8 --dim seq=1024 --memory-budget 3GiB",
       .operands = {{"MODEL", kModelHelp, &Invocation::model},
                    {"PLAN", "a plan for MODEL, which brings its options", &Invocation::plan,
                     true}},
       .model_from_stdin = true,
       .groups = {OptionGroup::model, OptionGroup::memory},
       .formats = {"text", "json"},
       .run = run_explain},
      {.name = "generate",
       .summary = "write a graph of a seeded family: for tests, benchmarks and bug reports",
       .example = "hcb generate layered --nodes 1000 --seed 7 --training -o layered.hcb",
       .operands = {{"FAMILY", family_names(), &Invocation::family}},
       .own = {{"-o,--output-file", "FILE",
                "write the graph here: .hcb, .json, or - (stdout, hcb.v1)", &Invocation::output},
               {"--nodes", "N", "forward nodes, 1 to 1000000 (default 100)", &Invocation::nodes},
               {"--width", "N", "what it is depends on the family: docs/generate.md",
                &Invocation::width},
               {"--seed", "N", "seed of sizes, times and edges (default 0)", &Invocation::seed},
               {"--training", "", "with the backward of all nodes", &Invocation::training}},
       .formats = {"text"},
       .run = run_generate},
      {.name = "convert",
       .summary = "write a model or a plan in another form, or a list of executions as a plan",
       .example = "hcb convert plan.json -o plan.pb; hcb convert gpt2.onnx --dim batch=8 --dim "
                  "seq=1024 -o gpt2.hcb",
       .operands =
           {{"IN",
             "an ONNX model, an hcb.v1 graph (protobuf or JSON) or a plan (JSON or protobuf); "
             "'-' or nothing reads standard input",
             &Invocation::model}},
       .model_from_stdin = true,
       .groups = {OptionGroup::model, OptionGroup::memory},
       .own = {{"-o,--output-file", "FILE",
                "write here: .json, .hcb (graph) or .pb (plan), or - (stdout)",
                &Invocation::output},
               {"--from-order", "FILE",
                "make the plan that runs IN's nodes in the order of FILE, one name or id per line",
                &Invocation::from_order}},
       .formats = {"text", "json", "protobuf"},
       .run = run_convert},
      {.name = "completion",
       .summary = "print a completion script for a shell, or the manual page",
       .example = "source <(hcb completion bash); hcb completion man | man -l -",
       .operands = {{"SHELL", "what to print", &Invocation::shell, false, kCompletionWords}},
       .run = run_completion},
  });
  return table;
}

}  // namespace hcb
