// Graphs written as hcb.v1 and read back are the same graph.
#include "ingest/hcb_write.h"

#include <doctest/doctest.h>

#include "graph/builder.h"
#include "graph/dump.h"
#include "ingest/hcb.h"
#include "ingest/hcb_calls.h"
#include "ingest/onnx.h"
#include "ingest/training.h"
#include "plan/fingerprint.h"
#include "support/graphs.h"
#include "support/hard_graphs.h"
#include "support/hcb_steps.h"
#include "support/places.h"

namespace hcb::test {
namespace {

std::string written(const Graph& graph) {
  const auto bytes = write_hcb(graph);
  REQUIRE_MESSAGE(bytes, (bytes ? std::string{} : bytes.error().message));
  return *bytes;
}

TrainingGraph read_back(const std::string& bytes, const Options& options = {}) {
  auto step = parse_hcb(bytes, "written.hcb", options);
  REQUIRE_MESSAGE(step, (step ? std::string{} : step.error().message));
  return std::move(step->training);
}

// The dump has what the canonical text leaves out: modules, attributes, forward nodes.
void check_round_trip(const Graph& graph) {
  const std::string bytes = written(graph);
  const Graph again = read_back(bytes).graph;
  CHECK(canonical_text(again) == canonical_text(graph));
  CHECK(dump_json(again) == dump_json(graph));
  CHECK(written(again) == bytes);
}

TEST_CASE("hcb write: random graphs with every feature come back") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    check_round_trip(random_dag(seed, 30));
    check_round_trip(random_training_graph(seed, 20));
    check_round_trip(random_training_graph(seed, 20, {.optimizer = true}));
  }
}

TEST_CASE("hcb write: models with skips and tables come back") {
  check_round_trip(rope_decoder(2, Early::computed));
  check_round_trip(encoder_decoder(2));
  check_round_trip(u_net(3, 2));
  check_round_trip(unit_chain(8));
}

TEST_CASE("hcb write: training graphs of shipped models come back") {
  Options options;
  options.dims = {{"batch", 2}, {"seq", 16}};
  for (const char* name : {"gpt2", "lstm"}) {
    CAPTURE(name);
    const auto model = read_onnx(source_dir() + "/examples/" + name + ".onnx", options);
    REQUIRE_MESSAGE(model, (model ? std::string{} : model.error().message));
    check_round_trip(build_graph(*model, options).value().graph);
  }
}

TEST_CASE("hcb write: an exported step comes back, resolved") {
  const auto step = parse_hcb(tiny_hcb().SerializeAsString(), "tiny.hcb", {});
  REQUIRE(step);
  const TrainingGraph again = read_back(written(step->training.graph));
  CHECK(canonical_text(again.graph) == canonical_text(step->training.graph));
  CHECK(again.report.notes ==
        std::vector<std::string>{"times, sizes and flags are those of the file, on any --device"});
  CHECK(again.report.parameter_count == 12);
}

TEST_CASE("hcb write: an inference graph is the forward half") {
  Options options;
  options.inference = true;
  const Graph graph = unit_chain(3);
  const Graph forward = read_back(written(graph), options).graph;
  CHECK(forward.node_count() == 3);
  CHECK(forward.name(NodeId{2}) == "f2");
}

TEST_CASE("hcb write: a resolved graph cannot be run") {
  const auto calls = parse_hcb_calls(written(unit_chain(2)), "unit.hcb");
  REQUIRE(!calls);
  CHECK(calls.error().kind == ErrorKind::bad_input);
  CHECK(calls.error().message ==
        "unit.hcb: field resolved: true: a graph for planning, which does not say how its nodes "
        "are called");
}

TEST_CASE("hcb write: other dialects only where nothing is left to resolve") {
  v1::Graph file;
  REQUIRE(file.ParseFromString(written(unit_chain(2))));
  file.set_resolved(false);
  const auto step = parse_hcb(file.SerializeAsString(), "unit.hcb", {});
  REQUIRE(!step);
  CHECK(step.error().message ==
        "unit.hcb: field dialect: DIALECT_ONNX; this version reads DIALECT_ATEN and DIALECT_JAX, "
        "and DIALECT_ONNX in resolved graphs");
}

TEST_CASE("hcb write: a name that no file can hold is named") {
  GraphBuilder builder(Dialect::onnx, "g");
  const ValueId x = builder.add_resident({.name = "x\xFF", .shape = {1}, .role = Role::input});
  const ValueId y = builder.add_value({.name = "y", .shape = {1}});
  builder.add_node({.name = "n", .op = "Op", .inputs = {x}, .outputs = {y}});
  const auto bytes = write_hcb(std::move(builder).freeze().value());
  REQUIRE(!bytes);
  CHECK(bytes.error().message == "value 'x\\xff': its name holds bytes that hcb.v1 cannot hold");
}

}  // namespace
}  // namespace hcb::test
