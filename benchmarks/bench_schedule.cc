// CPU time of planning: strategy, simulation, derivation of the plan, check. Counters: nodes of the
// graph, executions of the plan.
#include <benchmark/benchmark.h>

#include "schedule/runner.h"
#include "support/graphs.h"
#include "support/hard_graphs.h"

namespace hcb {
namespace {

void plan(benchmark::State& state, const Graph& graph, const Options& options) {
  std::size_t executed = 0;
  for ([[maybe_unused]] auto _ : state) {
    Context context;
    const auto result = make_plan(graph, options, context);
    if (!result) return state.SkipWithError(result.error().message.c_str());
    executed = executions(result->plan).size();
  }
  state.counters["nodes"] = static_cast<double>(graph.node_count());
  state.counters["executions"] = static_cast<double>(executed);
}

void interval_tree_auto_100k(benchmark::State& state) { plan(state, training_100k(), {}); }

// Half of the base peak: all arities are tried.
void interval_tree_budget_u_net(benchmark::State& state) {
  Options options;
  options.memory_budget = Budget{.bytes = 0, .permyriad = 5000};
  plan(state, u_net(6, 100), options);
}

void interval_tree_fixed_100k(benchmark::State& state) {
  Options options;
  options.block_size = state.range(0);
  options.block_size_given = true;
  plan(state, training_100k(), options);
}

void periodic_100k(benchmark::State& state) {
  Options options;
  options.strategy = "periodic";
  plan(state, training_100k(), options);
}

// The deepest tree: blocks of one node, 2^range forward nodes.
void unit_chain_block_1(benchmark::State& state) {
  Options options;
  options.alignment = 1;
  options.block_size = 1;
  options.block_size_given = true;
  plan(state, unit_chain(std::size_t{1} << state.range(0)), options);
}

BENCHMARK(interval_tree_auto_100k)->Unit(benchmark::kMillisecond);
BENCHMARK(interval_tree_budget_u_net)->Unit(benchmark::kMillisecond);
BENCHMARK(interval_tree_fixed_100k)->Arg(32)->Arg(224)->Unit(benchmark::kMillisecond);
BENCHMARK(periodic_100k)->Unit(benchmark::kMillisecond);
BENCHMARK(unit_chain_block_1)->Arg(10)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hcb

BENCHMARK_MAIN();
