// The independent checker: re-derives everything a plan claims from graph and plan alone.
//
// It walks the *steps* (computes and explicit frees) with its own arithmetic, where the simulator
// derives frees from the executions; the two must agree on the peak.
#pragma once

#include <string>
#include <vector>

#include "plan/plan.h"

namespace hcb {

enum class Violation {
  wrong_graph,    // made for another graph; the first difference is named
  unknown_id,     // a step names a node or buffer the graph has not
  missing_input,  // an input is not present when used
  missing_node,   // a node never runs
  effect_twice,   // a never-replay node runs twice
  order_broken,   // first executions break a data or order edge, or random nodes change places
  stale_read,     // a reader of a mutated resident runs after the mutation
  bad_free,       // frees what is not present, a resident or an output's last production
  peak_over_budget,
  bound_unproved,  // the certificate does not prove the bound the plan claims
  // Peak, time, checkpoints, blocks, tree, status or projection differ from what the steps give.
  claim_false,
};
[[nodiscard]] std::string_view name(Violation violation);

struct Finding {
  Violation violation;
  std::string message;  // "step 17 (recompute /h.3/attn/MatMul): reads …, freed at step 12"
};

struct CheckReport {
  std::vector<Finding> findings;  // empty: the plan holds; at most 20, then "… and N more"
  Bytes peak = 0;                 // by the checker's own arithmetic
  Nanos extra_time = 0;
};

// `size`: rounded sizes under the plan's alignment. O(steps + uses).
[[nodiscard]] CheckReport check_plan(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                     const Plan& plan);

}  // namespace hcb
