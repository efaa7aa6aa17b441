// docs/plan-format.md: its table names exactly the keys that are written, and its example is what
// is written.
#include <fstream>
#include <set>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "plan/json.h"
#include "support/places.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

std::string doc() {
  std::ifstream file(test::source_dir() + "/docs/plan-format.md");
  std::ostringstream text;
  text << file.rdbuf();
  REQUIRE(!text.str().empty());
  return text.str();
}

// Rows "| `key` | …" of the table.
std::set<std::string> documented_keys(const std::string& text) {
  std::set<std::string> keys;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) keys.insert(line.substr(3, line.find('`', 3) - 3));
  }
  return keys;
}

// Keys of objects, dotted; those of `options` and `meta` are names of options and of a strategy.
std::set<std::string> written_keys(const nlohmann::json& object, const std::string& prefix) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) {
    keys.insert(prefix + key);
    if (value.is_object() && key != "options" && key != "meta")
      keys.merge(written_keys(value, prefix + key + "."));
  }
  return keys;
}

TEST_CASE("docs/plan-format.md documents exactly the keys that are written") {
  Plan plan = test::tiny_bounded_plan(test::tiny_training());
  plan.estimate = 7;
  const std::string text = plan_to_json(plan);
  CHECK(documented_keys(doc()) == written_keys(nlohmann::json::parse(text), ""));
}

TEST_CASE("the example in docs/plan-format.md is what is written") {
  const std::string text = plan_to_json(test::tiny_bounded_plan(test::tiny_training()));
  CHECK(doc().find("```json\n" + text + "```\n") != std::string::npos);
}

}  // namespace
}  // namespace hcb
