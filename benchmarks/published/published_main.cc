// Runs the budgeted planner on published problem instances and prints, row by row, what is known
// and what it finds, as a table in Markdown.
//
//     published --instances DIR [--only TEXT] [--effort fast|balanced|exhaustive] [--repeat N]
//               [--cost-model fused] [--work N]
//
// Skipped with a message where DIR is absent. Every sequence goes through the simulator, every
// bound through the certificate's check. CPU time of one core, the median of N runs. `fused`: ops
// that a fusing compiler merges into their neighbours take the time of the cheapest op alone.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "check/certificate.h"
#include "check/simulate.h"
#include "published/instance.h"
#include "schedule/search/effort.h"
#include "schedule/search/known_plans.h"

namespace hcb::published {
namespace {

struct Arguments {
  std::string folder;
  std::string only;
  std::string effort = "balanced";
  std::optional<std::int64_t> work;
  int repeat = 1;
  bool fused = false;
};

struct Measured {
  search::Outcome outcome;
  double seconds = 0;  // median
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string text(std::optional<double> value) {
  return value ? fmt::format("{:.4f}", *value) : std::string("-");
}

double percent(Nanos extra, const Graph& graph) {
  return 100.0 * static_cast<double>(extra) / static_cast<double>(base_time(graph));
}

Effort effort_named(const std::string& name) {
  if (name == "fast") return Effort::fast;
  return name == "exhaustive" ? Effort::exhaustive : Effort::balanced;
}

Result<search::Outcome> plan(const Instance& instance, const IdVector<BufferId, Bytes>& size,
                             Bytes budget, const Arguments& arguments) {
  Options options;
  options.keep_order = instance.keep_order;
  options.alignment = 1;
  const StrategyRequest request{instance.graph, size, options, budget};
  const Scope scope = instance.keep_order ? Scope::given_order : Scope::any_order;
  Context context;
  return search::plan_under_budget(
      instance.graph, size, budget, search::known_plans(request, context),
      search::planner_options(effort_named(arguments.effort), instance.graph.node_count(), scope,
                              arguments.work),
      context);
}

Result<Measured> measure(const Instance& instance, const IdVector<BufferId, Bytes>& size,
                         Bytes budget, const Arguments& arguments) {
  std::vector<double> seconds;
  std::optional<search::Outcome> last;
  for (int i = 0; i < arguments.repeat; ++i) {
    const double start = cpu_seconds();
    HCB_TRY(last, plan(instance, size, budget, arguments));
    seconds.push_back(cpu_seconds() - start);
  }
  std::ranges::sort(seconds);
  return Measured{*std::move(last), seconds[seconds.size() / 2]};
}

// The extra time in %, by the simulator; nothing where no schedule is found or it does not hold.
std::optional<double> attained(const Instance& instance, const IdVector<BufferId, Bytes>& size,
                               Bytes budget, const search::Outcome& outcome) {
  if (!outcome.found) return std::nullopt;
  const auto told = simulate(instance.graph, outcome.found->sequence, size);
  if (!told || told->peak > budget) return std::nullopt;
  return percent(told->extra_time, instance.graph);
}

bool proved(const Instance& instance, const IdVector<BufferId, Bytes>& size,
            const BoundResult& bound) {
  if (bound.extra_time == 0 && bound.status != BoundStatus::infeasible) return true;
  const auto told = verify(instance.graph, size, bound.certificate);
  return told && told->extra_time == bound.extra_time;
}

std::string gap_text(const BoundResult& bound, Nanos found, const Graph& graph) {
  if (bound.status == BoundStatus::infeasible)
    return fmt::format("proved infeasible, {}", name(bound.scope));
  const char* const solver = bound.solver_extra_time == found ? "solver-optimal, " : "";
  return fmt::format("{}gap {:.4f}, {}", solver, percent(found - bound.extra_time, graph),
                     name(bound.scope));
}

std::string status(const search::Outcome& outcome, const Graph& graph) {
  if (!outcome.found)
    return outcome.bound.status == BoundStatus::infeasible ? "proved infeasible" : "none found";
  const Nanos found = outcome.found->extra;
  if (found == outcome.bound.extra_time)
    return fmt::format("optimal, {}", name(outcome.bound.scope));
  std::string text = gap_text(outcome.bound, found, graph);
  if (outcome.plain_gaps) text += "; " + gap_text(*outcome.plain_gaps, found, graph);
  return text;
}

int run_row(const Instance& instance, const IdVector<BufferId, Bytes>& size, const Row& row,
            Bytes base_peak, const Arguments& arguments) {
  const auto measured = measure(instance, size, row.budget, arguments);
  if (!measured) {
    fmt::print(stderr, "{}: {}\n", instance.name, measured.error().message);
    return 1;
  }
  const search::Outcome& outcome = measured->outcome;
  const auto ours = attained(instance, size, row.budget, outcome);
  if ((outcome.found && !ours) || !proved(instance, size, outcome.bound) ||
      (outcome.plain_gaps && !proved(instance, size, *outcome.plain_gaps))) {
    fmt::print(stderr, "{}: the simulator or the checker disagrees\n", instance.name);
    return 1;
  }
  const double share = 100.0 * static_cast<double>(row.budget) / static_cast<double>(base_peak);
  const bool known = !arguments.fused;  // what is known is known for the instance's own times
  fmt::print("| {} | {:.1f} | {} | {} | {} | {} | {} | {:.4f} | {} | {:.2f} | {:.1f} |\n",
             instance.name, share, known ? text(row.reference) : "-", known ? text(row.bound) : "-",
             known ? text(row.attained) : "-", text(ours),
             known && ours && row.attained ? fmt::format("{:+.4f}", *ours - *row.attained) : "-",
             percent(outcome.bound.extra_time, instance.graph), status(outcome, instance.graph),
             measured->seconds, static_cast<double>(outcome.work) / 1e6);
  std::fflush(stdout);
  return 0;
}

int run_file(const std::string& path, const Arguments& arguments) {
  const auto instance = read_instance(path, arguments.fused);
  if (!instance) {
    fmt::print(stderr, "{}\n", instance.error().message);
    return 3;
  }
  const auto size = rounded_sizes(instance->graph, 1);
  const auto base = simulate(instance->graph, plain_sequence(instance->graph), *size);
  if (!base) return 1;
  int code = 0;
  for (const Row& row : instance->rows) {
    code = std::max(code, run_row(*instance, *size, row, base->peak, arguments));
  }
  return code;
}

int run(const Arguments& arguments) {
  namespace fs = std::filesystem;
  if (arguments.folder.empty() || !fs::is_directory(arguments.folder)) {
    fmt::print("skipped: no folder of instances; give one with --instances DIR\n");
    return 0;
  }
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(arguments.folder)) {
    if (entry.path().extension() == ".json" &&
        entry.path().stem().string().contains(arguments.only))
      files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  fmt::print(
      "| instance | budget, % of peak | reference | known bound | known plan | ours | ours - known "
      "| our bound | status | CPU s | work, M |\n|---|---|---|---|---|---|---|---|---|---|---|\n");
  int code = 0;
  for (const std::string& file : files) code = std::max(code, run_file(file, arguments));
  return code;
}

}  // namespace
}  // namespace hcb::published

int main(int argc, char** argv) {
  hcb::published::Arguments arguments;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--instances") arguments.folder = value;
    if (name == "--only") arguments.only = value;
    if (name == "--effort") arguments.effort = value;
    if (name == "--repeat") arguments.repeat = std::max(1, std::atoi(value));
    if (name == "--work") arguments.work = std::atoll(value);
    if (name == "--cost-model") arguments.fused = std::string(value) == "fused";
  }
  return hcb::published::run(arguments);
}
