// The graph core: build and freeze, topological sort, dominators, subgraph, dumps.
//
// Medians of three, CPU milliseconds (one core of a busy two-core x86-64 machine, g++ 12 -O2):
//
//                     chain of 100,000   chain of 1,000,000   training graph of 100,000
//     build                                                   171 (generator and freeze)
//     freeze                        80                1,242
//     sort                         1.6                   45   1.5
//     dominate                     0.5                  6.5   0.7
//     post_dominate                0.6                  6.9   1.0
//     second_half                   37                  745   206
//     text                          44                  594   120
//     json                         717                        1,044
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>

#include "graph/builder.h"
#include "graph/dump.h"
#include "graph/subgraph.h"
#include "graph/topology.h"
#include "support/graphs.h"

namespace hcb {
namespace {

// A chain with an edge from its first node to its last; `backwards`: added last node first, so that
// freeze() renumbers.
GraphBuilder chain(std::size_t length, bool backwards) {
  GraphBuilder builder(Dialect::onnx, "chain");
  for (std::size_t i = 0; i < length; ++i) {
    builder.add_value({.name = "v" + std::to_string(i), .dtype = DType::u8, .shape = {1}});
  }
  for (std::size_t k = 0; k < length; ++k) {
    const std::size_t i = backwards ? length - 1 - k : k;
    NodeSpec node{.name = "n" + std::to_string(i), .op = "op", .outputs = {id_at<ValueId>(i)}};
    if (i > 0) node.inputs = {id_at<ValueId>(i - 1)};
    if (i + 1 == length) node.inputs.push_back(ValueId{0});
    builder.add_node(std::move(node));
  }
  return builder;
}

Graph frozen_chain(std::size_t length) { return std::move(chain(length, false).freeze().value()); }

// Runs `work(graph)` on a chain of range(0) nodes, or on the training graph of 100,000 for 0.
template <class Work>
void on_graph(benchmark::State& state, Work work) {
  const auto length = static_cast<std::size_t>(state.range(0));
  const Graph graph = length == 0 ? training_100k() : frozen_chain(length);
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(work(graph));
  std::size_t edges = 0;
  for (const NodeId n : graph.nodes()) edges += graph.successors(n).size();
  state.SetLabel(length == 0 ? "training" : "chain");
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(graph.node_count()));
  state.counters["nodes"] = static_cast<double>(graph.node_count());
  state.counters["edges"] = static_cast<double>(edges);
}

void freeze(benchmark::State& state) {
  const auto length = static_cast<std::size_t>(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    GraphBuilder builder = chain(length, state.range(1) != 0);
    state.ResumeTiming();
    benchmark::DoNotOptimize(std::move(builder).freeze());
  }
  state.SetLabel(state.range(1) != 0 ? "renumbered" : "in order");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void build_training_graph(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(training_100k());
  state.SetItemsProcessed(state.iterations() * 100'000);
}

void sort(benchmark::State& state) { on_graph(state, topological_order); }
void dominate(benchmark::State& state) { on_graph(state, dominators); }
void post_dominate(benchmark::State& state) { on_graph(state, post_dominators); }
void text(benchmark::State& state) { on_graph(state, dump_text); }
void json(benchmark::State& state) { on_graph(state, dump_json); }

void second_half(benchmark::State& state) {
  on_graph(state, [](const Graph& graph) {
    const auto all = graph.nodes();
    const auto half = static_cast<std::ptrdiff_t>(graph.node_count() / 2);
    return induced_subgraph(graph, std::vector<NodeId>(all.begin() + half, all.end()));
  });
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgName("nodes")->Arg(100'000)->Arg(1'000'000)->Arg(0);
  bench->Unit(benchmark::kMillisecond);
}

BENCHMARK(freeze)
    ->ArgNames({"nodes", "backwards"})
    ->ArgsProduct({{100'000, 1'000'000}, {0, 1}})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(build_training_graph)->Unit(benchmark::kMillisecond);
BENCHMARK(sort)->Apply(sizes);
BENCHMARK(dominate)->Apply(sizes);
BENCHMARK(post_dominate)->Apply(sizes);
BENCHMARK(second_half)->Apply(sizes);
BENCHMARK(text)->Apply(sizes);
BENCHMARK(json)->Arg(100'000)->Arg(0)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace hcb

BENCHMARK_MAIN();
