// The cut stage: the best single moment, its certificate, and the schedule its cut suggests.
#pragma once

#include "schedule/bounds/bound.h"
#include "schedule/bounds/moment_cut.h"

namespace hcb {

// A moment and the best line of its cut.
struct RankedMoment {
  NodeId moment = kNone<NodeId>;
  CutLine line;
  std::int64_t value = 0;  // scaled lower bound
};

struct CutStage {
  BoundResult bound;
  Scale scale;
  std::vector<RankedMoment> best;  // descending by value, at most `keep`
};

// Errors: those of moment_candidates(); interrupted.
[[nodiscard]] Result<CutStage> run_cut_stage(const Graph& graph,
                                             const IdVector<BufferId, Bytes>& size, Bytes budget,
                                             Scope scope, std::size_t keep, Context& context);

}  // namespace hcb
