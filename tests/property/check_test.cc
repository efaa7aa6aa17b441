// Simulator and checker share no code. On random training graphs and random valid sequences they
// must agree, and no damage to a plan may pass the checker unless the simulator, too, finds nothing
// wrong with what is left.
#include "check/check.h"

#include <algorithm>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "plan/fingerprint.h"
#include "plan/projection.h"
#include "support/graphs.h"

namespace hcb {
namespace {

// Does `n` read a resident that has been overwritten?
bool reads_mutated(const Graph& graph, NodeId n, const IdVector<BufferId, char>& mutated) {
  return std::ranges::any_of(
      graph.inputs(n), [&](ValueId v) { return v != kNone<ValueId> && mutated[graph.buffer(v)]; });
}

// The plain order with executions of nodes that have run before thrown in. Whatever ran before left
// its values, so any of them may run again, unless it may not or its parameter is overwritten.
std::vector<NodeId> random_sequence(const Graph& graph, Prng& random, int percent) {
  std::vector<NodeId> sequence;
  IdVector<BufferId, char> mutated(graph.buffer_count(), 0);
  for (const NodeId n : graph.nodes()) {
    while (!sequence.empty() && random.chance(percent)) {
      const NodeId again = sequence[random.below(sequence.size())];
      if (!graph.flags(again).never_replay && !reads_mutated(graph, again, mutated))
        sequence.push_back(again);
    }
    sequence.push_back(n);
    for (const BufferId b : graph.makes(n)) {
      const BufferId donor = graph.donor(b);
      if (donor != kNone<BufferId> && graph.resident(donor)) mutated[donor] = 1;
    }
  }
  return sequence;
}

struct Case {
  Graph graph;
  IdVector<BufferId, Bytes> size;
  Plan plan;
};

// A plan whose claims are what the simulator says.
Plan plan_of(const Graph& graph, const IdVector<BufferId, Bytes>& size,
             const std::vector<NodeId>& sequence) {
  const auto simulated = simulate(graph, sequence, size);
  const auto plain = simulate(graph, plain_sequence(graph), size);
  if (!simulated) RC_FAIL(simulated.error().message);
  RC_ASSERT(plain.has_value());
  Plan plan;
  plan.graph = graph_record(graph);
  plan.strategy = "random";
  plan.peak = simulated->peak;
  plan.extra_time = simulated->extra_time;
  plan.base_peak = plain->peak;
  plan.base_time = plain->time;
  plan.steps = with_frees(graph, sequence);
  plan.save_nodes = saved_at_turn(graph, plan.steps);
  return plan;
}

// RapidCheck lets numbers grow with the test; a seed is to be any number from the first one on.
std::uint64_t any_seed() {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::arbitrary<std::uint64_t>());
}

Case random_case() {
  const std::uint64_t seed = any_seed();
  const auto nodes = *rc::gen::inRange<std::size_t>(1, 40);
  const auto percent = *rc::gen::inRange(0, 60);
  const bool optimizer = *rc::gen::arbitrary<bool>();
  Graph graph = random_training_graph(seed, nodes, {.optimizer = optimizer});
  const auto alignment = *rc::gen::element<Bytes>(1, 8, 512);
  auto size = rounded_sizes(graph, alignment);
  RC_ASSERT(size.has_value());
  Prng random(seed + 1);
  Plan plan = plan_of(graph, *size, random_sequence(graph, random, percent));
  return {std::move(graph), *std::move(size), std::move(plan)};
}

std::string first_message(const CheckReport& report) {
  return report.findings.empty() ? std::string{} : report.findings.front().message;
}

TEST_CASE("simulator and checker agree on random valid sequences") {
  CHECK(rc::check([] {
    const Case c = random_case();
    const CheckReport report = check_plan(c.graph, c.size, c.plan);
    RC_ASSERT(first_message(report) == std::string{});
    RC_ASSERT(report.peak == c.plan.peak);
    RC_ASSERT(report.extra_time == c.plan.extra_time);
  }));
}

TEST_CASE("the projection of a random set of kept values is a valid schedule") {
  CHECK(rc::check([] {
    Case c = random_case();
    Projection projection;
    for (const BufferId b : c.plan.save_nodes) {
      if (*rc::gen::arbitrary<bool>()) projection.kept.push_back(b);
    }
    const auto simulated = simulate(c.graph, projected_sequence(c.graph, projection.kept), c.size);
    RC_PRE(simulated.has_value());  // a parameter may be overwritten before a value is made again
    projection.peak = simulated->peak;
    projection.extra_time = simulated->extra_time;
    c.plan.projection = projection;
    RC_ASSERT(first_message(check_plan(c.graph, c.size, c.plan)) == std::string{});
    for (const auto count : simulated->count) RC_ASSERT(count <= 2U);
  }));
}

using Change = void (*)(Plan&, Prng&);

const std::vector<Change> kStepChanges{
    [](Plan& p, Prng& r) {  // leave a step out
      p.steps.erase(p.steps.begin() + static_cast<std::ptrdiff_t>(r.below(p.steps.size())));
    },
    [](Plan& p, Prng& r) {  // swap two steps
      std::swap(p.steps[r.below(p.steps.size())], p.steps[r.below(p.steps.size())]);
    },
    [](Plan& p, Prng& r) {  // move a step
      const std::size_t from = r.below(p.steps.size());
      const Step step = p.steps[from];
      p.steps.erase(p.steps.begin() + static_cast<std::ptrdiff_t>(from));
      p.steps.insert(p.steps.begin() + static_cast<std::ptrdiff_t>(r.below(p.steps.size() + 1)),
                     step);
    },
    [](Plan& p, Prng& r) {  // repeat a step somewhere
      const Step step = p.steps[r.below(p.steps.size())];
      p.steps.insert(p.steps.begin() + static_cast<std::ptrdiff_t>(r.below(p.steps.size() + 1)),
                     step);
    },
    [](Plan& p, Prng& r) {  // another id
      Step& step = p.steps[r.below(p.steps.size())];
      const std::size_t count =
          step.kind == StepKind::compute ? p.graph.nodes.size() : p.graph.buffers.size();
      step.id = static_cast<std::uint32_t>(r.below(count + 1));
    },
    [](Plan& p, Prng& r) {  // compute becomes free, or the other way round
      Step& step = p.steps[r.below(p.steps.size())];
      step.kind = step.kind == StepKind::compute ? StepKind::free : StepKind::compute;
    },
};

bool random_order_kept(const Graph& graph, const std::vector<NodeId>& sequence) {
  NodeId last = NodeId{0};
  IdVector<NodeId, char> seen(graph.node_count(), 0);
  for (const NodeId n : sequence) {
    if (seen[n] || !graph.flags(n).random) continue;
    if (n < last) return false;
    seen[n] = 1;
    last = n;
  }
  return true;
}

TEST_CASE("damaged steps are found, or the simulator accepts what is left with the same claims") {
  int tried = 0;
  int passed = 0;
  CHECK(rc::check([&] {
    ++tried;
    Case c = random_case();
    Prng random(any_seed());
    kStepChanges[random.below(kStepChanges.size())](c.plan, random);
    const CheckReport report = check_plan(c.graph, c.size, c.plan);
    if (!report.findings.empty()) return;
    ++passed;
    const auto sequence = executions(c.plan);
    const auto simulated = simulate(c.graph, sequence, c.size);
    RC_ASSERT(simulated.has_value());
    RC_ASSERT(simulated->extra_time == c.plan.extra_time);
    // Frees may come later than they could, never earlier.
    RC_ASSERT(simulated->peak <= c.plan.peak);
    RC_ASSERT(report.peak == c.plan.peak);
    RC_ASSERT(random_order_kept(c.graph, sequence));
  }));
  CHECK(2 * passed < tried);  // most damage is damage
}

const std::vector<Change> kClaimChanges{
    [](Plan& p, Prng& r) { p.peak += 1 + r.between(0, 1000); },
    [](Plan& p, Prng& r) { p.peak -= 1 + r.between(0, 3); },
    [](Plan& p, Prng& r) { p.extra_time += 1 + r.between(0, 1000); },
    [](Plan& p, Prng& r) { p.base_peak += 1 + r.between(0, 1000); },
    [](Plan& p, Prng& r) { p.base_time += 1 + r.between(0, 1000); },
    [](Plan& p, Prng&) { p.status = PlanStatus::feasible; },
    [](Plan& p, Prng&) { p.status = PlanStatus::over_budget; },
    [](Plan& p, Prng&) { p.budget = p.peak; },
    [](Plan& p, Prng& r) {
      p.budget = p.peak - 1 - r.between(0, 1000);
      p.status = PlanStatus::feasible;
    },
    [](Plan& p, Prng&) { p.save_nodes.push_back(BufferId{0}); },
    [](Plan& p, Prng& r) {
      auto& nodes = p.graph.nodes;
      nodes[r.below(nodes.size())].digest ^= 1ULL << r.below(64);
    },
    [](Plan& p, Prng&) { p.graph.nodes.pop_back(); },
    [](Plan& p, Prng& r) {
      auto& buffers = p.graph.buffers;
      buffers[r.below(buffers.size())].bytes += 1;
    },
    [](Plan& p, Prng& r) { p.graph.fingerprint[r.below(32)] ^= 1; },
    [](Plan& p, Prng&) { p.blocks = {{0, 1, 0}}; },
    [](Plan& p, Prng&) { p.interval_tree = {{0, 1, {}}}; },
    [](Plan& p, Prng&) { p.projection = Projection{{}, -1, -1}; },
};

TEST_CASE("every false claim is found") {
  CHECK(rc::check([] {
    Case c = random_case();
    Prng random(any_seed());
    kClaimChanges[random.below(kClaimChanges.size())](c.plan, random);
    RC_ASSERT(!check_plan(c.graph, c.size, c.plan).findings.empty());
  }));
}

}  // namespace
}  // namespace hcb
