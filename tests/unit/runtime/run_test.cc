#include "runtime/run.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "support/fake_kernels.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

using test::FakeKernels;
using test::tiny_value;

// x(4) ─ a ─ A(8) ─ va ─ V(view of A) ─ b(V) ─ B(8) ─ c(V, B) ─ C(4, output); flags of node a.
Graph chain_with_view(NodeFlags flags_of_a, bool b_in_place = false) {
  GraphBuilder g(Dialect::aten, "view");
  const ValueId x = g.add_resident(tiny_value("x", 4, Role::input));
  const ValueId a = g.add_value(tiny_value("A", 8, Role::activation));
  ValueSpec view = tiny_value("V", 8, Role::activation);
  view.view_of = a;
  const ValueId v = g.add_value(view);
  const ValueId b = g.add_value(tiny_value("B", 8, Role::activation));
  const ValueId c = g.add_value(tiny_value("C", 4, Role::activation));
  g.add_node({.name = "a", .op = "Make", .inputs = {x}, .outputs = {a}, .flags = flags_of_a});
  g.add_node({.name = "va", .op = "View", .inputs = {a}, .outputs = {v}, .flags = {.view = true}});
  NodeSpec make_b{.name = "b", .op = "Op", .inputs = {v}, .outputs = {b}};
  if (b_in_place) make_b.donates = {{.output = 0, .input = 0}};
  g.add_node(make_b);
  g.add_node({.name = "c", .op = "Op", .inputs = {v, b}, .outputs = {c}});
  g.mark_output(c);
  return test::frozen(std::move(g));
}

constexpr NodeId a{0}, va{1}, b{2}, c{3};
const std::vector<NodeId> kOnce{a, va, b, c};
const std::vector<NodeId> kTwice{a, va, b, a, c};  // a again; V is not made by a step any more

struct Outcome {
  Result<RunReport> report;
  std::uint64_t c = 0;  // contents of output C
};

Outcome run(const Graph& graph, FakeKernels& kernels, const std::vector<NodeId>& sequence,
            RunRequest request = {}, std::optional<Machine> machine = {}) {
  const auto size = rounded_sizes(graph, 1).value();
  request.residents = kernels.residents(graph);
  const Program program = make_program(graph, size, with_frees(graph, sequence)).value();
  const Kernels bound = bind_kernels(graph, kernels).value();
  Outcome outcome{run_program(graph, program, bound, machine.value_or(kernels.machine()), request)};
  if (outcome.report) outcome.c = FakeKernels::contents(outcome.report->outputs.at(0).second);
  return outcome;
}

std::vector<Bytes> during(const RunReport& report) {
  std::vector<Bytes> bytes;
  for (const StepRecord& record : report.steps) bytes.push_back(record.during);
  return bytes;
}

#define HCB_KERNELS(name, graph) FakeKernels name(rounded_sizes(graph, 1).value(), 7)

TEST_CASE("a view is made again when its base was") {
  const Graph graph = chain_with_view({});
  HCB_KERNELS(once, graph);
  HCB_KERNELS(twice, graph);
  const Outcome plain = run(graph, once, kOnce);
  const Outcome again = run(graph, twice, kTwice);
  REQUIRE(plain.report);
  REQUIRE(again.report);
  CHECK(once.views.empty());
  CHECK(twice.views.at("va") == 1);
  CHECK(again.c == plain.c);
  // x 4 + A 8; the view 0; + B 8; A again; + C 4.
  CHECK(during(*again.report) == std::vector<Bytes>{12, 12, 20, 20, 24});
  CHECK(again.report->steps[2].after == 12);  // A is freed behind b, its view with it
}

TEST_CASE("an output takes over its donor's storage exactly when the donor ends there") {
  const Graph graph = chain_with_view({}, true);
  HCB_KERNELS(kept, graph);
  HCB_KERNELS(given, graph);
  const Outcome plain = run(graph, kept, kOnce);    // c reads V after b: no reuse
  const Outcome again = run(graph, given, kTwice);  // a runs again for c: B is in A's storage
  CHECK(during(*plain.report) == std::vector<Bytes>{12, 12, 20, 24});
  CHECK(during(*again.report) == std::vector<Bytes>{12, 12, 12, 20, 24});
  CHECK(again.c == plain.c);
}

TEST_CASE("an effect belongs to the first execution") {
  const Graph graph = chain_with_view({.effect = true});
  HCB_KERNELS(once, graph);
  HCB_KERNELS(twice, graph);
  run(graph, once, kOnce);
  run(graph, twice, kTwice);
  CHECK(twice.effects.at("a") == 1);
  CHECK(twice.state == once.state);
}

TEST_CASE("a random node draws the same when it runs again; without the restore it does not") {
  const Graph graph = chain_with_view({.random = true});
  HCB_KERNELS(once, graph);
  HCB_KERNELS(twice, graph);
  HCB_KERNELS(control, graph);
  const Outcome plain = run(graph, once, kOnce);
  const Outcome again = run(graph, twice, kTwice);
  const Outcome loose = run(graph, control, kTwice, {.restore_random = false});
  CHECK(again.c == plain.c);
  CHECK(twice.generator.state() == once.generator.state());
  CHECK(plain.report->random_state == 0);  // nothing runs again, nothing is saved
  CHECK(again.report->random_state ==
        16);  // the saved state and, during the replay, the present one
  REQUIRE(loose.report);
  CHECK(loose.c != plain.c);
  CHECK(control.generator.state() != once.generator.state());
}

TEST_CASE("random nodes that run again need a generator") {
  const Graph graph = chain_with_view({.random = true});
  HCB_KERNELS(kernels, graph);
  Machine machine = kernels.machine();
  machine.random = nullptr;
  CHECK(run(graph, kernels, kTwice, {}, machine).report.error().message ==
        "'a' draws random numbers and runs again, but no generator is given");
}

TEST_CASE("make_program refuses what may not run") {
  const Graph graph = chain_with_view({.never_replay = true});
  const auto size = rounded_sizes(graph, 1).value();
  const auto message = [&](const std::vector<Step>& steps) {
    const auto program = make_program(graph, size, steps);
    CHECK(!program.has_value());
    return program ? std::string() : program.error().message;
  };
  CHECK(message(with_frees(graph, kTwice)) ==
        "step 3 (a): may run once only, and ran at step 0 already");
  CHECK(message({Step::compute(va)}) == "step 0 (va): runs before 'a', which must come first");
  CHECK(message({Step::compute(a), Step::free(BufferId{1}), Step::compute(va)}) ==
        "step 1 (va): reads 'A', which is not held");
  CHECK(message({Step::compute(a), Step::free(BufferId{0})}) ==
        "step 0 (a): frees 'x', a resident");
  CHECK(message({Step::compute(NodeId{9})}) == "step 0: runs node 9, but the graph has 4");
  CHECK(message({Step::compute(a)}) == "node 'va' never runs");
}

TEST_CASE("a limit names step, bytes and prediction") {
  const Graph graph = chain_with_view({});
  HCB_KERNELS(kernels, graph);
  const Outcome outcome =
      run(graph, kernels, kTwice, {.memory_limit = 19, .predicted = {12, 12, 20, 20, 24}});
  REQUIRE(!outcome.report.has_value());
  CHECK(outcome.report.error().kind == ErrorKind::limit);
  CHECK(outcome.report.error().message ==
        "step 2 (run b): 8 bytes asked for with 12 live exceed the limit of 19 bytes; the "
        "prediction for this step is 20");
  CHECK(kernels.counter.live() == 0);
}

// Counts like the one it wraps, but only tells afterwards that a limit was exceeded.
class LateMeter final : public MemoryMeter {
 public:
  explicit LateMeter(ByteCounter& counter) : counter_(counter) {}
  [[nodiscard]] Bytes live() const override { return counter_.live(); }
  [[nodiscard]] Bytes peak() const override { return counter_.peak(); }
  void mark() override { counter_.mark(); }
  void set_limit(std::optional<Bytes> limit) override { limit_ = limit; }
  [[nodiscard]] std::optional<Refusal> refusal() const override {
    if (!limit_ || peak() <= *limit_) return std::nullopt;
    return Refusal{.asked = peak() - *limit_, .live = *limit_};
  }

 private:
  ByteCounter& counter_;
  std::optional<Bytes> limit_;
};

TEST_CASE("a limit that a meter cannot enforce ends the run behind the step that exceeded it") {
  const Graph graph = chain_with_view({});
  HCB_KERNELS(kernels, graph);
  LateMeter meter(kernels.counter);
  Machine machine = kernels.machine();
  machine.meter = &meter;
  const Outcome outcome = run(graph, kernels, kTwice, {.memory_limit = 19}, machine);
  REQUIRE(!outcome.report.has_value());
  CHECK(outcome.report.error().kind == ErrorKind::limit);
  CHECK(outcome.report.error().message ==
        "step 2 (run b): 1 bytes asked for with 19 live exceed the limit of 19 bytes; no "
        "prediction for this step");
  CHECK(run(graph, kernels, kTwice, {.memory_limit = 24}, machine).report.has_value());
}

TEST_CASE("the first step that differs from the prediction is found") {
  const Graph graph = chain_with_view({});
  HCB_KERNELS(kernels, graph);
  const Outcome outcome = run(graph, kernels, kTwice, {.predicted = {12, 12, 20, 21, 24}});
  CHECK(outcome.report->first_difference() == 3);
}

TEST_CASE("durations come from the clock; recomputation is told apart") {
  const Graph graph = chain_with_view({});
  HCB_KERNELS(kernels, graph);
  Machine machine = kernels.machine();
  Nanos now = 0;
  machine.clock = [&now] { return now += 5; };  // each step reads it twice
  const Outcome outcome = run(graph, kernels, kTwice, {}, machine);
  CHECK(outcome.report->time == 5 * 5);
  CHECK(outcome.report->recompute_time == 5);
}

TEST_CASE("state is written back behind the last step") {
  const Graph graph = chain_with_view({});
  HCB_KERNELS(kernels, graph);
  const ValueId x{0};
  const ValueId out = graph.outputs()[0];
  RunRequest request{.residents = kernels.residents(graph), .write_back = {{out, x}}};
  const Handle target = request.residents[x];
  const std::uint64_t before = FakeKernels::contents(target);
  const Program program =
      make_program(graph, rounded_sizes(graph, 1).value(), with_frees(graph, kTwice)).value();
  const Kernels bound = bind_kernels(graph, kernels).value();
  const auto report = run_program(graph, program, bound, kernels.machine(), request);
  REQUIRE(report);
  CHECK(FakeKernels::contents(target) == FakeKernels::contents(report->outputs[0].second));
  CHECK(FakeKernels::contents(target) != before);
  request.write_back = {{x, x}};
  CHECK(run_program(graph, program, bound, kernels.machine(), request).error().message ==
        "'x' is written back but is no output");
}

TEST_CASE("missing ops and missing residents are listed together") {
  const Graph graph = chain_with_view({});
  HCB_KERNELS(kernels, graph);
  kernels.missing_ops = {"Op", "View"};
  CHECK(bind_kernels(graph, kernels).error().message ==
        "2 ops are not available here: Op (2 nodes, first 'b'), View (1 nodes, first 'va')");
  const Graph tiny = test::tiny_training();
  HCB_KERNELS(all, tiny);
  const Program program =
      make_program(tiny, rounded_sizes(tiny, 1).value(), with_frees(tiny, plain_sequence(tiny)))
          .value();
  const Kernels bound = bind_kernels(tiny, all).value();
  CHECK(run_program(tiny, program, bound, all.machine(), {}).error().message ==
        "no contents given for 'x', 'w1', 'w2'");
}

}  // namespace
}  // namespace hcb
