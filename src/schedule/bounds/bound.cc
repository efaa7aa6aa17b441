#include "schedule/bounds/bound.h"

#include "schedule/bounds/cut_stage.h"
#include "schedule/bounds/lazy.h"

namespace hcb {
namespace {

constexpr std::size_t kKeptMoments = 4;

}  // namespace

Result<BoundResult> extra_time_bound(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                     Bytes budget, Scope scope, std::optional<Nanos> incumbent,
                                     const BoundOptions& effort, Context& context) {
  const std::uint64_t before = context.work();
  // One moment says the same in any order nearly always; the stronger scope is tried first.
  HCB_TRY(CutStage stage,
          run_cut_stage(graph, size, budget, Scope::any_order, kKeptMoments, context));
  if (scope != Scope::any_order && stage.bound.status != BoundStatus::infeasible) {
    HCB_TRY(CutStage narrow, run_cut_stage(graph, size, budget, scope, kKeptMoments, context));
    const bool stronger = narrow.bound.status == BoundStatus::infeasible ||
                          narrow.bound.extra_time > stage.bound.extra_time;
    if (stronger) stage = std::move(narrow);
  }
  if (stage.bound.status != BoundStatus::infeasible) {
    if (incumbent && stage.bound.extra_time >= *incumbent) {
      stage.bound.status = BoundStatus::optimal;
    } else if (effort.integer && !stage.best.empty()) {
      HCB_CHECK(prove(graph, size, budget, scope, incumbent, effort, stage, context));
    }
  }
  stage.bound.work = context.work() - before;
  return std::move(stage.bound);
}

}  // namespace hcb
