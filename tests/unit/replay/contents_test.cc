#include "replay/contents.h"

#include <fstream>

#include <doctest/doctest.h>

#include "ingest/hcb.h"
#include "ingest/hcb_calls.h"
#include "support/hcb_steps.h"
#include "support/temp_folder.h"

namespace hcb {
namespace {

struct Loaded {
  Graph graph;
  Calls calls;
};

Loaded load(v1::Graph file) {
  for (v1::Node& node :
       *file.mutable_nodes()) {  // positional tensors, as parse_hcb_calls wants them
    for (const std::uint32_t plus_one : node.inputs_plus_one())
      node.add_arguments()->mutable_argument()->set_value(plus_one - 1);
  }
  const std::string bytes = file.SerializeAsString();
  return {parse_hcb(bytes, "t.hcb", {}).value().training.graph,
          parse_hcb_calls(bytes, "t.hcb").value()};
}

// ids [2] of a table [5, 3]; through a view too.
v1::Graph lookup() {
  v1::Graph graph = test::hcb_head("lookup");
  test::add_hcb_value(graph, "table", {5, 3}, v1::ROLE_PARAMETER);
  test::add_hcb_value(graph, "ids", {2}, v1::ROLE_INPUT).set_dtype(v1::DTYPE_I64);
  graph.mutable_storages(1)->set_bytes(16);
  test::add_hcb_value(graph, "same", {2}, v1::ROLE_ACTIVATION).set_dtype(v1::DTYPE_I64);
  test::add_hcb_value(graph, "rows", {2, 3}, v1::ROLE_ACTIVATION);
  test::make_hcb_view(graph, 2, 1, {});
  test::add_hcb_node(graph, "view", "aten::view", {1}, {2}, v1::PHASE_FORWARD).set_view(true);
  test::add_hcb_node(graph, "rows", "aten::embedding", {0, 2}, {3}, v1::PHASE_FORWARD);
  graph.add_outputs(3);
  return graph;
}

TEST_CASE("Integers stay below the smallest table that they index, through views") {
  const Loaded step = load(lookup());
  CHECK(table_limit(step.graph, step.calls, ValueId{1}) == 5);
  CHECK(table_limit(step.graph, step.calls, ValueId{0}) == std::nullopt);
  const auto contents = choose_contents(step.graph, step.calls, {}, 7).value();
  REQUIRE(contents.size() == 2);
  CHECK(contents[0].fill.kind == Fill::Kind::normal);
  CHECK(contents[0].fill.deviation == doctest::Approx(0.57735));  // 1 / √3
  CHECK(contents[0].fill.seed == 8);
  CHECK(contents[1].fill.kind == Fill::Kind::below);
  CHECK(contents[1].fill.limit == 5);
  CHECK(contents[1].fill.seed == 9);
}

SafetensorsFile file_with(const TempFolder& folder, std::vector<TensorToStore> tensors) {
  std::ofstream(folder.path("w"), std::ios::binary) << safetensors_bytes(tensors, {}).value();
  return SafetensorsFile::open(folder.path("w")).value();
}

TEST_CASE("A file gives all of its kind, in the right type and shape") {
  const Loaded step = load(test::tiny_hcb());
  const TempFolder folder;
  const SafetensorsFile weights =
      file_with(folder, {{"w", DType::f32, {3, 4}, std::vector<std::byte>(48)}});
  const auto contents = choose_contents(step.graph, step.calls, {.weights = &weights}, 0).value();
  REQUIRE(contents.size() == 3);  // x, w, tangent
  CHECK(contents[0].origin == Origin::seed);
  CHECK(contents[1].origin == Origin::file);
  CHECK(contents[1].elements.size() == 48);
  const auto missing = choose_contents(step.graph, step.calls, {.inputs = &weights}, 0);
  CHECK(missing.error().message == weights.path() + ": no contents for 'x', 'tangent'");
  const SafetensorsFile other =
      file_with(folder, {{"w", DType::f64, {4, 3}, std::vector<std::byte>(96)}});
  const auto wrong = choose_contents(step.graph, step.calls, {.weights = &other}, 0);
  CHECK(wrong.error().message ==
        other.path() + ": 'w' is float64 4x3, the graph wants float32 3x4");
}

TEST_CASE("Residents that the step overwrites are those named in writes") {
  Loaded step = load(test::tiny_hcb());
  CHECK(written_residents(step.graph, step.calls).empty());
  step.calls.nodes[NodeId{0}].writes = {1};  // as if mm wrote w
  CHECK(written_residents(step.graph, step.calls) == std::vector<ValueId>{ValueId{test::kW}});
  step.calls.nodes[NodeId{1}].writes = {0};  // relu_ writes y, which is no resident
  CHECK(written_residents(step.graph, step.calls).size() == 1);
}

}  // namespace
}  // namespace hcb
