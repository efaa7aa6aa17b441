// What `hcb analyze --format json` writes is read back, in this and the former minor version; damage
// is named.
#include <algorithm>

#include <doctest/doctest.h>

#include "report/analyze_json.h"
#include "report/diff_side.h"
#include "unit/report/fabricated.h"

namespace hcb {
namespace {

std::string written() {
  Outlook outlook = fabricated_outlook();
  outlook.verdict = fabricated_verdict(Fit::with_recomputation);
  return analyze_json(fabricated_analysis(), outlook, fabricated_options());
}

DiffSide read(const std::string& text) {
  auto side = side_of_analysis(text, "a.json");
  REQUIRE_MESSAGE(side, (side ? std::string{} : side.error().message));
  return *std::move(side);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

std::int64_t figure(const DiffSide& side, std::string_view key) {
  const auto at = std::ranges::find(side.figures, key, &Figure::key);
  REQUIRE(at != side.figures.end());
  return at->value;
}

TEST_CASE("an analysis read back has the numbers it was written with") {
  const Analysis analysis = fabricated_analysis();
  const DiffSide side = read(written());
  CHECK(side.kind == DiffKind::analysis);
  CHECK(side.file == "a.json");
  CHECK(side.model == "gpt2.onnx");
  CHECK(side.options == fabricated_options());
  CHECK(side.fingerprint == analysis.fingerprint);
  CHECK(side.unnamed_fingerprint == analysis.unnamed_fingerprint);
  CHECK(figure(side, "peak") == tenths(142));
  CHECK(figure(side, "resident") == tenths(9));
  CHECK(figure(side, "activations") == tenths(121));
  CHECK(figure(side, "memory-bound") == tenths(28));
  CHECK(figure(side, "time") == analysis.base_time);
  CHECK(figure(side, "inference-peak") == tenths(19));
  CHECK(figure(side, "lowest-peak") == fabricated_outlook().lowest.peak);
  REQUIRE(side.at_peak.size() == 3);
  CHECK(side.at_peak[2] == SidePeakValue{"logits", 400 * kMiB});
  REQUIRE(side.facts.size() == 1);
  CHECK(side.facts[0].second == "fits-with-recomputation");
}

TEST_CASE("what an analysis does not have is no figure of its side") {
  Analysis analysis = fabricated_analysis();
  analysis.inference_peak.reset();
  const DiffSide side = read(analyze_json(analysis, fabricated_outlook(), Options{}));
  CHECK(std::ranges::find(side.figures, "inference-peak", &Figure::key) == side.figures.end());
  CHECK(side.facts.empty());
}

TEST_CASE("an analysis of format 1.0 has no fingerprints") {
  std::string text = replaced(written(), "\"1.2\"", "\"1.0\"");
  text = replaced(text, "\"fingerprint\":", "\"later\":");
  text = replaced(text, "\"unnamed_fingerprint\":", "\"later_too\":");
  const DiffSide side = read(text);
  CHECK(side.fingerprint.empty());
  CHECK(side.unnamed_fingerprint.empty());
}

struct Damage {
  std::string_view from;
  std::string_view to;
  const char* message;  // behind "a.json: "
};

const Damage kDamages[] = {
    {R"("hcb-analysis")", R"("hcb-plan")",
     R"(not an analysis: key "format" is not "hcb-analysis")"},
    {R"("1.2")", R"("2.0")", "analysis format 2.0; this program reads 1.2 and its minor versions"},
    {R"("memory_model": 1)", R"("memory_model": 2)",
     "made for memory model 2; this program counts by model 1"},
    {R"("peak":)", R"("apex":)", R"(base: key "peak" is missing)"},
    {R"("resident": )", R"("resident": -)",
     "base.resident: -966367641 is out of range (0 … 9223372036854775807)"},
    {R"("name": "dim")", R"("name": 4)", "options[0].name: expected a string, found 4"},
    {R"("value": "batch=8")", R"("value": "batch")",
     "options[0]: --dim 'batch': expected NAME=VALUE"},
    {R"("inference_peak": )", R"("inference_peak": "x", "other": )",
     R"(inference_peak: expected an integer, found "x")"},
    {R"("top": [)", R"("top": {}, "other": [)", "base.top: expected an array, found an object"},
    {R"("verdict": {)", R"("verdict": 7, "other": {)",
     "outlook.verdict: expected an object, found 7"},
    {R"("graph": {)", R"("graph": [], "other": {)", "graph: expected an object, found an array"},
};

TEST_CASE("a damaged analysis is refused with its place") {
  for (const Damage& damage : kDamages) {
    CAPTURE(damage.to);
    const auto side = side_of_analysis(replaced(written(), damage.from, damage.to), "a.json");
    REQUIRE_FALSE(side);
    CHECK(side.error().kind == ErrorKind::bad_input);
    CHECK(side.error().message == std::string("a.json: ") + damage.message);
  }
}

}  // namespace
}  // namespace hcb
