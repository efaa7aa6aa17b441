// The proving stages: trees on the best single moments, then moments added where the solution's
// schedule is over budget.
#pragma once

#include "schedule/bounds/cut_stage.h"

namespace hcb {

// Improves `stage.bound` as far as `effort` allows.
[[nodiscard]] Result<void> prove(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                 Bytes budget, Scope scope, std::optional<Nanos> incumbent,
                                 const BoundOptions& effort, CutStage& stage, Context& context);

}  // namespace hcb
