// Writing, reading and checking a large plan: a training graph of 100,000 nodes, each followed by
// two executions of forward nodes that ran before: about 300,000 executions, as an interval tree
// over such a graph has them.
#include <benchmark/benchmark.h>

#include "base/prng.h"
#include "check/check.h"
#include "check/simulate.h"
#include "plan/fingerprint.h"
#include "plan/json.h"
#include "plan/projection.h"
#include "plan/protobuf.h"
#include "support/graphs.h"

namespace hcb {
namespace {

std::vector<NodeId> long_sequence(const Graph& graph) {
  Prng random(1);
  std::vector<NodeId> sequence;
  for (const NodeId n : graph.nodes()) {
    sequence.push_back(n);
    for (int i = 0; i < 2; ++i) {
      const NodeId again = id_at<NodeId>(random.below(index(n) + 1));
      if (graph.phase(again) == Phase::forward && !graph.flags(again).never_replay)
        sequence.push_back(again);
    }
  }
  return sequence;
}

struct Large {
  Graph graph = training_100k();
  IdVector<BufferId, Bytes> size = rounded_sizes(graph, 512).value();
  Plan plan;
};

const Large& large() {
  static const Large instance = [] {
    Large large;
    const auto sequence = long_sequence(large.graph);
    const auto simulated = simulate(large.graph, sequence, large.size).value();
    const auto plain = simulate(large.graph, plain_sequence(large.graph), large.size).value();
    large.plan.graph = graph_record(large.graph);
    large.plan.strategy = "random";
    large.plan.peak = simulated.peak;
    large.plan.extra_time = simulated.extra_time;
    large.plan.base_peak = plain.peak;
    large.plan.base_time = plain.time;
    large.plan.steps = with_frees(large.graph, sequence);
    large.plan.save_nodes = saved_at_turn(large.graph, large.plan.steps);
    return large;
  }();
  return instance;
}

void count_executions(benchmark::State& state) {
  state.counters["executions"] = static_cast<double>(executions(large().plan).size());
}

void bench_record(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(graph_record(large().graph));
}
BENCHMARK(bench_record)->Unit(benchmark::kMillisecond);

void bench_write_json(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) bytes = plan_to_json(large().plan).size();
  state.counters["bytes"] = static_cast<double>(bytes);
  count_executions(state);
}
BENCHMARK(bench_write_json)->Unit(benchmark::kMillisecond);

void bench_read_json(benchmark::State& state) {
  const std::string text = plan_to_json(large().plan);
  for (auto _ : state) benchmark::DoNotOptimize(plan_from_json(text, "plan.json"));
  count_executions(state);
}
BENCHMARK(bench_read_json)->Unit(benchmark::kMillisecond);

void bench_write_protobuf(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) bytes = plan_to_protobuf(large().plan).size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(bench_write_protobuf)->Unit(benchmark::kMillisecond);

void bench_read_protobuf(benchmark::State& state) {
  const std::string bytes = plan_to_protobuf(large().plan);
  for (auto _ : state) benchmark::DoNotOptimize(plan_from_protobuf(bytes, "plan.pb"));
}
BENCHMARK(bench_read_protobuf)->Unit(benchmark::kMillisecond);

void bench_frees(benchmark::State& state) {
  const auto sequence = executions(large().plan);
  for (auto _ : state) benchmark::DoNotOptimize(with_frees(large().graph, sequence));
  count_executions(state);
}
BENCHMARK(bench_frees)->Unit(benchmark::kMillisecond);

void bench_projection(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(projected_sequence(large().graph, {}));
}
BENCHMARK(bench_projection)->Unit(benchmark::kMillisecond);

void bench_check(benchmark::State& state) {
  for (auto _ : state) {
    if (!check_plan(large().graph, large().size, large().plan).findings.empty())
      state.SkipWithError("the plan does not hold");
  }
  count_executions(state);
}
BENCHMARK(bench_check)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hcb

BENCHMARK_MAIN();
