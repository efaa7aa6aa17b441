#include "plan/step_profile.h"

#include <doctest/doctest.h>

#include "ingest/hcb.h"
#include "support/hcb_steps.h"

namespace hcb {
namespace {

Graph tiny() {
  return parse_hcb(test::tiny_hcb().SerializeAsString(), "tiny.hcb", {}).value().training.graph;
}

// One row per node of tiny_hcb(); times 10, 20, …; mm.1 has 100 bytes of workspace, y and r share a
// storage of 40 bytes instead of 32.
StepProfile tiny_profile(const Graph& graph) {
  StepProfile profile{.scope = {.device = "cpu",
                                .device_name = "a \"processor\"",
                                .threads = 2,
                                .memory_format = "contiguous",
                                .torch_version = "2.11.0"},
                      .iterations = 5,
                      .graph_name = "tiny",
                      .structure = structure_fingerprint(graph),
                      .nodes = {}};
  for (const NodeId n : graph.nodes()) {
    ProfileNode node{.name = std::string(graph.name(n)),
                     .op = std::string(graph.op(n)),
                     .time = static_cast<Nanos>(10 * (index(n) + 1)),
                     .storage = {}};
    for (const ValueId v : graph.outputs(n)) node.storage.push_back(graph.bytes(graph.buffer(v)));
    profile.nodes.push_back(node);
  }
  profile.nodes[0].storage = profile.nodes[1].storage = {40};
  profile.nodes[6].workspace = 100;
  return profile;
}

TEST_CASE("A profile is one line per node and reads back as it was written") {
  const StepProfile profile = tiny_profile(tiny());
  const std::string text = profile_to_json(profile);
  CHECK(
      text.starts_with("{\n"
                       "  \"format\": \"hcb-profile\",\n"
                       "  \"format_version\": \"1.0\",\n"
                       "  \"device\": \"cpu\",\n"
                       "  \"device_name\": \"a \\\"processor\\\"\",\n"
                       "  \"threads\": 2,\n"
                       "  \"memory_format\": \"contiguous\",\n"
                       "  \"torch_version\": \"2.11.0\",\n"
                       "  \"iterations\": 5,\n"
                       "  \"graph\": {\"name\": \"tiny\", \"structure\": \""));
  CHECK(text.ends_with("\n[\"mm.1\",\"aten::mm\",70,100,[48]]]\n}\n"));
  CHECK(profile_from_json(text, "p.json") == profile);
}

TEST_CASE("Costs and sizes become those of the profile; views keep the size of their base") {
  const Graph graph = tiny();
  const Graph measured = with_profile(graph, tiny_profile(graph), "p.json").value();
  CHECK(measured.cost(NodeId{6}).workspace == 100);
  CHECK(measured.cost(NodeId{2}).time == 30);
  CHECK(measured.bytes(measured.buffer(ValueId{test::kY})) == 40);
  CHECK(measured.bytes(measured.buffer(ValueId{test::kR})) == 40);
  CHECK(measured.bytes(measured.buffer(ValueId{test::kXt})) == 24);  // x, a resident
  CHECK(structure_fingerprint(graph.with_costs(IdVector<NodeId, Cost>(7, Cost{.time = 3}))) ==
        structure_fingerprint(graph));
  CHECK(structure_fingerprint(measured) != structure_fingerprint(graph));  // other sizes
}

TEST_CASE("A profile of the forward nodes' names fits the forward graph too") {
  const Graph graph = tiny();
  Options options;
  options.inference = true;
  const Graph forward =
      parse_hcb(test::tiny_hcb().SerializeAsString(), "tiny.hcb", options).value().training.graph;
  CHECK(with_profile(forward, tiny_profile(graph), "p.json").value().node_count() == 3);
}

std::string refusal(const Graph& graph, const StepProfile& profile) {
  const auto checked = check_profile_of(profile, graph, "p.json");
  REQUIRE(!checked);
  CHECK(checked.error().kind == ErrorKind::bad_input);
  CHECK(checked.error().help == "measure this one: hcb-run profile GRAPH -o PROFILE");
  return checked.error().message;
}

TEST_CASE("A profile of another graph is refused with the first difference") {
  const Graph graph = tiny();
  StepProfile profile = tiny_profile(graph);
  CHECK(check_profile_of(profile, graph, "p.json"));
  profile.structure[0] = profile.structure[0] == 'a' ? 'b' : 'a';
  CHECK(refusal(graph, profile) ==
        "p.json: measured on another graph: the nodes are the same, their inputs, shapes or sizes "
        "are not");
  profile.nodes.pop_back();
  CHECK(refusal(graph, profile) ==
        "p.json: measured on another graph: 6 nodes in the profile, 7 in the graph");
  profile.nodes[1].op = "aten::relu";
  CHECK(refusal(graph, profile) ==
        "p.json: measured on another graph: node 1 is 'relu_' (aten::relu) in the profile, 'relu_' "
        "(aten::relu_) in the graph");
  CHECK(with_profile(graph, profile, "p.json").error().message ==
        "p.json: measured on another graph: node 'relu_' (aten::relu) is aten::relu_ here");
  profile = tiny_profile(graph);
  profile.nodes[2].storage = {4, 4};
  CHECK(
      with_profile(graph, profile, "p.json").error().message ==
      "p.json: measured on another graph: node 'sum' has 2 outputs in the profile, 1 in the graph");
}

std::string changed(const std::string& from, const std::string& to) {
  std::string text = profile_to_json(tiny_profile(tiny()));
  text.replace(text.find(from), from.size(), to);
  const auto profile = profile_from_json(text, "p.json");
  return profile ? "" : profile.error().message;
}

TEST_CASE("Damaged profiles are refused with the place") {
  CHECK(changed("aten::mm\",70,100", "aten::mm\",70,-1") ==
        "p.json: nodes[6][3]: -1 is out of range (0 … 9223372036854775807)");
  CHECK(changed(",100,[48]", ",100,[-48]") ==
        "p.json: nodes[6][4][0]: -48 is out of range (0 … 9223372036854775807)");
  CHECK(changed("70,100", "70.5,100") == "p.json: nodes[6][2]: expected an integer, found 70.5");
  CHECK(changed(",[48]]", "]") == "p.json: nodes[6]: expected 5 entries, found 4");
  CHECK(changed("\"threads\": 2", "\"threads\": 0") ==
        "p.json: threads: 0 is out of range (1 … 65536)");
  CHECK(changed("  \"threads\": 2,\n", "") == "p.json: key \"threads\" is missing");
  CHECK(changed("hcb-profile", "hcb-plan") ==
        "p.json: not a profile: key \"format\" is not \"hcb-profile\"");
  CHECK(changed("\"1.0\"", "\"2.0\"") ==
        "p.json: profile format 2.0; this program reads 1.0 and its minor versions");
  CHECK(changed("]\n}", "\n}").starts_with("p.json: byte "));
}

}  // namespace
}  // namespace hcb
