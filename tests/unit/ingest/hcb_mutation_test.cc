// A fuzz test that every build runs: a fixed number of files, each a corpus file with a few fields
// or bytes changed, the same ones every time; 15 s of CPU time under the sanitizers.
// tests/fuzz/fuzz_hcb.cc searches further, under clang.
#include <array>

#include <doctest/doctest.h>

#include "base/prng.h"
#include "check/simulate.h"
#include "hcb/v1/graph.pb.h"
#include "ingest/hcb.h"
#include "ingest/hcb_calls.h"
#include "support/mutation.h"

namespace hcb::test {
namespace {

constexpr int kGood = 8;  // corpus files that are read
constexpr int kPerGood = 800;
constexpr int kPerFile = 250;

// Most of what can go wrong is said of nodes and values.
constexpr std::array<std::string_view, 2> kOften{"nodes", "values"};

std::string with_other_fields(const std::string& bytes, Prng& prng) {
  v1::Graph graph;
  if (!graph.ParseFromString(bytes)) return bytes;
  for (std::size_t changes = 1 + prng.below(3); changes > 0; --changes) spoil(graph, kOften, prng);
  return graph.SerializeAsString();
}

struct Counts {
  int read = 0;
  int refused = 0;
};

void read(const std::string& bytes, Counts& counts) {
  const auto step = parse_hcb(bytes, "mutated.hcb", {});
  if (!step) {
    ++counts.refused;
    CHECK(step.error().kind == ErrorKind::bad_input);
    CHECK(step.error().message.starts_with("mutated.hcb: "));
    return;
  }
  ++counts.read;
  (void)parse_hcb_calls(bytes, "mutated.hcb");
  const Graph& graph = step->training.graph;
  if (const auto size = rounded_sizes(graph, 512))
    (void)simulate(graph, plain_sequence(graph), *size);
}

TEST_CASE("hcb: changed fields are an error or a graph that runs") {
  Prng prng(1);
  Counts counts;
  int good = 0;
  for (const std::string& seed : corpus("hcb")) {
    if (!parse_hcb(seed, "seed", {})) continue;
    ++good;
    for (int i = 0; i < kPerGood; ++i) read(with_other_fields(seed, prng), counts);
  }
  CHECK(good == kGood);
  CHECK(counts.read > 100);
  CHECK(counts.refused > 500);
}

TEST_CASE("hcb: changed bytes are an error or a graph that runs") {
  Prng prng(2);
  Counts counts;
  for (const std::string& seed : corpus("hcb")) {
    for (int i = 0; i < kPerFile; ++i) read(with_other_bytes(seed, prng), counts);
  }
  CHECK(counts.read > 0);
  CHECK(counts.refused > 500);
}

TEST_CASE("hcb: a file is read in time that grows with its size, whatever it says") {
  constexpr std::uint32_t kMany = 60'000;
  v1::Graph graph;
  graph.mutable_version()->set_major(1);
  graph.set_dialect(v1::DIALECT_ATEN);
  graph.add_storages()->set_bytes(4);
  const auto value = [&](std::string name, v1::Role role) -> v1::Value& {
    v1::Value& added = *graph.add_values();
    added.set_name(std::move(name));
    added.set_dtype(v1::DTYPE_F32);
    added.set_role(role);
    return added;
  };
  value("state", v1::ROLE_BUFFER);
  // One call that reads the state so often, and gives as many views of it, all of them written.
  v1::Node& node = *graph.add_nodes();
  node.set_name("all");
  node.set_op("aten::all");
  node.set_phase(v1::PHASE_FORWARD);
  node.set_replay(v1::REPLAY_NEVER);
  node.add_effects(v1::EFFECT_STATE);
  node.add_effects(v1::EFFECT_MUTATION);
  for (std::uint32_t i = 0; i < kMany; ++i) {
    value("view" + std::to_string(i), v1::ROLE_ACTIVATION).set_view_of_plus_one(1);
    node.add_inputs_plus_one(1);
    node.add_outputs(i + 1);
    node.mutable_cost()->add_output_storage_bytes(4);
  }
  const auto step = parse_hcb(graph.SerializeAsString(), "long.hcb", {});
  REQUIRE_MESSAGE(step, (step ? std::string{} : step.error().message));
  CHECK(step->training.graph.value_count() == kMany + 1);
}

}  // namespace
}  // namespace hcb::test
