#include "report/show_graph.h"

#include <doctest/doctest.h>

#include "graph/dump.h"
#include "support/golden.h"
#include "support/graphs.h"
#include "support/one_of_everything.h"
#include "support/tiny_training.h"

namespace hcb {
namespace {

TEST_CASE("show: a graph node by node, then by kind of module") {
  CHECK(golden_difference(graph_text(one_of_everything()), "report/show_everything.txt") == "");
}

TEST_CASE("show: a plan over its graph") {
  const Graph graph = test::tiny_training();
  CHECK(golden_difference(planned_graph_text(graph, test::tiny_plan(graph)),
                          "report/show_tiny_plan.txt") == "");
}

TEST_CASE("show: equal layers are one row, more than 2,000 nodes are not listed") {
  const Graph graph = transformer_graph(51);  // 6 + 40 · 51 nodes
  const std::string text = graph_text(graph);
  const std::string head = dump_text(graph);
  CHECK(text.starts_with(head.substr(0, head.find('\n') + 1) +
                         "2,046 nodes are not listed: more than 2,000; --format json has them\n"
                         "kinds of modules  modules    nodes      makes      time\n"));
}

}  // namespace
}  // namespace hcb
