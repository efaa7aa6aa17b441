#include "graph/dump.h"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "graph/builder.h"
#include "support/autodiff.h"
#include "support/golden.h"
#include "support/graphs.h"

namespace hcb {
namespace {

// One of everything: a view, a stash, an omitted argument, an in-place output, a padded storage, an
// order edge, modules, flags, attributes of every kind, and a name no language likes.
Graph one_of_everything() {
  GraphBuilder b(Dialect::onnx, "one \"of\" everything");
  const ValueId x = b.add_resident({.name = "x", .shape = {2, 4}, .role = Role::input});
  const ValueId w = b.add_resident({.name = "w", .shape = {4, 4}, .role = Role::parameter});
  const ValueId y = b.add_value({.name = "y", .shape = {2, 4}, .storage = 64});
  const ValueId mask =
      b.add_value({.name = "mask", .dtype = DType::boolean, .shape = {2, 4}, .role = Role::stash});
  const ValueId flat = b.add_value({.name = "flat", .shape = {8}, .view_of = y});
  const ValueId z = b.add_value({.name = "z", .dtype = DType::f16, .shape = {}});
  const ValueId dz = b.add_value({.name = "dz", .dtype = DType::f16, .role = Role::gradient});
  const NodeId mm =
      b.add_node({.name = "mm",
                  .op = "MatMul",
                  .inputs = {x, w},
                  .outputs = {y, mask},
                  .flags = {.random = true},
                  .cost = {.flops = 64, .bytes_moved = 128, .workspace = 16, .time = 12},
                  .module = "h.0",
                  .attributes = {{"alpha", 0.5},
                                 {"axes", std::vector<std::int64_t>{0, -1}},
                                 {"mode", std::string("a\"b")},
                                 {"scales", std::vector<double>{1, 2.25}},
                                 {"names", std::vector<std::string>{"p", "q"}},
                                 {"k", std::int64_t{3}}}});
  const NodeId reshape = b.add_node({.name = "reshape",
                                     .op = "Reshape",
                                     .inputs = {y},
                                     .outputs = {flat},
                                     .flags = {.view = true},
                                     .module = "h.0"});
  const NodeId odd =
      b.add_node({.name = "line\nbreak \\ \"quote\"",
                  .op = "Custom",
                  .inputs = {flat, kNone<ValueId>},
                  .outputs = {z},
                  .flags = {.effect = true, .never_replay = true, .default_rule = true},
                  .cost = {.time = 1}});
  b.add_node({.name = "back",
              .op = "CustomGrad",
              .phase = Phase::backward,
              .inputs = {z, mask},
              .outputs = {dz},
              .module = "h.0",
              .forward = odd,
              .donates = {{.output = 0, .input = 0}}});
  b.add_order_edge(mm, odd);
  b.add_order_edge(reshape, odd);
  b.mark_output(dz);
  return must_freeze(std::move(b));
}

TEST_CASE("dumps of one of everything") {
  const Graph graph = one_of_everything();
  CHECK(golden_difference(dump_text(graph), "graph/everything.txt") == "");
  CHECK(golden_difference(dump_json(graph), "graph/everything.json") == "");
  CHECK(golden_difference(dump_dot(graph), "graph/everything.dot") == "");
}

TEST_CASE("dumps of the unit chain of three") {
  const Graph graph = unit_chain(3);
  CHECK(golden_difference(dump_text(graph), "graph/unit_chain_3.txt") == "");
  CHECK(golden_difference(dump_dot(graph), "graph/unit_chain_3.dot") == "");
}

TEST_CASE("a dump is a function of the graph") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Graph one = random_training_graph(seed, 20);
    const Graph two = random_training_graph(seed, 20);
    CHECK(dump_text(one) == dump_text(two));
    CHECK(dump_json(one) == dump_json(two));
    CHECK(dump_dot(one) == dump_dot(two));
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
  CHECK(dump_dot(graph) == "digraph \"nothing\" {\n  node [shape=box];\n}\n");
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
