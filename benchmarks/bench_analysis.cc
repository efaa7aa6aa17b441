// CPU time of the analysis of generated training graphs; the largest has a million nodes.
#include <optional>

#include <benchmark/benchmark.h>

#include "analysis/memory_bounds.h"
#include "analysis/orders.h"
#include "analysis/summary.h"
#include "check/simulate.h"
#include "report/analyze_json.h"
#include "report/analyze_text.h"
#include "support/graphs.h"

namespace hcb {
namespace {

// About `nodes` nodes: 6 + 40 · layers.
TrainingGraph transformer(std::int64_t nodes) {
  if (nodes == 100'000) return {training_100k(), {}};
  return {transformer_graph(static_cast<std::size_t>((nodes - 6) / 40)), {}};
}

void memory_bounds(benchmark::State& state) {
  const TrainingGraph training = transformer(state.range(0));
  const auto size = rounded_sizes(training.graph, 512);
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(memory_lower_bounds(training.graph, *size));
  }
  state.counters["nodes"] = static_cast<double>(training.graph.node_count());
}

void analysis(benchmark::State& state) {
  const TrainingGraph training = transformer(state.range(0));
  const Options options;
  std::size_t orders = 0;
  std::size_t cuts = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto found = analyze({.model = {}, .graph = training, .options = options});
    orders = found->orders.compared.size();
    cuts = found->frontier.summary.cuts;
  }
  state.counters["nodes"] = static_cast<double>(training.graph.node_count());
  state.counters["orders"] = static_cast<double>(orders);
  state.counters["cuts"] = static_cast<double>(cuts);
}

// One heuristic and its simulation.
void order(benchmark::State& state, const char* name) {
  const TrainingGraph training = transformer(state.range(0));
  const auto size = rounded_sizes(training.graph, 512);
  Bytes peak = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto found = heuristic_order(*find_order_heuristic(name), training.graph, *size);
    peak = simulate(training.graph, found, *size)->peak;
  }
  state.counters["nodes"] = static_cast<double>(training.graph.node_count());
  state.counters["peak"] = static_cast<double>(peak);
}

// Everything `hcb analyze` does behind the reader.
void first_screen(benchmark::State& state, const TrainingGraph& training,
                  std::optional<Budget> budget) {
  Options options;
  options.memory_budget = budget;
  std::size_t tried = 0;
  for ([[maybe_unused]] auto _ : state) {
    Context context;
    const auto found = analyze({.model = {}, .graph = training, .options = options});
    const auto outlook = look_ahead(training.graph, *found, options, context);
    benchmark::DoNotOptimize(analyze_text(*found, *outlook, options, "model.onnx"));
    benchmark::DoNotOptimize(analyze_json(*found, *outlook, options));
    tried = outlook->tried;
  }
  state.counters["nodes"] = static_cast<double>(training.graph.node_count());
  state.counters["tried"] = static_cast<double>(tried);
}

void first_screen_of_transformer(benchmark::State& state) {
  first_screen(state, transformer(state.range(0)), std::nullopt);
}

// A deep chain under a tight budget: the strategy searches twice.
void first_screen_of_chain(benchmark::State& state) {
  const auto length = static_cast<std::size_t>(state.range(0) / 2);
  first_screen(state, {unit_chain(length), {}}, Budget{.permyriad = 1000});
}

BENCHMARK(memory_bounds)->Arg(2'000)->Arg(20'000)->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(analysis)->Arg(2'000)->Arg(20'000)->Arg(100'000)->Arg(1'000'000)->Unit(
    benchmark::kMillisecond);
BENCHMARK_CAPTURE(order, depth_first, "depth-first")->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(order, kahn, "kahn")->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(order, greedy, "greedy")->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(order, reverse_greedy, "reverse-greedy")
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(order, sethi_ullman, "sethi-ullman")->Arg(100'000)->Unit(benchmark::kMillisecond);
BENCHMARK(first_screen_of_transformer)
    ->Arg(2'000)
    ->Arg(20'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);
BENCHMARK(first_screen_of_chain)
    ->Arg(2'000)
    ->Arg(20'000)
    ->Arg(100'000)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hcb

BENCHMARK_MAIN();
