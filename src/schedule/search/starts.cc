#include "schedule/search/starts.h"

#include <algorithm>
#include <array>
#include <utility>

#include "plan/plan.h"
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

std::vector<NodeId> least_cut_sequence(MomentCut& cut, std::int64_t price, Context& context) {
  cut.evaluate(price, context);
  return kept_at(cut);
}

// Into ascending sequences.
void insert_distinct(std::vector<NodeId> sequence, std::vector<std::vector<NodeId>>& sequences) {
  const auto at = std::ranges::lower_bound(sequences, sequence);
  if (at == sequences.end() || *at != sequence) sequences.insert(at, std::move(sequence));
}

// Powers of four below the greatest price: from "keep as little as can be" on, the cuts between
// forward and backward that partitioners make. Never-replayable results are kept at any price.
constexpr int kTurnPrices = 12;

}  // namespace

Result<std::vector<std::vector<NodeId>>> turn_cuts(const Graph& graph,
                                                   const IdVector<BufferId, Bytes>& size,
                                                   Bytes budget, Context& context) {
  std::vector<std::vector<NodeId>> cuts;
  const NodeId first = turn(graph);
  if (first == kNone<NodeId>) return cuts;
  HCB_TRY(
      const MomentSystem system,
      MomentSystem::make(graph, size, budget, {.scope = Scope::given_order, .moments = {first}}));
  MomentCut cut(system, scale_for(graph));
  std::int64_t price = cut.max_price();
  for (int i = 0; i < kTurnPrices && price > 0; ++i, price /= 4) {
    HCB_CHECK(context.check());
    if (context.exhausted()) break;
    cuts.push_back(least_cut_sequence(cut, price, context));
  }
  cuts.erase(std::ranges::unique(cuts).begin(), cuts.end());
  return cuts;
}

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
      insert_distinct(least_cut_sequence(cut, price, context), starts);
    }
  }
  return starts;
}

}  // namespace hcb::search
