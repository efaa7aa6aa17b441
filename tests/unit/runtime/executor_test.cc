#include "runtime/executor.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/fake_kernels.h"
#include "support/graphs.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

// Writes the calls down: F0-2 is run_forward(0, 2), B is run_backward.
struct Calls {
  Executor executor;
  std::string log;
  std::size_t fail_at = 99;

  BackwardCallbacks callbacks() {
    return {.run_forward = [this](std::size_t a, std::size_t b) -> Result<Checkpoint> {
              log += "F" + std::to_string(a) + "-" + std::to_string(b) + " ";
              if (a > 0) CHECK(executor.checkpoints().get(a).has_value());
              for (std::size_t p = a; p < b; ++p) executor.activations().add(p, nullptr, 1);
              return Checkpoint{nullptr, 10};
            },
            .run_backward = [this](std::size_t a, std::size_t b) -> Result<void> {
              log += "B" + std::to_string(a) + "-" + std::to_string(b) + " ";
              CHECK(executor.activations().bytes() == static_cast<Bytes>(b - a));
              if (a == fail_at) return fail(ErrorKind::internal, "broken");
              return {};
            },
            .prepare_loss = [this](const Handle&) -> Result<void> {
              return log += "loss ", Result<void>{};
            },
            .finalize = [this]() -> Result<void> { return log += "end", Result<void>{}; }};
  }
};

Result<void> no_autograd(const Handle&) { return fail(ErrorKind::internal, "autograd was called"); }

TEST_CASE("backward halves the blocks and keeps one checkpoint per level") {
  const Graph graph = unit_chain(4);
  Calls calls;
  REQUIRE(calls.executor.configure(graph, 1));
  const auto profile = calls.executor.backward(nullptr, no_autograd, calls.callbacks());
  REQUIRE(profile);
  CHECK(calls.log == "loss F0-2 F2-3 F3-4 B3-4 F2-3 B2-3 F0-1 F1-2 B1-2 F0-1 B0-1 end");
  CHECK(profile->forward_nodes == 8);     // 4 · (1 + 2/2)
  CHECK(profile->most_checkpoints == 2);  // log2 4
  CHECK(profile->peak == 2 * 10 + 1);
}

TEST_CASE("blocks of three: the last one is short; 2^e blocks run L (1 + e/2) nodes") {
  const Graph seven = unit_chain(7);
  Calls calls;
  REQUIRE(calls.executor.configure(seven, 3));
  REQUIRE(calls.executor.backward(nullptr, no_autograd, calls.callbacks()));
  CHECK(calls.log == "loss F0-3 F3-6 F6-7 B6-7 F3-6 B3-6 F0-3 B0-3 end");
  const Graph chain = unit_chain(64);
  Calls long_ones;
  REQUIRE(long_ones.executor.configure(chain, 1));
  const auto profile = long_ones.executor.backward(nullptr, no_autograd, long_ones.callbacks());
  CHECK(profile->forward_nodes == 64 * 4);
}

TEST_CASE("a failing callback leaves no checkpoint; without callbacks autograd does it all") {
  const Graph graph = unit_chain(4);
  MemoryCheckpointStore store;
  Calls calls{
      .executor = Executor({.machine = {}, .checkpoints = &store}), .log = {}, .fail_at = 2};
  REQUIRE(calls.executor.configure(graph, 1));
  const auto result = calls.executor.backward(nullptr, no_autograd, calls.callbacks());
  CHECK(result.error().message == "broken");
  CHECK(store.size() == 0);
  CHECK(calls.executor.activations().bytes() == 0);
  CHECK(calls.executor.backward(nullptr, no_autograd).error().message == "autograd was called");
}

TEST_CASE("execute runs a plan, and refuses one for another graph") {
  const Graph graph = test::tiny_training();
  const Plan plan = test::tiny_plan(graph);
  test::FakeKernels kernels(rounded_sizes(graph, 1).value(), 1);
  Executor executor({.machine = kernels.machine()});
  CHECK(executor.execute(plan, {}).error().message == "the executor is not configured");
  REQUIRE(executor.configure(graph, 2));
  RunRequest request;
  request.residents = kernels.residents(graph);
  request.memory_limit = 46;
  const auto report = executor.execute(plan, request);
  REQUIRE(report);
  CHECK(report->peak == 46);
  const Graph other = test::frozen(test::tiny_builder(12));
  REQUIRE(executor.configure(other, 2));
  CHECK(executor.execute(plan, request)
            .error()
            .message.starts_with("the plan is for another graph: "));
}

}  // namespace
}  // namespace hcb
