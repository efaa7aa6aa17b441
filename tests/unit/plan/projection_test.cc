// The one-level projection on the graph of support/tiny_training.h: each set of kept values gives
// the sequence that its definition spells out.
#include "plan/projection.h"

#include <doctest/doctest.h>

#include "support/tiny_training.h"

namespace hcb {
namespace {

namespace tiny = test::tiny;
using Sequence = std::vector<NodeId>;

Sequence projected(const Graph& graph, std::vector<BufferId> kept) {
  return projected_sequence(graph, kept);
}

TEST_CASE("everything kept: the plain order") {
  const Graph graph = test::tiny_training();
  CHECK(projected(graph, {tiny::a, tiny::b, tiny::loss}) ==
        Sequence{tiny::f1, tiny::f2, tiny::f3, tiny::g3, tiny::g2, tiny::g1});
}

TEST_CASE("what is not kept is made again before the node that reads it") {
  const Graph graph = test::tiny_training();
  CHECK(projected(graph, {tiny::b, tiny::loss}) == test::kTinyAgain);
}

TEST_CASE("closure: with nothing kept, b needs a, and a stays for g2") {
  const Graph graph = test::tiny_training();
  CHECK(projected(graph, {}) ==
        Sequence{tiny::f1, tiny::f2, tiny::f3, tiny::f1, tiny::f2, tiny::g3, tiny::g2, tiny::g1});
}

TEST_CASE("a never-replay node's value is held") {
  GraphBuilder builder = test::tiny_builder();
  builder.mutable_node(tiny::f1).flags.never_replay = true;
  const Graph graph = test::frozen(std::move(builder));
  CHECK(projected(graph, {}) ==
        Sequence{tiny::f1, tiny::f2, tiny::f3, tiny::f2, tiny::g3, tiny::g2, tiny::g1});
}

}  // namespace
}  // namespace hcb
