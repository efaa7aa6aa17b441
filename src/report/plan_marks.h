// What each node of a graph is to a plan, for pictures and lists.
#pragma once

#include <cstdint>
#include <string>

#include "plan/plan.h"

namespace hcb {

inline constexpr std::uint32_t kNoBlock = static_cast<std::uint32_t>(-1);

struct PlanMarks {
  IdVector<NodeId, std::uint32_t> runs;   // executions
  IdVector<NodeId, char> kept;            // makes a checkpoint
  IdVector<NodeId, char> frontier;        // makes a value that a later block reads
  IdVector<NodeId, std::uint32_t> block;  // of a forward node; kNoBlock: none
};

// `plan` holds for `graph`. O(steps + uses).
[[nodiscard]] PlanMarks marks_of(const Graph& graph, const Plan& plan);

// Every node once, nothing kept: what a graph without a plan is.
[[nodiscard]] PlanMarks no_marks(const Graph& graph);

// "f1 … f9" (or "f1"): the first and the last node of a block, which is not empty.
[[nodiscard]] std::string block_range(const Plan& plan, const Block& block);

}  // namespace hcb
