#include "report/explain_text.h"

#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "check/simulate.h"
#include "report/explain_json.h"
#include "support/golden.h"
#include "support/json_keys.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

struct Told {
  TrainingGraph training{test::tiny_training(), {}};
  Options options;
  IdVector<BufferId, Bytes> size;
  Analysis analysis;
  Explanation explanation;
};

Told tell(std::optional<Bytes> budget, std::optional<Plan> plan = std::nullopt) {
  Told told;
  const Graph& graph = told.training.graph;
  told.options.alignment = 1;
  if (budget) told.options.memory_budget = Budget{.bytes = *budget};
  told.size = rounded_sizes(graph, 1).value();
  told.analysis =
      analyze({.model = {.name = "tiny"}, .graph = told.training, .options = told.options}).value();
  Context context;
  Explanation& e = told.explanation;
  e.model = "tiny";
  e.training = true;
  e.costs = "estimates: device a100-80g";
  e.base_time = told.analysis.base_time;
  e.bound = told.analysis.bound;
  e.witness = witness_parts(graph, told.size, e.bound.bytes);
  e.plan = std::move(plan);
  const auto sequence = e.plan ? executions(*e.plan) : plain_sequence(graph);
  e.peak = peak_story(graph, told.size, sequence).value();
  e.reliefs = relief_rows(graph, told.size, sequence, e.peak, context);
  if (e.plan) e.again = again_rows(graph, *e.plan);
  if (budget) e.outlook = look_ahead(graph, told.analysis, told.options, context).value();
  return told;
}

std::string text_of(const Told& told) {
  return explain_text(told.training.graph, told.size, told.explanation, told.analysis, told.options,
                      "tiny.onnx");
}

TEST_CASE("explain text: the plain step") {
  CHECK(golden_difference(text_of(tell(std::nullopt)), "report/explain_tiny.txt") == "");
}

TEST_CASE("explain text: a budget that recomputation meets") {
  CHECK(golden_difference(text_of(tell(48)), "report/explain_fits.txt") == "");
}

TEST_CASE("explain text: a budget that nothing meets, and what would help") {
  Told told = tell(40);
  told.explanation.smaller = {{" --batch 4", "8", 21, 30}, {" --dim seq=8", "16", 41, 50}};
  told.explanation.bound.advice = "chunk the loss";
  CHECK(golden_difference(text_of(told), "report/explain_impossible.txt") == "");
}

TEST_CASE("explain text: a plan") {
  const Plan plan = test::tiny_bounded_plan(test::tiny_training());
  CHECK(golden_difference(text_of(tell(std::nullopt, plan)), "report/explain_plan.txt") == "");
}

TEST_CASE("explain JSON: every key is documented, and every documented key is written") {
  Told impossible = tell(40);
  impossible.explanation.smaller = {{" --batch 4", "8", 21, 30}};
  Told planned = tell(std::nullopt, test::tiny_bounded_plan(test::tiny_training()));
  std::set<std::string> written;
  for (const Told* told : {&impossible, &planned}) {
    const std::string json = explain_json(told->training.graph, told->explanation);
    test::collect_keys(nlohmann::ordered_json::parse(json), "", written);
  }
  CHECK(written == test::documented_keys("explain-json.md"));
}

TEST_CASE("explain JSON: the whole document") {
  const Told told = tell(std::nullopt, test::tiny_bounded_plan(test::tiny_training()));
  CHECK(golden_difference(explain_json(told.training.graph, told.explanation),
                          "report/explain.json") == "");
}

}  // namespace
}  // namespace hcb
