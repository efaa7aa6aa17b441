// The budgeted planner on generated training graphs of a transformer at half of the base peak, CPU
// time of one core: plan and certified bound together. The aims: 10,000 nodes in 3 s with a gap of
// at most 1 % of the base time, 100,000 nodes in 30 s with at most 2 %, 1 KiB of memory per node.
// Counters: extra time and gap in millionths of the base time; units of work; by how much the most
// memory the process ever held exceeds what it holds with the graph alone, per node (right for the
// first row of a process only).
#include <fstream>

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "schedule/runner.h"
#include "support/graphs.h"

namespace hcb {
namespace {

constexpr std::int64_t kTokens = 512;  // activations make the peak, not parameters

double most_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

// What the process holds now; what free() was given is handed back first.
double memory_now() {
  malloc_trim(0);
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double millionths(Nanos part, Nanos whole) {
  return 1e6 * static_cast<double>(part) / static_cast<double>(whole);
}

void transformer_at_half(benchmark::State& state) {
  const auto nodes = static_cast<std::size_t>(state.range(0));
  const std::size_t layers = (nodes - 6) / 40;
  const Graph graph = transformer_graph(layers, (nodes - 6 - 40 * layers) / 2, kTokens);
  Options options;
  options.memory_budget = Budget{.permyriad = 5000};
  options.effort = Effort::fast;
  options.keep_order = true;
  const double before = memory_now();
  for ([[maybe_unused]] auto _ : state) {
    Context context;
    const auto made = make_plan(graph, options, context);
    if (!made) return state.SkipWithError(made.error().message.c_str());
    const Plan& plan = made->plan;
    const Nanos base = base_time(graph);
    state.counters["extra"] = millionths(plan.extra_time, base);
    state.counters["gap"] =
        millionths(plan.extra_time - (plan.bound ? plan.bound->extra_time : 0), base);
    state.counters["work"] = static_cast<double>(context.work());
  }
  state.counters["nodes"] = static_cast<double>(graph.node_count());
  state.counters["bytes_per_node"] =
      (most_memory() - before) / static_cast<double>(graph.node_count());
}

BENCHMARK(transformer_at_half)->Arg(10'000)->Arg(100'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hcb

BENCHMARK_MAIN();
