// Reading a plan: no bytes may crash it, hang it or read out of bounds; what it accepts is written
// as it is read, in both forms, and can be checked against a graph it does not belong to.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "check/check.h"
#include "plan/fingerprint.h"
#include "plan/json.h"
#include "plan/protobuf.h"
#include "support/graphs.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// A plan that claims to be of this graph, so that the checker walks its steps.
void check(hcb::Plan plan) {
  static const hcb::Graph graph = hcb::unit_chain(4);
  static const auto size = hcb::rounded_sizes(graph, 1).value();
  plan.graph = hcb::graph_record(graph);
  (void)hcb::check_plan(graph, size, plan);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto plan = hcb::plan_from_json(bytes, "plan.json")) {
    require(hcb::plan_from_json(hcb::plan_to_json(*plan), "plan.json") == *plan);
    check(*plan);
  }
  if (const auto plan = hcb::plan_from_protobuf(bytes, "plan.pb")) check(*plan);
  return 0;
}
