#include "report/analyze_json.h"

#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/golden.h"
#include "support/json_keys.h"
#include "unit/report/fabricated.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;

Outlook judged_outlook() {
  Outlook outlook = fabricated_outlook();
  outlook.verdict = fabricated_verdict(Fit::with_recomputation);
  outlook.verdict->best = outlook.lowest;
  return outlook;
}

TEST_CASE("analysis JSON: every key is documented, and every documented key is written") {
  Analysis analysis = fabricated_analysis();
  analysis.ingest.notes = {"a note"};
  const auto json = Json::parse(analyze_json(analysis, judged_outlook(), fabricated_options()));
  std::set<std::string> written;
  test::collect_keys(json, "", written);
  CHECK(written == test::documented_keys("analyze-json.md"));
}

TEST_CASE("analysis JSON: the whole document") {
  const std::string json =
      analyze_json(fabricated_analysis(), judged_outlook(), fabricated_options());
  CHECK(golden_difference(json, "report/analyze.json") == "");
}

TEST_CASE("analysis JSON: what does not exist is null") {
  Analysis analysis = fabricated_analysis();
  analysis.inference_peak.reset();
  Outlook outlook = fabricated_outlook();
  outlook.lowest.block_size.reset();
  outlook.sqrt_block.reset();
  const auto json = Json::parse(analyze_json(analysis, outlook, Options{}));
  CHECK(json["inference_peak"].is_null());
  CHECK(json["outlook"]["verdict"].is_null());
  CHECK(json["outlook"]["sqrt_block_size"].is_null());
  CHECK(json["outlook"]["lowest"]["block_size"].is_null());
  CHECK(json["options"].empty());
}

TEST_CASE("analysis JSON: names that are not UTF-8 are made printable") {
  Analysis analysis = fabricated_analysis();
  analysis.model.name = "bad\xff.onnx";
  analysis.step.top[0].name = "\x01";
  const auto json = Json::parse(analyze_json(analysis, fabricated_outlook(), Options{}));
  CHECK(json["model"]["name"] == "bad\\xff.onnx");
  CHECK(json["base"]["top"][0]["name"] == "\\x01");
}

TEST_CASE("analysis JSON: numbers are integers") {
  const auto json = Json::parse(analyze_json(fabricated_analysis(), judged_outlook(), Options{}));
  for (const auto& value : json.flatten()) CHECK_FALSE(value.is_number_float());
}

}  // namespace
}  // namespace hcb
