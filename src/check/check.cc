// Graph first (ids of another graph mean nothing), then the steps, then what the plan says about
// them.
#include "check/check.h"

#include <algorithm>
#include <limits>

#include "check/bound_claim.h"
#include "check/claims.h"
#include "plan/fingerprint.h"

namespace hcb {
namespace {

std::int64_t saturated(Wide value) {
  return static_cast<std::int64_t>(std::min<Wide>(value, std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

std::string_view name(Violation violation) {
  switch (violation) {
    case Violation::wrong_graph:
      return "wrong_graph";
    case Violation::unknown_id:
      return "unknown_id";
    case Violation::missing_input:
      return "missing_input";
    case Violation::missing_node:
      return "missing_node";
    case Violation::effect_twice:
      return "effect_twice";
    case Violation::order_broken:
      return "order_broken";
    case Violation::stale_read:
      return "stale_read";
    case Violation::bad_free:
      return "bad_free";
    case Violation::peak_over_budget:
      return "peak_over_budget";
    case Violation::bound_unproved:
      return "bound_unproved";
    case Violation::claim_false:
      return "claim_false";
  }
  return "unknown";
}

CheckReport check_plan(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                       const Plan& plan) {
  Findings findings;
  if (const auto difference = first_difference(plan.graph, graph_record(graph))) {
    findings.add(Violation::wrong_graph, "the plan was made for another graph: " + *difference);
    return {std::move(findings).take(), 0, 0};
  }
  const Walk walk = walk_steps(graph, size, plan.steps, findings);
  const Checked on{graph, size, plan, walk, findings};
  check_claims(on);
  check_bound(on);
  return {std::move(findings).take(), saturated(walk.peak), saturated(walk.extra_time)};
}

}  // namespace hcb
