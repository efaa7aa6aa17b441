// The whole way from a shipped model to the first screen, a plan and its check. What changes with
// every refinement of the op table (bytes, times) is held to relations; what does not is held to
// the letter.
#include <regex>

#include <doctest/doctest.h>

#include "ingest/onnx.h"
#include "report/analyze_text.h"
#include "report/plan_text.h"
#include "schedule/runner.h"
#include "support/places.h"

namespace hcb {
namespace {

struct Model {
  std::string path;
  Options options;
  ForwardModel forward;
  TrainingGraph training;
  TrainingGraph inference;
};

Model load(const std::string& name, std::vector<std::pair<std::string, std::int64_t>> dims,
           std::int64_t permyriad) {
  Options options;
  options.dims = std::move(dims);
  options.memory_budget = Budget{.permyriad = permyriad};
  const std::string path = test::source_dir() + "/examples/" + name;
  auto forward = read_onnx(path, options);
  REQUIRE_MESSAGE(forward.has_value(), forward.error().message);
  auto training = build_graph(*forward, options);
  REQUIRE_MESSAGE(training.has_value(), training.error().message);
  Options inference_options = options;
  inference_options.inference = true;
  auto inference = build_graph(*forward, inference_options);
  REQUIRE_MESSAGE(inference.has_value(), inference.error().message);
  return {path, options, *std::move(forward), *std::move(training), *std::move(inference)};
}

Analysis analysis_of(const Model& model) {
  const AnalysisInput input{.model = model_facts(model.forward),
                            .graph = model.training,
                            .inference = &model.inference,
                            .options = model.options};
  auto analysis = analyze(input);
  REQUIRE_MESSAGE(analysis.has_value(), analysis.error().message);
  return *std::move(analysis);
}

Outlook outlook_of(const Model& model, const Analysis& analysis) {
  Context context;
  auto outlook = look_ahead(model.training.graph, analysis, model.options, context);
  REQUIRE_MESSAGE(outlook.has_value(), outlook.error().message);
  return *std::move(outlook);
}

TEST_CASE("real model: the first screen of GPT-2 under half of its peak") {
  const Model model = load("gpt2.onnx", {{"batch", 8}, {"seq", 1024}}, 5'000);
  const Analysis analysis = analysis_of(model);
  const Outlook outlook = outlook_of(model, analysis);
  const std::string text = analyze_text(analysis, outlook, model.options, "gpt2.onnx");
  const std::string size = "[0-9.]+ (B|[KMGT]iB)";
  const std::regex screen(
      "gpt2\\.onnx   opset \\d+, \\d+ nodes, 124\\.4 M parameters \\(475 MiB\\), float32   "
      "batch=8 seq=1024\n"
      "training    peak " +
      size + " at backward of /lm_head/MatMul   inference " + size +
      "\n"
      "  resident  " +
      size + "   activations " + size + "   gradients " + size + "   stash " + size +
      "   workspace " + size +
      "   \\(AdamW would add 949 MiB\\)\n"
      "verdict     does not fit 50 % of the peak \\(" +
      size +
      "\\); fits with recomputation at "
      "about \\+[0-9.]+ % step time \\(bound \\+[0-9.]+ %\\)\n"
      "alive at the peak \\(top 3 of \\d+\\)              kept by\n"
      "(  [ 0-9.]{4} [KMGT]iB  \\S+ +\\S.*\n){3}"
      "lowest possible " +
      size + " \\(bound " + size +
      ", set by backward of /lm_head/MatMul: "
      "chunk the loss\\)   sqrt regime: --block-size \\d+   next: hcb plan gpt2\\.onnx "
      "--dim batch=8 --dim seq=1024 --memory-budget 50% -o plan\\.json\n"
      "structure   compresses: interval tree about " +
      size + " of " + size +
      " activations \\([0-9.]+ % at a cut\\), \\d+ of \\d+ nodes deep\n"
      "estimates: device a100-80g; no op by default rule\n"
      "(note: .*\n)*");
  CHECK_MESSAGE(std::regex_match(text, screen), text);
}

TEST_CASE("real model: GPT-2's numbers are consistent") {
  const Model model = load("gpt2.onnx", {{"batch", 2}, {"seq", 256}}, 5'000);
  const Analysis analysis = analysis_of(model);
  const Outlook outlook = outlook_of(model, analysis);
  CHECK(analysis.step.composition.total() == analysis.step.peak);
  CHECK(analysis.bound.bytes.bound <= outlook.lowest.peak);
  CHECK(outlook.lowest.peak < analysis.step.peak);
  REQUIRE(analysis.inference_peak.has_value());
  CHECK(*analysis.inference_peak < analysis.step.peak);
  CHECK(analysis.forward_frontier.summary.width <= analysis.frontier.summary.width);
  // logits: 2 x 256 x 50257 float32, alive at least once at the peak or below the bound's node
  CHECK(analysis.bound.bytes.l1 >= analysis.bound.bytes.resident + Bytes{2} * 256 * 50257 * 4);
}

TEST_CASE("real model: what the verdict promises `hcb plan` keeps") {
  for (const char* const name : {"resnet50.onnx", "unet.onnx"}) {
    Model model = load(name, {{"batch", 32}}, 7'000);
    model.options.effort = Effort::fast;
    const Outlook outlook = outlook_of(model, analysis_of(model));
    REQUIRE(outlook.verdict->fit == Fit::with_recomputation);
    Context context;
    const auto made = make_plan(model.training.graph, model.options, context);
    REQUIRE_MESSAGE(made.has_value(), made.error().message);
    CHECK(made->plan.status == PlanStatus::feasible);
    CHECK(made->plan.extra_time <= outlook.verdict->best->extra_time);
    const auto size = rounded_sizes(model.training.graph, model.options.alignment);
    const auto report = check_plan(model.training.graph, *size, made->plan);
    CHECK(check_text("plan.json", made->plan, report)
              .starts_with(std::string("plan.json   holds for ") + name + "\n"));
  }
}

}  // namespace
}  // namespace hcb
