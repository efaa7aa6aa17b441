// The two hand models again, execution by execution: what is in memory at every step of the plain
// order, added up by hand from the buffers of training_hand_test.cc (alignment 1).
#include <doctest/doctest.h>

#include "check/simulate.h"
#include "ingest/training.h"
#include "support/hand_models.h"

namespace hcb {
namespace {

// One row per step: what lives beside the residents.
struct Step {
  std::string_view node;
  Bytes live;
};

void check_steps(const ForwardModel& model, Bytes resident, const std::vector<Step>& expected) {
  const auto built = build_graph(model, Options{});
  REQUIRE(built);
  const Graph& graph = built->graph;
  const auto size = rounded_sizes(graph, 1).value();
  const auto simulation = simulate(graph, plain_sequence(graph), size).value();
  CHECK(simulation.resident == resident);
  REQUIRE(simulation.memory.size() == expected.size());
  for (std::size_t p = 0; p < expected.size(); ++p) {
    CAPTURE(expected[p].node);
    CHECK(graph.name(id_at<NodeId>(p)) == expected[p].node);
    CHECK(simulation.memory[p] == resident + expected[p].live);
  }
}

TEST_CASE("every step of a two-layer perceptron") {
  check_steps(test::mlp_forward(), 32 + 128 + 32 + 96 + 12,
              {
                  {"fc1", 64},                                 // h
                  {"relu", 64 + 64},                           // h, a
                  {"fc2", 64 + 24},                            // a, y
                  {"seed/y", 64 + 24 + 24},                    // a, y (held), y.grad
                  {"fc2/backward", 112 + 64 + 96 + 12},        // those, a.grad, w2.grad, b2.grad
                  {"relu/backward", 64 + 24 + 172 + 64},       // a, y, the three, h.grad
                  {"fc1/backward", 24 + 108 + 64 + 128 + 32},  // y, fc2's, h.grad, w1.grad, b1.grad
              });
}

TEST_CASE("every step of a small convolutional network") {
  const Bytes resident = 1536 + 432 + 16 + 4 * 16 + 864 + 24 + 72 + 12;
  const Bytes early = 2048 + 32 + 2048;  // c1, mean and rstd, r1: until relu1/backward
  const Bytes pooled = 512 + 1024;       // p1, indices
  const Bytes head = 24 + 72 + 12;       // logits (held), w3.grad, b3.grad
  const Bytes second = 864 + 24;         // w2.grad, b2.grad
  check_steps(test::cnn_forward(), resident,
              {
                  {"conv1", 2048},                                         // c1
                  {"bn", 2048 + 2048 + 32},                                // c1, n1, mean and rstd
                  {"relu1", 2048 + 32 + 2048 + 2048},                      // n1 dies here
                  {"pool", early + pooled},                                // p1, indices
                  {"conv2", early + pooled + 768},                         // c2
                  {"relu2", early + pooled + 768 + 768},                   // c2 dies here, r2
                  {"gap", early + pooled + 768 + 48},                      // r2, g
                  {"flat", early + pooled + 768 + 48},                     // a view: nothing new
                  {"head", early + pooled + 768 + 48 + 24},                // logits
                  {"seed/logits", early + pooled + 768 + 48 + 48},         // logits.grad
                  {"head/backward", early + pooled + 768 + 96 + 48 + 84},  // f.grad, w3 and b3's
                  {"flat/backward", early + pooled + 768 + head + 48},     // g, logits.grad gone
                  {"gap/backward", early + pooled + 768 + head + 48 + 768},        // r2.grad
                  {"relu2/backward", early + pooled + 768 + head + 768 + 768},     // c2.grad
                  {"conv2/backward", early + pooled + head + 768 + 512 + second},  // p1.grad
                  {"pool/backward", early + 1024 + head + second + 512 + 2048},    // r1.grad
                  {"relu1/backward", early + head + second + 2048 + 2048},         // n1.grad
                  {"bn/backward", 2080 + head + second + 2048 + 2048 + 32},        // c1.grad
                  {"conv1/backward", head + second + 32 + 2048 + 432 + 16},        // w1, b1's
              });
}

}  // namespace
}  // namespace hcb
