#include "schedule/search/starts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "schedule/bounds/placement.h"

namespace hcb::search {
namespace {

// Prices relative to the best one. A higher price keeps less.
constexpr std::array<std::pair<std::int64_t, std::int64_t>, 7> kAround{
    {{1, 1}, {31, 32}, {33, 32}, {7, 8}, {9, 8}, {5, 4}, {3, 2}}};

std::vector<NodeId> kept_at(MomentCut& cut) {
  IdVector<BufferId, char> kept(cut.system().graph().buffer_count(), 0);
  for (const BufferId b : cut.kept()) kept[b] = 1;
  return place_late(cut.system(), {kept});
}

}  // namespace

Result<std::vector<std::vector<NodeId>>> cut_starts(const Graph& graph,
                                                    const IdVector<BufferId, Bytes>& size,
                                                    Bytes budget, const CutStage& stage,
                                                    Context& context) {
  std::vector<std::vector<NodeId>> starts;
  for (const RankedMoment& ranked : stage.best) {
    HCB_TRY(const MomentSystem system,
            MomentSystem::make(graph, size, budget,
                               {.scope = stage.bound.scope, .moments = {ranked.moment}}));
    MomentCut cut(system, stage.scale);
    for (const auto& [up, down] : kAround) {
      HCB_CHECK(context.check());
      const std::int64_t price = std::min(ranked.line.price / down * up, cut.max_price());
      cut.evaluate(price, context);
      starts.push_back(kept_at(cut));
    }
  }
  std::ranges::sort(starts);
  starts.erase(std::ranges::unique(starts).begin(), starts.end());
  return starts;
}

}  // namespace hcb::search
