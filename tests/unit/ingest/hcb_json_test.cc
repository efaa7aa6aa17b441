// hcb.v1 to JSON and back: the same bytes; and what is no such JSON.
#include "ingest/hcb_json.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/hcb_steps.h"
#include "support/places.h"

namespace hcb::test {
namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string json_of(const std::string& bytes) {
  const auto text = hcb_to_json(bytes, "step.hcb");
  REQUIRE_MESSAGE(text, (text ? "" : text.error().message));
  return *text;
}

TEST_CASE("hcb json: every exported step comes back byte for byte") {
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(source_dir() + "/tests/data/steps")) {
    if (entry.path().extension() != ".hcb") continue;
    CAPTURE(entry.path().string());
    const std::string bytes = contents(entry.path());
    const std::string text = json_of(bytes);
    CHECK(*hcb_from_json(text, "step.json") == bytes);
    CHECK(json_of(*hcb_from_json(text, "step.json")) == text);
    ++files;
  }
  CHECK(files >= 12);
}

TEST_CASE("hcb json: one storage, value and node per line") {
  const std::string text = json_of(tiny_hcb().SerializeAsString());
  std::istringstream lines(text);
  std::string first, second;
  std::getline(lines, first);
  std::getline(lines, second);
  CHECK(first == "{");
  CHECK(second.starts_with("\"version\":{\"major\":1"));
  CHECK(text.find("\n{\"name\":\"x\",\"dtype\":\"DTYPE_F32\",\"shape\":[\"2\",\"3\"],") !=
        std::string::npos);
  const auto parsed = nlohmann::json::parse(text);
  CHECK(parsed["nodes"].size() == 7);
  CHECK(parsed["values"].size() == 10);
}

// The message after this change of the JSON of the tiny graph.
std::string error_after(const std::function<void(nlohmann::json&)>& spoil) {
  nlohmann::json graph = nlohmann::json::parse(json_of(tiny_hcb().SerializeAsString()));
  spoil(graph);
  const auto bytes = hcb_from_json(graph.dump(), "g.json");
  REQUIRE(!bytes);
  CHECK(bytes.error().kind == ErrorKind::bad_input);
  return bytes.error().message;
}

TEST_CASE("hcb json: a key that no field has is refused, unless the file is of a newer version") {
  using J = nlohmann::json;
  CHECK(error_after([](J& g) { g["colour"] = 1; }) ==
        "g.json: no JSON of hcb.v1.Graph: colour: Cannot find field.");
  CHECK(error_after([](J& g) { g["nodes"][2]["colour"] = 1; }) ==
        "g.json: no JSON of hcb.v1.Graph: (nodes[2]) colour: Cannot find field.");
  J newer = J::parse(json_of(tiny_hcb().SerializeAsString()));
  newer["colour"] = 1;
  newer["version"]["minor"] = 9;
  const auto bytes = hcb_from_json(newer.dump(), "g.json");
  REQUIRE(bytes);
  v1::Graph expected = tiny_hcb();
  expected.mutable_version()->set_minor(9);
  CHECK(*bytes == expected.SerializeAsString());
}

TEST_CASE("hcb json: what is read is verified as any other graph") {
  using J = nlohmann::json;
  CHECK(error_after([](J& g) { g["version"]["major"] = 2; }) ==
        "g.json: hcb.v1 graph of version 2.0; this program reads 1.3 and its minor versions");
  CHECK(error_after([](J& g) { g["outputs"] = {99}; }) ==
        "g.json: field outputs[0]: 99 of 10 values");
  CHECK(error_after([](J& g) {
          g["nodes"][0]["phase"] = "PHASE_MOON";
        }).starts_with("g.json: no JSON of hcb.v1.Graph: (nodes[0].phase)"));
  CHECK(hcb_from_json("{", "g.json")
            .error()
            .message.starts_with("g.json: no JSON of hcb.v1.Graph: "));
}

TEST_CASE("hcb json: a text cut off or edited is an error or a graph, never more") {
  const std::string text = json_of(tiny_hcb().SerializeAsString());
  const auto either = [](const std::string& damaged) {
    const auto bytes = hcb_from_json(damaged, "g.json");
    if (bytes) return static_cast<bool>(hcb_to_json(*bytes, "g.hcb"));
    return bytes.error().kind == ErrorKind::bad_input &&
           bytes.error().message.starts_with("g.json");
  };
  std::size_t wrong = 0;
  for (std::size_t at = 0; at + 2 < text.size(); at += 7) {
    CHECK_MESSAGE(!hcb_from_json(text.substr(0, at), "g.json"), at);
    for (const char byte : {'"', '}', '9', '\xFF'}) {
      std::string edited = text;
      edited[at] = byte;
      if (!either(edited)) ++wrong;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("hcb json: fields of a newer version are left out of the JSON") {
  v1::Graph file = tiny_hcb();
  file.mutable_version()->set_minor(9);
  const std::string bytes = file.SerializeAsString();
  CHECK(*hcb_from_json(json_of(bytes + "\xFA\x3F\x01?"), "g.json") == bytes);
}

}  // namespace
}  // namespace hcb::test
