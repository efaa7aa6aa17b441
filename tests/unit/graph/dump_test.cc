#include "graph/dump.h"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "graph/builder.h"
#include "support/autodiff.h"
#include "support/golden.h"
#include "support/graphs.h"
#include "support/one_of_everything.h"

namespace hcb {
namespace {

TEST_CASE("dumps of one of everything") {
  const Graph graph = one_of_everything();
  CHECK(golden_difference(dump_text(graph), "graph/everything.txt") == "");
  CHECK(golden_difference(dump_json(graph), "graph/everything.json") == "");
}

TEST_CASE("dumps of the unit chain of three") {
  const Graph graph = unit_chain(3);
  CHECK(golden_difference(dump_text(graph), "graph/unit_chain_3.txt") == "");
}

TEST_CASE("a dump is a function of the graph") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Graph one = random_training_graph(seed, 20);
    const Graph two = random_training_graph(seed, 20);
    CHECK(dump_text(one) == dump_text(two));
    CHECK(dump_json(one) == dump_json(two));
  }
  CHECK(dump_text(random_training_graph(1, 20)) != dump_text(random_training_graph(2, 20)));
}

TEST_CASE("the JSON dump parses, and its references lead to the right names") {
  const auto json = nlohmann::json::parse(dump_json(one_of_everything()));
  const auto& back = json["nodes"][3];
  CHECK(back["name"] == "back");
  CHECK(json["values"][back["inputs"][0].get<std::size_t>()]["name"] == "z");
  CHECK(json["buffers"][json["values"][4]["buffer"].get<std::size_t>()]["bytes"] == 64);
  CHECK(json["nodes"][2]["inputs"][1].is_null());
}

TEST_CASE("dumps of the empty graph") {
  const Graph graph = must_freeze(GraphBuilder(Dialect::jax, "nothing"));
  CHECK(dump_text(graph) == "graph nothing (jax): 0 nodes, 0 values, 0 buffers\n");
  CHECK(dump_json(graph) ==
        "{\"format\": \"hcb-graph\",\n\"name\": \"nothing\",\n\"dialect\": \"jax\",\n\"values\": "
        "[],\n"
        "\"buffers\": [],\n\"nodes\": [],\n\"order_edges\": [],\n\"outputs\": []}\n");
}

TEST_CASE("a golden file that is not there, and one that differs") {
  if (std::getenv("HCB_UPDATE_GOLDEN") != nullptr) return;
  CHECK(golden_difference("x", "graph/none.txt") ==
        "no golden file\naccept with HCB_UPDATE_GOLDEN=1: tests/golden/graph/none.txt");
  const std::string text = dump_text(unit_chain(3)) + "output more\n";
  CHECK(golden_difference(text, "graph/unit_chain_3.txt") ==
        "line 18\ngolden: \nis:     output more\n"
        "\naccept with HCB_UPDATE_GOLDEN=1: tests/golden/graph/unit_chain_3.txt");
}

}  // namespace
}  // namespace hcb
