// Plans of store-all and of the strategies that take a block size, on random training graphs, run
// with kernels that compute hashes: every output, effect and the generator end as under store-all,
// and bytes are the simulator's at every step.
#include <algorithm>
#include <string>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "analysis/memory_bounds.h"
#include "check/simulate.h"
#include "schedule/forward_order.h"
#include "schedule/runner.h"
#include "support/fake_kernels.h"
#include "support/graphs.h"
#include "support/rebuild.h"

namespace hcb {
namespace {

using test::FakeKernels;

Graph any_training_graph() {
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto nodes = *rc::gen::inRange<std::size_t>(1, 60).as("forward nodes");
  RandomGraphOptions options;
  options.optimizer = *rc::gen::arbitrary<bool>().as("optimizer");
  options.random = *rc::gen::element(5, 40).as("random %");
  options.effects = *rc::gen::element(5, 40).as("effects %");
  options.views = *rc::gen::element(10, 40).as("views %");
  options.in_place = *rc::gen::element(8, 40).as("in place %");
  options.never_replay = *rc::gen::element(0, 3).as("never replayed %");
  return random_training_graph(seed, nodes, options);
}

// Between what is proved to be needed and what the plain step takes.
Budget any_budget(const Graph& graph, Bytes alignment) {
  const auto size = rounded_sizes(graph, alignment).value();
  const Bytes least = std::max<Bytes>(memory_lower_bounds(graph, size).bound, 1);
  const Bytes plain = simulate(graph, plain_sequence(graph), size).value().peak;
  return {.bytes = *rc::gen::inRange<Bytes>(least, plain + 1).as("budget")};
}

Options any_options(const Graph& graph) {
  const std::size_t counted = forward_order(graph).counted;
  std::vector<std::string> names = {"store-all"};
  for (const Strategy& strategy : strategies()) {
    if (std::ranges::find(strategy.reads, "block-size") != strategy.reads.end())
      names.emplace_back(strategy.name);
  }
  Options options;
  options.strategy = *rc::gen::elementOf(names);
  options.alignment = *rc::gen::element<Bytes>(1, 64);
  if (options.strategy != "store-all" && counted > 0) {
    options.block_size_given = true;
    options.block_size = *rc::gen::inRange<std::int64_t>(1, static_cast<std::int64_t>(counted) + 1);
  }
  if (options.strategy == "chain-dp") options.memory_budget = any_budget(graph, options.alignment);
  return options;
}

Plan must_plan(const Graph& graph, const Options& options) {
  Context context;
  auto result = make_plan(graph, options, context);
  if (!result) RC_FAIL(result.error().message);
  return result->plan;
}

// A run on its own kernels, with everything it leaves.
struct Ran {
  FakeKernels kernels;
  std::optional<Result<RunReport>> report;
  Bytes resident = 0;

  Ran(const Graph& graph, const IdVector<BufferId, Bytes>& size, std::span<const Step> steps,
      std::optional<Bytes> limit = {}, bool restore = true)
      : kernels(size, 42) {
    RunRequest request{.residents = kernels.residents(graph),
                       .write_back = {},
                       .memory_limit = limit,
                       .predicted = {},
                       .restore_random = restore};
    resident = kernels.counter.live();
    std::vector<NodeId> sequence;
    for (const Step& step : steps)
      if (step.kind == StepKind::compute) sequence.push_back(id_at<NodeId>(step.id));
    request.predicted = simulate(graph, sequence, size).value().memory;
    const Program program = make_program(graph, size, steps).value();
    const Kernels bound = bind_kernels(graph, kernels).value();
    report = run_program(graph, program, bound, kernels.machine(), request);
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> outputs() const {
    std::vector<std::pair<std::string, std::uint64_t>> all;
    for (const auto& [name, handle] : (*report)->outputs)
      all.emplace_back(name, FakeKernels::contents(handle));
    return all;
  }
};

void require_ok(const Ran& ran) {
  if (!*ran.report) RC_FAIL(ran.report->error().message);
}

std::vector<Step> plain_steps(const Graph& graph) {
  return with_frees(graph, plain_sequence(graph));
}

TEST_CASE("every plan ends as store-all does, with the simulator's bytes at every step") {
  CHECK(rc::check("bits and bytes", [] {
    const Graph graph = any_training_graph();
    const Options options = any_options(graph);
    const auto size = rounded_sizes(graph, options.alignment).value();
    const Plan plan = must_plan(graph, options);
    Ran all(graph, size, plain_steps(graph));
    Ran ran(graph, size, plan.steps);
    require_ok(all);
    require_ok(ran);
    RC_ASSERT(ran.outputs() == all.outputs());
    RC_ASSERT(ran.kernels.state == all.kernels.state);
    RC_ASSERT(ran.kernels.effects == all.kernels.effects);
    RC_ASSERT(ran.kernels.generator.state() == all.kernels.generator.state());
    const RunReport& report = **ran.report;
    RC_ASSERT(!report.first_difference().has_value());
    RC_ASSERT(report.resident == report.predicted_resident);
    RC_ASSERT(report.peak == plan.peak);
    // Behind the run only what the caller holds is left: outputs; without them nothing.
    ran.report.reset();
    RC_ASSERT(ran.kernels.counter.live() == 0);
  }));
}

TEST_CASE("a plan runs under exactly its peak and not under one byte less") {
  CHECK(rc::check("limit", [] {
    const Graph graph = any_training_graph();
    const Options options = any_options(graph);
    const auto size = rounded_sizes(graph, options.alignment).value();
    const Plan plan = must_plan(graph, options);
    const Ran enough(graph, size, plan.steps, plan.peak);
    require_ok(enough);
    Ran short_of_one(graph, size, plan.steps, plan.peak - 1);
    RC_ASSERT(!short_of_one.report->has_value());
    const Error& error = short_of_one.report->error();
    RC_ASSERT(error.kind == ErrorKind::limit);
    if (plan.peak > short_of_one.resident) {
      const auto peak = (*enough.report)->steps[(*enough.report)->peak_step];
      const std::string place = "step " + std::to_string((*enough.report)->peak_step) + " (" +
                                (peak.again ? "recompute " : "run ") +
                                std::string(graph.name(peak.node)) + "): ";
      RC_ASSERT(error.message.starts_with(place));
      RC_ASSERT(
          error.message.ends_with("the prediction for this step is " + std::to_string(plan.peak)));
    }
    RC_ASSERT(short_of_one.kernels.counter.live() == 0);
  }));
}

}  // namespace
}  // namespace hcb
