// Runs the search on published problem instances and prints, row by row, what is known and what it
// finds. `published --instances DIR [--only TEXT] [--work N]`; skipped with a message where DIR is
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
#include "schedule/search/search.h"
#include "schedule/search/starts.h"

namespace hcb::published {
namespace {

struct Arguments {
  std::string folder;
  std::string only;
  std::uint64_t work = 30'000'000;
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::string text(std::optional<double> value) {
  return value ? fmt::format("{:9.4f}", *value) : fmt::format("{:>9}", "-");
}

int run_row(const Instance& instance, const IdVector<BufferId, Bytes>& size, const Row& row,
            Bytes base_peak, const Arguments& arguments) {
  const double start = cpu_seconds();
  const search::Problem problem(instance.graph, size, *resident_bytes(instance.graph, size));
  search::Search search(problem, row.budget);
  search.add_start(plain_sequence(instance.graph));
  Context context;
  const auto stage =
      run_cut_stage(instance.graph, size, row.budget, Scope::given_order, 4, context);
  if (stage) {
    const auto starts = search::cut_starts(instance.graph, size, row.budget, *stage, context);
    for (const auto& sequence : *starts) search.add_start(sequence);
  }
  const double cuts = cpu_seconds() - start;
  const double first =
      search.best() ? 100.0 * search.best()->extra / base_time(instance.graph) : -1;
  search.run(arguments.work, 0, Context());
  const double seconds = cpu_seconds() - start;
  std::optional<double> ours;
  if (search.best()) {
    const auto told = simulate(instance.graph, search.best()->sequence, size);
    if (!told || told->peak > row.budget || told->extra_time != search.best()->extra) {
      fmt::print(stderr, "{}: the simulator disagrees\n", instance.name);
      return 1;
    }
    ours = 100.0 * told->extra_time / base_time(instance.graph);
  }
  fmt::print("{:<22} {:5.1f}% {} {} {} {} {}  {:6.2f} s {:>11} {:>8} start {:.3f} cuts {:.2f} s\n",
             instance.name, 100.0 * row.budget / base_peak, text(row.reference), text(row.bound),
             text(row.attained), text(ours),
             ours && row.attained ? fmt::format("{:+8.4f}", *ours - *row.attained) : "", seconds,
             search.work(), search.iterations(), first, cuts);
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
  }
  return hcb::published::run(arguments);
}
