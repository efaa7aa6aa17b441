// What the executor costs beside the ops: a chain of additions of one-element tensors, run by a plan
// of store-all, and the same additions through LibTorch's dispatcher with nothing around them.
//
//     items_per_second   additions; the difference of the two times per addition is bookkeeping
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/ops/ones.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include "graph/builder.h"
#include "torch/torch_machine.h"

namespace hcb {
namespace {

constexpr std::size_t kOps = 1000;

struct Chain {
  Graph graph;
  Calls calls;
};

NodeCall addition() {
  NodeCall call{.overload = "Tensor", .arguments = {}, .writes = {}};
  call.arguments.push_back({"self", {InputPosition{0}}});
  call.arguments.push_back({"other", {InputPosition{1}}});
  call.arguments.push_back({"alpha", {Number(std::int64_t{1})}});
  return call;
}

Chain chain() {
  GraphBuilder builder(Dialect::aten, "chain");
  Calls calls;
  const TensorSpec spec{.dtype = DType::f32, .shape = {1}, .strides = {1}, .storage = 4};
  const ValueId x = builder.add_resident({.name = "x", .shape = {1}, .role = Role::input});
  calls.values.push_back(spec);
  ValueId last = x;
  for (std::size_t i = 0; i < kOps; ++i) {
    const ValueId y = builder.add_value({.name = "y" + std::to_string(i), .shape = {1}});
    calls.values.push_back(spec);
    builder.add_node({.name = "add" + std::to_string(i),
                      .op = "aten::add",
                      .inputs = {last, x},
                      .outputs = {y}});
    calls.nodes.push_back(addition());
    last = y;
  }
  builder.mark_output(last);
  return {std::move(builder).freeze().value(), std::move(calls)};
}

TorchMachine& machine() {
  static const auto machine = open_torch({.threads = 1}).value();
  return *machine;
}

enum Meters : std::int64_t { kNothing, kMeter, kMeterAndClock };

void executor(benchmark::State& state) {
  const Chain given = chain();
  const auto set = machine().kernels(given.calls).value();
  const Kernels kernels = bind_kernels(given.graph, *set).value();
  std::vector<NodeId> sequence(given.graph.nodes().begin(), given.graph.nodes().end());
  const auto size = rounded_sizes(given.graph, 1).value();
  const Program program =
      make_program(given.graph, size, with_frees(given.graph, sequence)).value();
  RunRequest request;
  request.residents.resize(given.graph.value_count());
  request.residents[ValueId{0}] =
      machine().make(given.calls.values[ValueId{0}], Fill{Fill::Kind::ones}).value();
  Machine with = machine().machine(*set);
  if (state.range(0) < kMeterAndClock) with.clock = {};
  if (state.range(0) < kMeter) with.meter = nullptr;
  for ([[maybe_unused]] auto _ : state) {
    auto report = run_program(given.graph, program, kernels, with, request);
    if (!report) state.SkipWithError(report.error().message.c_str());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kOps));
}

void dispatcher(benchmark::State& state) {
  static_cast<void>(machine());
  const c10::InferenceMode inference;
  const auto op = c10::Dispatcher::singleton().findSchemaOrThrow("aten::add", "Tensor");
  const at::Tensor x = at::ones({1});
  torch::jit::Stack stack;
  for ([[maybe_unused]] auto _ : state) {
    at::Tensor last = x;
    for (std::size_t i = 0; i < kOps; ++i) {
      stack.emplace_back(std::move(last));
      stack.emplace_back(x);
      stack.emplace_back(std::int64_t{1});
      op.callBoxed(stack);
      last = std::move(stack.front()).toTensor();
      stack.clear();
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kOps));
}

BENCHMARK(dispatcher)->Unit(benchmark::kMicrosecond);
BENCHMARK(executor)->Arg(kNothing)->Arg(kMeter)->Arg(kMeterAndClock)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace hcb

BENCHMARK_MAIN();
