// Two models worked out by hand: every buffer of the training graph with its bytes, the node that
// makes it and the nodes that read it, and every view with its base.
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "ingest/training.h"
#include "support/hand_models.h"

namespace hcb {
namespace {

// One line per value in the order of the graph: "name bytes owner: readers" for a buffer,
// "name = base: readers" for a view. Readers are those of the value itself.
std::string listing(const Graph& graph) {
  std::string text;
  for (const ValueId v : graph.values()) {
    const BufferId b = graph.buffer(v);
    const ValueId base = graph.base_value(b);
    const std::string owner(graph.resident(b) ? name(graph.role(b)) : graph.name(graph.owner(b)));
    text += base == v ? fmt::format("{} {} {}:", graph.name(v), graph.bytes(b), owner)
                      : fmt::format("{} = {}:", graph.name(v), graph.name(base));
    for (const NodeId n : graph.consumers(v)) text += fmt::format(" {}", graph.name(n));
    text += graph.is_output(v) ? " END\n" : "\n";
  }
  return text;
}

TEST_CASE("every buffer of a two-layer perceptron") {
  const auto built = build_graph(test::mlp_forward(), Options{});
  REQUIRE(built);
  CHECK(listing(built->graph) ==
        "x 32 input: fc1 fc1/backward\n"       // 2·4·4
        "w1 128 parameter: fc1\n"              // 8·4·4; x needs no gradient, so only fc1 reads w1
        "b1 32 parameter: fc1\n"               // 8·4
        "w2 96 parameter: fc2 fc2/backward\n"  // 3·8·4
        "b2 12 parameter: fc2\n"               // 3·4
        "h 64 fc1: relu\n"                     // 2·8·4
        "a 64 relu: fc2 fc2/backward relu/backward\n"
        "y 24 fc2: seed/y END\n"  // 2·3·4
        "y.grad 24 seed/y: fc2/backward\n"
        "a.grad 64 fc2/backward: relu/backward\n"
        "w2.grad 96 fc2/backward: END\n"
        "b2.grad 12 fc2/backward: END\n"
        "h.grad 64 relu/backward: fc1/backward\n"
        "w1.grad 128 fc1/backward: END\n"
        "b1.grad 32 fc1/backward: END\n");
}

// Batch 2, image 8x8, 4 channels at 8x8 and at 4x4 after pooling, then 6.
TEST_CASE("every buffer of a small convolutional network") {
  const auto built = build_graph(test::cnn_forward(), Options{});
  REQUIRE(built);
  CHECK(listing(built->graph) ==
        "x 1536 input: conv1 conv1/backward\n"  // 2·3·8·8·4
        "w1 432 parameter: conv1\n"             // 4·3·3·3·4
        "b1 16 parameter: conv1\n"              // 4·4
        "scale 16 parameter: bn bn/backward\n"
        "bias 16 parameter: bn\n"
        "mean 16 buffer: bn\n"
        "var 16 buffer: bn\n"
        "w2 864 parameter: conv2 conv2/backward\n"  // 6·4·3·3·4
        "b2 24 parameter: conv2\n"
        "w3 72 parameter: head head/backward\n"  // 3·6·4
        "b3 12 parameter: head\n"
        "c1 2048 conv1: bn bn/backward\n"  // 2·4·8·8·4
        "n1 2048 bn: relu1\n"              // relu keeps its output, not this
        "bn/mean 16 bn: bn/backward\n"     // one float32 per channel
        "bn/rstd 16 bn: bn/backward\n"
        "r1 2048 relu1: pool pool/backward relu1/backward\n"
        "p1 512 pool: conv2 conv2/backward\n"      // 2·4·4·4·4
        "pool/indices 1024 pool: pool/backward\n"  // 2·4·4·4·8
        "c2 768 conv2: relu2\n"                    // 2·6·4·4·4
        "r2 768 relu2: gap relu2/backward\n"
        "g 48 gap: flat\n"  // 2·6·4
        "f = g: head head/backward\n"
        "logits 24 head: seed/logits END\n"  // 2·3·4
        "logits.grad 24 seed/logits: head/backward\n"
        "f.grad 48 head/backward: flat/backward\n"
        "w3.grad 72 head/backward: END\n"
        "b3.grad 12 head/backward: END\n"
        "g.grad = f.grad: gap/backward\n"
        "r2.grad 768 gap/backward: relu2/backward\n"
        "c2.grad 768 relu2/backward: conv2/backward\n"
        "p1.grad 512 conv2/backward: pool/backward\n"
        "w2.grad 864 conv2/backward: END\n"
        "b2.grad 24 conv2/backward: END\n"
        "r1.grad 2048 pool/backward: relu1/backward\n"
        "n1.grad 2048 relu1/backward: bn/backward\n"
        "c1.grad 2048 bn/backward: conv1/backward\n"
        "scale.grad 16 bn/backward: END\n"
        "bias.grad 16 bn/backward: END\n"
        "w1.grad 432 conv1/backward: END\n"
        "b1.grad 16 conv1/backward: END\n");
  CHECK(built->report.parameter_count == 108 + 4 + 4 + 4 + 216 + 6 + 18 + 3);
  CHECK(built->report.batch_norms_in_training_form == 1);
}

}  // namespace
}  // namespace hcb
