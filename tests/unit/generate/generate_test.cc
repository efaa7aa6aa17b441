// Families: the same graph for the same request, and the shape each is for.
#include "generate/generate.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "plan/fingerprint.h"
#include "support/autodiff.h"

namespace hcb::test {
namespace {

std::string fingerprint(std::string_view family, const GenerateRequest& request) {
  return graph_record(must(generate(family, request))).fingerprint;
}

struct Golden {
  const char* family;
  std::size_t nodes;  // of the training graph of 60 forward nodes
  const char* fingerprint;
};

TEST_CASE("generate: the graphs of 60 nodes are what they always were") {
  const Golden golden[] = {
      {"chain", 123, "f9cce0b38a199df9054f95dfa40ad67d"},
      {"layered", 163, "535a42be4d483f02f342220ae539695d"},
      {"series-parallel", 128, "28daaaf3e4bc4872a577fc1bb4a41b52"},
      {"u-net", 111, "a74abb0453322f732088b6e004f1cb87"},
      {"transformer", 126, "5d594ef509ff8394adcd3083ef6388f9"},
      {"dense", 442, "6d38eb836b5a5614683f3b94f3ce6068"},
      {"wide", 180, "7c9cde88387031d02e52111a13ab639f"},
      {"long-range", 153, "ffc827bfa3094deb902428d600ae2d2c"},
      {"random", 138, "c0cf8d592af8cd9b8c6d31fd51dbe10f"},
      {"adversarial", 274, "02d7d1690e9395935674d819e2deb78f"},
  };
  CHECK(std::size(golden) == families().size());
  for (const Golden& row : golden) {
    CAPTURE(row.family);
    const Graph graph = must(generate(row.family, {.nodes = 60, .training = true}));
    CHECK(graph.node_count() == row.nodes);
    CHECK(graph_record(graph).fingerprint == row.fingerprint);
  }
}

TEST_CASE("generate: forward graphs have the nodes asked for, or as many as make whole layers") {
  for (const Family& family : families()) {
    CAPTURE(family.name);
    for (const std::size_t nodes : {34, 60, 257}) {
      const Graph graph = must(generate(family.name, {.nodes = nodes}));
      if (family.seeded) {
        CHECK(graph.node_count() == nodes);
      } else {
        CHECK(graph.node_count() <= nodes);
        CHECK(graph.node_count() + 18 > nodes);
      }
    }
  }
}

TEST_CASE("generate: every node of a training graph is reached, at every size from 1") {
  for (const Family& family : families()) {
    if (!family.seeded) continue;
    CAPTURE(family.name);
    for (std::size_t nodes = 1; nodes <= 30; ++nodes) {
      const Graph graph =
          must(generate(family.name, {.nodes = nodes, .seed = nodes, .training = true}));
      CHECK(graph.node_count() > nodes);
    }
  }
}

TEST_CASE("generate: another seed is another graph, and one without a seed has seed 0") {
  for (const Family& family : families()) {
    if (!family.seeded) continue;
    CAPTURE(family.name);
    CHECK(fingerprint(family.name, {.seed = 0}) == fingerprint(family.name, {}));
    CHECK(fingerprint(family.name, {.seed = 1}) != fingerprint(family.name, {}));
  }
}

// The most consumers of one value, and the most inputs of one node.
std::pair<std::size_t, std::size_t> widest(const Graph& graph) {
  std::size_t consumers = 0;
  std::size_t inputs = 0;
  for (const ValueId v : graph.values()) consumers = std::max(consumers, graph.consumers(v).size());
  for (const NodeId n : graph.nodes()) inputs = std::max(inputs, graph.reads(n).size());
  return {consumers, inputs};
}

TEST_CASE("generate: a wide graph is one fan, or fans of the width given") {
  CHECK(widest(must(generate("wide", {.nodes = 50}))) ==
        std::pair<std::size_t, std::size_t>{48, 48});
  CHECK(widest(must(generate("wide", {.nodes = 50, .width = 5}))) ==
        std::pair<std::size_t, std::size_t>{5, 5});
}

TEST_CASE("generate: a node of a dense block reads all before it in the block") {
  const Graph graph = must(generate("dense", {.nodes = 9, .width = 4}));
  std::vector<std::size_t> reads;
  for (const NodeId n : graph.nodes()) reads.push_back(graph.reads(n).size());
  // The input of the model is resident: the first block reads 0 … 3 values, later ones 1 … 4.
  CHECK(reads == std::vector<std::size_t>{0, 1, 2, 3, 1, 2, 3, 4, 1});
}

// Values made before node `cut` that a node at or behind it reads.
std::size_t crossing(const Graph& graph, std::size_t cut) {
  std::size_t count = 0;
  for (const BufferId b : graph.buffers()) {
    if (graph.resident(b) || index(graph.owner(b)) >= cut || graph.readers(b).empty()) continue;
    if (index(graph.readers(b).back()) >= cut) ++count;
  }
  return count;
}

TEST_CASE(
    "generate: what crosses the middle is one value of a chain, most of an adversarial graph") {
  CHECK(crossing(must(generate("chain", {.nodes = 1000})), 500) == 1);
  CHECK(crossing(must(generate("long-range", {.nodes = 1000})), 500) == 500);
  // A value at position i of 1,000 is missed by the draws of the second half with probability
  // Π (1 - 1/j)^3 over j = 500 … 999, which is 1/8.
  const std::size_t adversarial = crossing(must(generate("adversarial", {.nodes = 1000})), 500);
  CHECK(adversarial > 410);
  CHECK(adversarial < 465);
}

TEST_CASE("generate: layered graphs look like the published ones of 1,000 nodes") {
  const Graph graph = must(generate("layered", {.nodes = 1000}));
  std::size_t edges = 0;
  Bytes bytes = 0;
  Bytes largest = 0;
  for (const NodeId n : graph.nodes()) edges += graph.reads(n).size();
  for (const BufferId b : graph.buffers()) {
    if (graph.resident(b)) continue;
    bytes += graph.bytes(b);
    largest = std::max(largest, graph.bytes(b));
  }
  CHECK(edges > 4'500);  // published: 5,875 at N / L = 19.6
  CHECK(edges < 7'000);
  CHECK(bytes / 1000 / 1024 > 1'850);  // KiB
  CHECK(bytes / 1000 / 1024 < 2'150);
  CHECK(largest < 8'000 * 1024);
}

std::string error_of(std::string_view family, const GenerateRequest& request) {
  const auto graph = generate(family, request);
  REQUIRE(!graph);
  CHECK(graph.error().kind == ErrorKind::usage);
  return graph.error().message;
}

TEST_CASE("generate: requests that no family can meet") {
  CHECK(error_of("chian", {}) == "unknown family 'chian', did you mean 'chain'?");
  CHECK(error_of("chain", {.nodes = 0}) == "--nodes '0': expected 1 to 1000000");
  CHECK(error_of("chain", {.nodes = 1'000'001}) == "--nodes '1000001': expected 1 to 1000000");
  CHECK(error_of("chain", {.width = 3}) == "--width: family 'chain' does not read it");
  CHECK(error_of("u-net", {.seed = 3}) == "--seed: family 'u-net' does not read it");
  CHECK(error_of("u-net", {.width = 17}) ==
        "--width '17': expected 1 to 16 (levels of family 'u-net')");
  CHECK(error_of("u-net", {.nodes = 33}) == "--nodes '33': a U-Net of 4 levels needs at least 34");
  CHECK(error_of("transformer", {.nodes = 19}) == "--nodes '19': a transformer needs at least 20");
}

}  // namespace
}  // namespace hcb::test
