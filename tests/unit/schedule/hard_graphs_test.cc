// The interval tree on what breaks planners that think in chains (support/hard_graphs.h). Something
// small that every layer reads must not pull the backward to the block that makes it: with the
// value made in the graph the peak is at most 1.1 times the peak with the value resident, whether
// or not the graph says which backward node belongs to which forward node.
#include "support/hard_graphs.h"

#include <string>

#include <doctest/doctest.h>

#include "check/simulate.h"
#include "schedule/runner.h"
#include "support/rebuild.h"

namespace hcb {
namespace {

PlanResult must_plan(const Graph& graph, const Options& options) {
  Context context;
  auto result = make_plan(graph, options, context);
  if (!result) FAIL(result.error().message);
  return *std::move(result);
}

Options with_block_size(std::int64_t block_size) {
  Options options;
  options.block_size = block_size;
  options.block_size_given = true;
  return options;
}

std::string all_notes(const PlanResult& result) {
  std::string text;
  for (const std::string& note : result.notes) text += note + "\n";
  return text;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct EarlyCase {
  const char* name;
  Graph (*make)(std::size_t layers, Early early);
};

TEST_CASE("a value made early and read everywhere costs at most a tenth over having it resident") {
  const EarlyCase cases[] = {{"rotary tables", rope_decoder},
                             {"multiplied mask", masked_decoder},
                             {"shared scalar", scaled_decoder}};
  Options periodic;
  periodic.strategy = "periodic";
  for (const EarlyCase& early : cases) {
    for (const bool forget : {false, true}) {
      for (const Options& options :
           {Options{}, periodic, with_block_size(8), with_block_size(17)}) {
        CAPTURE(early.name);
        CAPTURE(forget);
        CAPTURE(options.strategy);
        CAPTURE(options.block_size.value_or(0));
        const Rebuild how{.forget_forward = forget, .shuffle = {}};
        const Plan computed =
            must_plan(rebuilt(early.make(12, Early::computed), how), options).plan;
        const Plan resident =
            must_plan(rebuilt(early.make(12, Early::resident), how), options).plan;
        CHECK(10 * computed.peak <= 11 * resident.peak);
        CHECK(3 * computed.peak < computed.base_peak);
      }
    }
  }
}

TEST_CASE(
    "encoder-decoder: the encoder's output is named as what every decoder block holds on to") {
  const PlanResult result = must_plan(encoder_decoder(6), {});
  CHECK(3 * result.plan.peak < result.plan.base_peak);
  CHECK(contains(all_notes(result), "1 value spans more than"));
  CHECK(contains(all_notes(result), "encoder.out (256 KiB, blocks "));
}

TEST_CASE("U-Net: the skips are named, and auto closes the ones that make the frontier wide") {
  // Level 0 hands 131,072 float32 (512 KiB) across, each level below half of it; the innermost skip
  // spans too few blocks to count.
  const Graph graph = u_net(4, 4);
  const PlanResult fixed = must_plan(graph, with_block_size(8));
  CHECK(contains(all_notes(fixed),
                 "896 KiB of it because 3 values span more than 2 blocks: "
                 "down0.skip (512 KiB, blocks "));
  CHECK(contains(all_notes(fixed), "down1.skip (256 KiB, blocks "));
  CHECK(contains(all_notes(fixed), "down2.skip (128 KiB, blocks "));
  const PlanResult best = must_plan(graph, {});
  CHECK(contains(all_notes(best), "down0.skip (512 KiB, blocks "));
  CHECK(best.plan.peak < fixed.plan.peak);
}

TEST_CASE("with a budget auto takes the least extra time that fits, not the least peak") {
  const Graph graph = rope_decoder(12, Early::computed);
  Options options;
  options.strategy = "interval-tree";
  const Plan least = must_plan(graph, options).plan;
  options.memory_budget = Budget{.bytes = 0, .permyriad = 4000};
  const Plan fitting = must_plan(graph, options).plan;
  CHECK(fitting.status == PlanStatus::feasible);
  CHECK(fitting.peak <= *fitting.budget);
  CHECK(fitting.peak > least.peak);
  CHECK(fitting.extra_time < least.extra_time / 2);
}

}  // namespace
}  // namespace hcb
