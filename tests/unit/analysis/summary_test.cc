#include "analysis/summary.h"

#include <doctest/doctest.h>

#include "plan/fingerprint.h"
#include "unit/analysis/small_graph.h"

namespace hcb {
namespace {

// A parameter w (10), a forward node F that makes h (40) and a logit vector from it (60), and their
// backward nodes.
//
//     node        F        L        S(seed)  BL           BF        resident: x 5, w 10
//     makes       h 40     y 60     dy 60    dh 40        dw 10
//     reads       x w      h        y        dy h         dh w
//     memory      55       115      175      155 + 15     65        S: 15 + h 40 + y 60 + dy 60
TrainingGraph two_layers() {
  SmallGraph g;
  const ValueId x = g.resident("x", 5);
  const ValueId w = g.resident("w", 10, Role::parameter);
  const ValueId h = g.value("h", 40);
  const ValueId y = g.value("y", 60);
  const ValueId dy = g.value("dy", 60, Role::gradient);
  const ValueId dh = g.value("dh", 40, Role::gradient);
  const ValueId dw = g.value("dw", 10, Role::gradient);
  const NodeId f = g.node({.name = "F", .inputs = {x, w}, .outputs = {h}, .cost = {.time = 3}});
  const NodeId l = g.node({.name = "L", .inputs = {h}, .outputs = {y}, .cost = {.time = 4}});
  g.node({.name = "S", .phase = Phase::backward, .inputs = {y}, .outputs = {dy}, .forward = l});
  g.node({.name = "BL",
          .phase = Phase::backward,
          .inputs = {dy, h},
          .outputs = {dh},
          .cost = {.workspace = 15},
          .forward = l});
  g.node(
      {.name = "BF", .phase = Phase::backward, .inputs = {dh, w}, .outputs = {dw}, .forward = f});
  g.output(dw);
  return {g.freeze(), {.parameter_count = 10, .parameter_bytes = 10, .seeds = {"y"}}};
}

TEST_CASE("analyze: the plain step of two layers") {
  const TrainingGraph training = two_layers();
  Options options;
  options.alignment = 1;
  const auto analysis =
      analyze({.model = {.name = "two"}, .graph = training, .options = options, .top = 2});
  REQUIRE_MESSAGE(analysis.has_value(), analysis.error().message);
  CHECK(analysis->training);
  CHECK(analysis->nodes == 5);
  CHECK(analysis->forward_nodes == 2);
  CHECK(analysis->base_time == 7);
  CHECK(analysis->parameter_dtypes == std::vector<std::string>{"uint8"});
  CHECK(analysis->step.peak == 15 + 40 + 60 + 60);
  CHECK(analysis->step.at == "backward of L");
  CHECK(analysis->step.position == 2);
  CHECK(analysis->step.composition ==
        Composition{.resident = 15, .activations = 40 + 60, .gradients = 60});
  CHECK(analysis->step.alive == 3);
  REQUIRE(analysis->step.top.size() == 2);
  CHECK(analysis->step.top[0].name == "y");
  CHECK(analysis->step.top[0].kept_by == "backward of L");
  CHECK(analysis->step.top[1].name == "dy");
  CHECK(analysis->step.top[1].role == Role::gradient);
  CHECK_FALSE(analysis->inference_peak.has_value());
}

TEST_CASE("analyze: the bound names its node, and what would lower it") {
  const TrainingGraph training = two_layers();
  Options options;
  options.alignment = 1;
  const auto analysis = analyze({.model = {}, .graph = training, .options = options});
  REQUIRE(analysis.has_value());
  CHECK(analysis->bound.bytes.l1 == 15 + 60 + 40 + 40 + 15);  // BL with dy, h, dh and its workspace
  CHECK(analysis->bound.bytes.l2 == 15 + 10 + 40);            // BF: dw and dh
  CHECK(analysis->bound.set_by == "backward of L");
  CHECK_FALSE(analysis->bound.by_outputs);
  CHECK(analysis->bound.advice == "chunk the loss");  // L makes the value the backward starts at
}

TEST_CASE("place_text: a name that does not tell the op gets it") {
  SmallGraph g;
  const ValueId x = g.resident("x", 1);
  const NodeId named = g.node({.name = "/h.0/attn/softmax_1",
                               .op = "Softmax",
                               .inputs = {x},
                               .outputs = {g.value("a", 1)}});
  const NodeId numbered =
      g.node({.name = "n17", .op = "Conv", .inputs = {x}, .outputs = {g.value("b", 1)}});
  g.node({.name = "n17.backward",
          .op = "ConvBackward",
          .phase = Phase::backward,
          .inputs = {x},
          .outputs = {g.value("c", 1)},
          .forward = numbered});
  const Graph graph = g.freeze();
  CHECK(place_text(graph, named) == "/h.0/attn/softmax_1");
  CHECK(place_text(graph, numbered) == "n17 (Conv)");
  CHECK(place_text(graph, NodeId{2}) == "backward of n17 (Conv)");
}

TEST_CASE("analyze: the analysed graph is named by its fingerprints") {
  const TrainingGraph training = two_layers();
  const auto analysis = analyze({.model = {}, .graph = training, .options = {}});
  REQUIRE(analysis.has_value());
  const GraphRecord record = graph_record(training.graph);
  CHECK(analysis->fingerprint == record.fingerprint);
  CHECK(analysis->unnamed_fingerprint == record.unnamed_fingerprint);
}

TEST_CASE("analyze: frontiers of the forward part and of the whole order") {
  const TrainingGraph training = two_layers();
  Options options;
  options.alignment = 1;
  const auto analysis = analyze({.model = {}, .graph = training, .options = options});
  REQUIRE(analysis.has_value());
  CHECK(analysis->forward_frontier.summary.width == 40);
  CHECK(analysis->forward_frontier.widest_before == "L");
  CHECK(analysis->frontier.summary.cuts == 4);
  CHECK(analysis->frontier.summary.width == 40 + 60);  // h and y before S, h and dy before BL
  CHECK(analysis->frontier.widest_before == "backward of L");
}

TEST_CASE("analyze: the inference peak is that of the forward graph alone") {
  SmallGraph g;
  const ValueId x = g.resident("x", 5);
  const ValueId h = g.value("h", 40);
  const ValueId y = g.value("y", 60);
  g.node({.name = "F", .inputs = {x}, .outputs = {h}});
  g.node({.name = "L", .inputs = {h}, .outputs = {y}});
  g.output(y);
  const TrainingGraph inference{g.freeze(), {}};
  const TrainingGraph training = two_layers();
  Options options;
  options.alignment = 1;
  const auto both =
      analyze({.model = {}, .graph = training, .inference = &inference, .options = options});
  REQUIRE(both.has_value());
  CHECK(both->inference_peak == 5 + 40 + 60);
  const auto alone = analyze({.model = {}, .graph = inference, .options = options});
  REQUIRE(alone.has_value());
  CHECK_FALSE(alone->training);
  CHECK(alone->step.peak == 105);
  CHECK(alone->step.at == "L");
  CHECK(alone->bound.advice.empty());
}

TEST_CASE("analyze: sizes are rounded up to the alignment") {
  const TrainingGraph training = two_layers();
  const Options options;  // 512
  const auto analysis = analyze({.model = {}, .graph = training, .options = options});
  REQUIRE(analysis.has_value());
  CHECK(analysis->step.peak == 5 * 512 + 15);  // BL: x, w, h, dy, dh and its workspace
}

}  // namespace
}  // namespace hcb
