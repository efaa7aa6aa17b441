// The whole way over a training graph of 100,000 nodes, CPU time: what `hcb analyze` does behind
// the reader (composition of the peak, memory lower bounds, settings tried), and what `hcb plan
// --strategy interval-tree -o plan.json` does (schedule, simulation, check, canonical JSON). The
// aims: 2 s; 4 s and 20 MB. Counters: nodes; settings tried or executions planned; units of work
// counted by the context; bytes of JSON; peak and base peak in bytes.
#include <benchmark/benchmark.h>

#include "analysis/summary.h"
#include "plan/json.h"
#include "report/verdict.h"
#include "schedule/runner.h"
#include "support/graphs.h"

namespace hcb {
namespace {

void count(benchmark::State& state, const char* name, std::uint64_t value) {
  state.counters[name] = static_cast<double>(value);
}

void analyze_100k(benchmark::State& state) {
  const TrainingGraph training{training_100k(), {}};
  const Options options;
  for ([[maybe_unused]] auto _ : state) {
    Context context;
    const auto found = analyze({.model = {}, .graph = training, .options = options});
    if (!found) return state.SkipWithError(found.error().message.c_str());
    const auto outlook = look_ahead(training.graph, *found, options, context);
    if (!outlook) return state.SkipWithError(outlook.error().message.c_str());
    count(state, "tried", outlook->tried);
    count(state, "work", context.work());
  }
  count(state, "nodes", training.graph.node_count());
}

// Block size state.range(0); 0 is `auto`.
void plan_check_write_100k(benchmark::State& state) {
  const Graph graph = training_100k();
  Options options;
  options.strategy = "interval-tree";
  if (state.range(0) != 0) options.block_size = state.range(0);
  options.block_size_given = true;
  for ([[maybe_unused]] auto _ : state) {
    Context context;
    const auto made =
        make_plan(graph, options, context);  // a plan that fails the check is an error
    if (!made) return state.SkipWithError(made.error().message.c_str());
    count(state, "bytes", plan_to_json(made->plan).size());
    count(state, "executions", executions(made->plan).size());
    count(state, "work", context.work());
    count(state, "peak", static_cast<std::uint64_t>(made->plan.peak));
    count(state, "base_peak", static_cast<std::uint64_t>(made->plan.base_peak));
  }
  count(state, "nodes", graph.node_count());
}

BENCHMARK(analyze_100k)->Unit(benchmark::kMillisecond);
BENCHMARK(plan_check_write_100k)->Arg(0)->Arg(32)->Arg(224)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hcb

BENCHMARK_MAIN();
