// The regression gate of the search: on eight generated graphs and eight exported ones, under a
// fixed work limit, the exact extra time, peak and work. A change of the trajectory shows here; it
// is welcome where the extra times do not grow. On exported graphs a change of the op table or of
// the device's profile shows as well.
#include <array>
#include <string>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "cli/model.h"
#include "schedule/search/planner.h"
#include "support/graphs.h"
#include "support/places.h"

namespace hcb::search {
namespace {

struct Case {
  std::string name;
  Graph (*graph)();
  std::int64_t percent;  // of the base peak
  Nanos extra;
  Bytes peak;
  std::uint64_t work;
};

const std::array<Case, 8> kCases{{
    {"chain of 64 at 30 %", [] { return unit_chain(64); }, 30, 47, 20, 65497},
    {"chain of 64 at 20 %", [] { return unit_chain(64); }, 20, 63, 13, 1000643},
    {"training 1", [] { return random_training_graph(1, 60); }, 70, 126, 2212, 1001267},
    {"training 2", [] { return random_training_graph(2, 120); }, 70, 228, 4608, 1000900},
    {"training 3", [] { return random_training_graph(3, 200); }, 80, 138, 8592, 1001001},
    {"optimizer", [] { return random_training_graph(4, 80, {.optimizer = true}); }, 90, 5, 3852,
     1000158},
    {"layered", [] { return layered_graph(5, 12, 6); }, 97, 12, 320, 1000002},
    {"transformer", [] { return transformer_graph(4, 400); }, 80, 17408, 35504388, 1273214},
}};

struct Exported {
  std::string path;  // in the checkout
  std::vector<std::pair<std::string, std::int64_t>> dims;
  std::int64_t percent;  // of the base peak
  Nanos extra;
  Bytes peak;
  std::uint64_t work;
};

const std::array<Exported, 8> kExported{{
    {"tests/data/steps/cnn.hcb", {}, 90, 4004, 36864, 1056},
    {"tests/data/steps/resnet18.hcb", {}, 90, 8698, 5792768, 1000337},
    {"tests/data/steps/unet.hcb", {}, 70, 85304, 1083904, 1000812},
    {"tests/data/steps/bert.hcb", {}, 85, 24082, 296960, 1000051},
    {"tests/data/steps/gpt_math.hcb", {}, 60, 112656, 806400, 1000027},
    {"examples/resnet50.onnx", {{"batch", 8}}, 60, 912861, 502452224, 1002195},
    {"examples/vit.onnx", {{"batch", 8}}, 60, 1469921, 1031139328, 1003649},
    {"examples/gpt2.onnx", {{"batch", 8}, {"seq", 512}}, 60, 7425392, 4660440064, 1000040},
}};

template <class Expected>
void check_gate(const Graph& graph, Bytes alignment, const Expected& expected) {
  const auto size = rounded_sizes(graph, alignment);
  const Bytes budget = simulate(graph, plain_sequence(graph), *size)->peak * expected.percent / 100;
  Context context;
  const auto outcome = plan_under_budget(
      graph, *size, budget, {},
      {.work_limit = 1'000'000, .bounds = {}, .scope = Scope::given_order}, context);
  REQUIRE(outcome.has_value());
  REQUIRE(outcome->found.has_value());
  CHECK(outcome->found->extra == expected.extra);
  CHECK(outcome->found->peak == expected.peak);
  CHECK(outcome->work == expected.work);
  CHECK(outcome->found->extra >= outcome->bound.extra_time);
  CHECK(simulate(graph, outcome->found->sequence, *size)->peak <= budget);
}

}  // namespace

TEST_CASE("search gate: extra time, peak and work on eight generated graphs") {
  for (const Case& c : kCases) {
    CAPTURE(c.name);
    check_gate(c.graph(), 1, c);
  }
}

TEST_CASE("search gate: extra time, peak and work on eight exported graphs") {
  for (const Exported& e : kExported) {
    CAPTURE(e.path);
    Options options;
    options.dims = e.dims;
    const auto model = load_model(test::source_dir() + "/" + e.path, options, false);
    REQUIRE_MESSAGE(model.has_value(), model.error().message);
    check_gate(model->training.graph, options.alignment, e);
  }
}

TEST_CASE("search gate: a tight budget is approached in rungs") {
  Options options;
  options.dims = {{"batch", 8}};
  const auto model = load_model(test::source_dir() + "/examples/resnet50.onnx", options, false);
  REQUIRE(model.has_value());
  const Graph& graph = model->training.graph;
  const auto size = rounded_sizes(graph, options.alignment);
  const Bytes base = simulate(graph, plain_sequence(graph), *size)->peak;
  Nanos before = 0;
  for (const std::int64_t percent : {40, 36, 32}) {
    CAPTURE(percent);
    Context context;
    const auto outcome = plan_under_budget(
        graph, *size, base * percent / 100, {},
        {.work_limit = 2'000'000, .bounds = {}, .scope = Scope::given_order}, context);
    REQUIRE(outcome.has_value());
    REQUIRE(outcome->found.has_value());
    CHECK(outcome->found->extra > before);
    CHECK(outcome->found->extra < base_time(graph));  // 209 % at 36 before there were rungs
    before = outcome->found->extra;
  }
}

TEST_CASE("a greater work limit never gives a worse plan") {
  const Graph graph = random_training_graph(7, 150);
  const auto size = rounded_sizes(graph, 1);
  const Problem problem(graph, *size, *resident_bytes(graph, *size));
  const Bytes budget = simulate(graph, plain_sequence(graph), *size)->peak * 80 / 100;
  Search once(problem, budget);
  Search often(problem, budget);
  const Context context;
  REQUIRE(once.add_start(plain_sequence(graph), 0, context));
  REQUIRE(often.add_start(plain_sequence(graph), 0, context));
  once.run(2'000'000, 0, context);
  Nanos before = often.best()->extra;
  for (std::uint64_t limit = 100'000; limit <= 2'000'000; limit += 100'000) {
    often.run(limit, 0, context);
    CHECK(often.best()->extra <= before);
    before = often.best()->extra;
  }
  CHECK(often.best()->sequence == once.best()->sequence);
}

}  // namespace hcb::search
