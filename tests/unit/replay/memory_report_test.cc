#include "replay/memory_report.h"

#include <doctest/doctest.h>

#include "support/graphs.h"

namespace hcb {
namespace {

StepRecord record(std::uint32_t node, Bytes predicted_during, Bytes during, Bytes predicted_after,
                  Bytes after) {
  StepRecord step{.node = NodeId{node}};
  step.predicted_during = predicted_during;
  step.during = during;
  step.predicted_after = predicted_after;
  step.after = after;
  return step;
}

// f0 keeps 3 bytes more than predicted, of which f1 knows nothing; f1 takes 5 of workspace.
TEST_CASE("What a node keeps is not blamed on those behind it") {
  const Graph graph = forward_chain(3);
  RunReport run;
  run.steps = {record(0, 2, 5, 2, 5), record(1, 3, 11, 2, 5), record(2, 3, 6, 2, 2)};
  run.peak = 11;
  const MemoryReport report = memory_report(graph, run, 3, false);
  CHECK(report.equal_after == 1);
  CHECK(report.equal_during == 0);
  CHECK(!report.exact());
  REQUIRE(report.difference.size() == 1);  // all three nodes are of one op
  CHECK(report.difference[0].nodes == 3);
  CHECK(report.difference[0].during == 5);
  CHECK(report.difference[0].after == 0);  // 3 kept by f0, given back behind f2
  CHECK(report.difference[0].example == "f1");
}

TEST_CASE("Bytes as predicted are no difference") {
  const Graph graph = forward_chain(1);
  RunReport run;
  run.steps = {record(0, 2, 2, 2, 2)};
  CHECK(memory_report(graph, run, 2, true).exact());
  CHECK(memory_report(graph, run, 2, true).difference.empty());
}

}  // namespace
}  // namespace hcb
