#include "report/analyze_text.h"

#include <doctest/doctest.h>

#include "support/golden.h"
#include "support/tiny_training.h"
#include "unit/report/fabricated.h"

namespace hcb {
namespace {

std::string line_of(const std::string& text, const std::string& start) {
  const std::size_t at = text.find("\n" + start);
  REQUIRE_MESSAGE(at != std::string::npos, text);
  return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
}

std::string verdict_line(const Outlook& outlook) {
  return line_of(analyze_text(fabricated_analysis(), outlook, fabricated_options(), "gpt2.onnx"),
                 "verdict ");
}

TEST_CASE("first screen: with a budget") {
  Outlook outlook = fabricated_outlook();
  outlook.verdict = fabricated_verdict(Fit::with_recomputation);
  outlook.verdict->best = Candidate{
      .strategy = "interval-tree", .block_size = 100, .peak = 7 * kGiB, .extra_time = 34'000'000};
  Options options = fabricated_options();
  options.memory_budget = Budget{.bytes = 8 * kGiB};
  const std::string text = analyze_text(fabricated_analysis(), outlook, options, "gpt2.onnx");
  CHECK(golden_difference(text, "report/analyze_budget.txt") == "");
}

TEST_CASE("first screen: without a budget there is no verdict") {
  const std::string text =
      analyze_text(fabricated_analysis(), fabricated_outlook(), fabricated_options(), "gpt2.onnx");
  CHECK(golden_difference(text, "report/analyze_no_budget.txt") == "");
}

TEST_CASE("first screen: stash, notes and long names") {
  Analysis analysis = fabricated_analysis();
  analysis.model.name = "a-resnet-exported-last-week.onnx";
  analysis.model.dims.clear();
  analysis.ingest.notes = {"2 local functions inlined"};
  analysis.ingest.default_rule_ops.clear();
  analysis.ingest.batch_norms_in_training_form = 53;
  analysis.ingest.dropouts_in_training_form = 1;
  analysis.ingest.adamw_would_add = 0;
  analysis.ingest.optimizer_bytes = 950 * kMiB;
  analysis.step.composition.stash = 12 * kMiB;
  analysis.step.top[1].name = "/features/denseblock4/denselayer16/relu2/Relu_output_0";
  const std::string text =
      analyze_text(analysis, fabricated_outlook(), fabricated_options(), "my models/resnet.onnx");
  CHECK(golden_difference(text, "report/analyze_notes.txt") == "");
}

TEST_CASE("first screen: the forward graph alone") {
  Analysis analysis = fabricated_analysis();
  analysis.training = false;
  analysis.inference_peak.reset();
  analysis.step.composition.gradients = 0;
  analysis.step.top.resize(1);
  analysis.bound.advice.clear();
  const Outlook outlook{.lowest = {.strategy = "store-all", .peak = analysis.step.peak},
                        .tried = 1};
  Options options = fabricated_options();
  options.inference = true;
  CHECK(golden_difference(analyze_text(analysis, outlook, options, "gpt2.onnx"),
                          "report/analyze_inference.txt") == "");
}

TEST_CASE("first screen: a real graph from analysis to text") {
  // support/tiny_training.h: peak 52 at g3; with f1 run again 46 at g2, 10 of 105 ns more.
  const TrainingGraph tiny{test::tiny_training(), {.parameter_count = 4, .parameter_bytes = 4}};
  Options options;
  options.alignment = 1;
  options.memory_budget = Budget{.bytes = 48};
  const auto analysis = analyze(
      {.model = {.name = "tiny.onnx", .opset = 20, .nodes = 3}, .graph = tiny, .options = options});
  REQUIRE(analysis.has_value());
  Context context;
  const auto outlook = look_ahead(tiny.graph, *analysis, options, context);
  REQUIRE(outlook.has_value());
  CHECK(golden_difference(analyze_text(*analysis, *outlook, options, "tiny.onnx"),
                          "report/analyze_tiny.txt") == "");
}

TEST_CASE("verdict line: fits as it is") {
  Outlook outlook = fabricated_outlook();
  outlook.verdict = fabricated_verdict(Fit::fits);
  outlook.verdict->budget.bytes = 24 * kGiB;
  outlook.verdict->available = 24 * kGiB;
  CHECK(verdict_line(outlook) == "verdict     fits 24 GiB; 9.80 GiB to spare");
}

TEST_CASE("verdict line: proved not to fit, by one node or by the outputs") {
  Outlook outlook = fabricated_outlook();
  outlook.verdict = fabricated_verdict(Fit::does_not_fit);
  outlook.verdict->budget.bytes = 2 * kGiB;
  CHECK(verdict_line(outlook) ==
        "verdict     does not fit 2 GiB: backward of /LogSoftmax alone needs 2.80 GiB, whatever is "
        "recomputed");
  Analysis analysis = fabricated_analysis();
  analysis.bound.by_outputs = true;
  const std::string text = analyze_text(analysis, outlook, fabricated_options(), "m.onnx");
  CHECK(line_of(text, "verdict ") ==
        "verdict     does not fit 2 GiB: residents and what is held to the end (gradients, "
        "outputs) need 2.80 GiB");
  CHECK(line_of(text, "lowest possible ")
            .starts_with("lowest possible 3.10 GiB (bound 2.80 GiB, set by what is held to the "
                         "end: gradients, outputs)   sqrt regime"));
}

TEST_CASE("verdict line: unknown is never called infeasible") {
  Outlook outlook = fabricated_outlook();
  outlook.verdict = fabricated_verdict(Fit::unknown);
  outlook.verdict->budget.bytes = 3 * kGiB;
  CHECK(verdict_line(outlook) ==
        "verdict     does not fit 3 GiB as it is; unknown whether recomputation can help enough: "
        "least peak found 3.10 GiB, proved to be needed 2.80 GiB");
}

TEST_CASE("verdict line: a share of the peak, and headroom") {
  Outlook outlook = fabricated_outlook();
  outlook.verdict = fabricated_verdict(Fit::fits);
  outlook.verdict->budget = {.permyriad = 15000};
  outlook.verdict->budget_bytes = tenths(213);
  outlook.verdict->headroom = 512 * kMiB;
  outlook.verdict->available = tenths(213) - 512 * kMiB;
  CHECK(verdict_line(outlook) ==
        "verdict     fits 150 % of the peak (21.3 GiB) less 512 MiB headroom; 6.60 GiB to spare");
}

TEST_CASE("first screen: control characters of a name do not reach the terminal") {
  Analysis analysis = fabricated_analysis();
  analysis.model.name = "evil\x1b[2J.onnx";
  analysis.step.at = "backward of a\nb";
  const std::string text =
      analyze_text(analysis, fabricated_outlook(), fabricated_options(), "gpt2.onnx");
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("a\\x0ab") != std::string::npos);
}

}  // namespace
}  // namespace hcb
