// One comparison in every form, and the keys of the JSON against docs/diff.md.
#include "report/diff_forms.h"

#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/golden.h"
#include "support/json_keys.h"
#include "unit/report/diff_sides.h"

namespace hcb {
namespace {

using Json = nlohmann::ordered_json;
using test::perceptron;

constexpr NodeId mm1{0}, relu{1}, drop{2};

// Everything at once: wider, a node more, a recomputation, another checkpoint, an option, a status.
Diff everything() {
  const Graph before = perceptron({});
  const Graph after = perceptron({.width = 16, .dropout = true});
  DiffSide old_side =
      test::plan_side(before, "old.json", test::in_order(before), 1000, 0, {BufferId{3}});
  DiffSide new_side = test::plan_side(after, "new <&>|`.json", {mm1, relu, mm1, drop, NodeId{3}},
                                      2048, 10, {BufferId{4}});
  new_side.options.batch = 2;
  new_side.facts[1].second = "feasible";
  return compare(old_side, new_side);
}

Outcomes outcomes_of(const Diff& diff) {
  auto limits = parse_limits("peak+2%,base-peak+0%,any");
  REQUIRE(limits);
  limits->push_back(*parse_max_peak("2KiB"));
  const auto outcomes = apply_limits(diff, *limits);
  REQUIRE(outcomes);
  return *outcomes;
}

TEST_CASE("diff: every form to the letter") {
  const Diff diff = everything();
  const Outcomes outcomes = outcomes_of(diff);
  CHECK(golden_difference(diff_text(diff, outcomes), "report/diff.txt") == "");
  CHECK(golden_difference(diff_json(diff, outcomes), "report/diff.json") == "");
  CHECK(golden_difference(diff_markdown(diff, outcomes), "report/diff.md") == "");
  CHECK(golden_difference(diff_github(diff, outcomes), "report/diff_github.txt") == "");
  CHECK(golden_difference(diff_junit(diff, outcomes), "report/diff_junit.xml") == "");
}

TEST_CASE("diff: a side alone") {
  const Diff diff = figures_alone(test::plain_side({}, "new.json"));
  const Outcomes outcomes{*apply_limits(diff, {*parse_max_peak("999")})};
  CHECK(golden_difference(diff_text(diff, outcomes), "report/diff_alone.txt") == "");
  CHECK(Json::parse(diff_json(diff, outcomes))["old"].is_null());
  CHECK(diff_markdown(diff, outcomes).find("| peak | 1000 B |") != std::string::npos);
}

TEST_CASE("diff: nothing changed, without limits") {
  const Diff diff = compare(test::plain_side({}, "old.json"), test::plain_side({}, "new.json"));
  CHECK(diff_github(diff, {}) == diff_text(diff, {}));  // no annotation
  CHECK(diff_junit(diff, {}).find("name=\"compare\"/>") != std::string::npos);
}

TEST_CASE("diff: a change without limits is a notice") {
  CHECK(diff_github(everything(), {}).starts_with("::notice title=hcb diff::graph and options"));
}

TEST_CASE("diff: long lists are cut in text, not in JSON") {
  Diff diff = everything();
  diff.resident.assign(60, {"w", 1, 2});
  CHECK(diff_text(diff, {}).find("  … 50 more\n") != std::string::npos);
  CHECK(diff_markdown(diff, {}).find("\n… 10 more\n") != std::string::npos);
  CHECK(Json::parse(diff_json(diff, {}))["resident"].size() == 60);
}

TEST_CASE("diff: every key of the JSON is documented, and every documented key is written") {
  Diff diff = everything();
  diff.at_peak = {{"a", 1, 2}};
  std::set<std::string> written;
  test::collect_keys(Json::parse(diff_json(diff, outcomes_of(diff))), "", written);
  CHECK(written == test::documented_keys("diff.md", "## `--format json`"));
}

}  // namespace
}  // namespace hcb
