// Runs the search on published problem instances and prints, row by row, what is known and what it
// finds. `published --instances DIR [--only TEXT] [--work N] [--large-work N]`; skipped with a message where DIR is
// absent.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "check/simulate.h"
#include "published/instance.h"
#include "schedule/search/planner.h"

namespace hcb::published {
namespace {

struct Arguments {
  std::string folder;
  std::string only;
  std::uint64_t work = 60'000'000;  // up to 700 ops
  std::uint64_t bound_work = 400'000'000;
  std::uint64_t large_work = 250'000'000;
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string text(std::optional<double> value) {
  return value ? fmt::format("{:9.4f}", *value) : fmt::format("{:>9}", "-");
}

double percent(Nanos extra, const Graph& graph) {
  return 100.0 * static_cast<double>(extra) / static_cast<double>(base_time(graph));
}

// The extra time in %, by the simulator; nothing where no schedule is found or it does not hold.
std::optional<double> attained(const Instance& instance, const IdVector<BufferId, Bytes>& size,
                               const Row& row, const search::Outcome& outcome) {
  if (!outcome.found) return std::nullopt;
  const auto told = simulate(instance.graph, outcome.found->sequence, size);
  if (!told || told->peak > row.budget) return std::nullopt;
  return percent(told->extra_time, instance.graph);
}

int run_row(const Instance& instance, const IdVector<BufferId, Bytes>& size, const Row& row,
            Bytes base_peak, const Arguments& arguments) {
  const double start = cpu_seconds();
  const Scope scope = instance.keep_order ? Scope::given_order : Scope::any_order;
  const bool large = instance.graph.node_count() > 700;
  Context context;
  const auto outcome =
      search::plan_under_budget(instance.graph, size, row.budget, {},
                                {.work_limit = large ? arguments.large_work : arguments.work,
                                 .bound_after = large ? 50'000'000U : 10'000'000U,
                                 .bound = {.work_limit = arguments.bound_work},
                                 .scope = scope},
                                context);
  const double seconds = cpu_seconds() - start;
  if (!outcome) {
    fmt::print(stderr, "{}: {}\n", instance.name, outcome.error().message);
    return 1;
  }
  const auto ours = attained(instance, size, row, *outcome);
  if (outcome->found && !ours) {
    fmt::print(stderr, "{}: the simulator disagrees\n", instance.name);
    return 1;
  }
  const double bound = percent(outcome->bound.extra_time, instance.graph);
  const double share = 100.0 * static_cast<double>(row.budget) / static_cast<double>(base_peak);
  const bool optimal = ours && outcome->found->extra == outcome->bound.extra_time;
  fmt::print("{:<22} {:5.1f}% {} {} {} {} {:>8} {:9.4f} {:<8} {:6.2f} s {:>10}\n", instance.name,
             share, text(row.reference), text(row.bound), text(row.attained), text(ours),
             ours && row.attained ? fmt::format("{:+.4f}", *ours - *row.attained) : "-", bound,
             optimal ? "optimal"
             : ours  ? "feasible"
                     : "none",
             seconds, outcome->work);
  std::fflush(stdout);
  return 0;
}

int run_file(const std::string& path, const Arguments& arguments) {
  const auto instance = read_instance(path);
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
  fmt::print("{:<22} {:>6} {:>9} {:>9} {:>9} {:>9} {:>8}\n", "instance", "budget", "reference",
             "bound", "attained", "ours", "- att.");
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
    if (name == "--instances")
      arguments.folder = argv[i + 1];
    else if (name == "--only")
      arguments.only = argv[i + 1];
    else if (name == "--work")
      arguments.work = std::strtoull(argv[i + 1], nullptr, 10);
    else if (name == "--bound-work")
      arguments.bound_work = std::strtoull(argv[i + 1], nullptr, 10);
    else if (name == "--large-work")
      arguments.large_work = std::strtoull(argv[i + 1], nullptr, 10);
  }
  return hcb::published::run(arguments);
}
