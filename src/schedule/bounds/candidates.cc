#include "schedule/bounds/candidates.h"

#include <algorithm>

#include "check/simulate.h"
#include "plan/plan.h"

namespace hcb {
namespace {

constexpr std::size_t kTakeAll = 2000;
constexpr std::size_t kBehindTurn = 64;
constexpr std::size_t kWidest = 32;
constexpr std::size_t kSpaced = 64;

std::vector<NodeId> selection(const Graph& graph, const std::vector<NodeId>& over) {
  std::vector<NodeId> chosen(over.begin(),
                             over.begin() + std::min<std::ptrdiff_t>(kWidest, std::ssize(over)));
  std::vector<NodeId> in_order = over;
  std::ranges::sort(in_order);
  for (std::size_t i = 0; i < kSpaced && !in_order.empty(); ++i)
    chosen.push_back(in_order[i * in_order.size() / kSpaced]);
  const NodeId first = turn(graph);
  for (const NodeId n : in_order) {
    if (first != kNone<NodeId> && n >= first && index(n) <= index(first) + kBehindTurn)
      chosen.push_back(n);
  }
  std::vector<NodeId> distinct;
  for (const NodeId n : chosen) {
    if (std::ranges::find(distinct, n) == distinct.end()) distinct.push_back(n);
  }
  return distinct;
}

}  // namespace

Result<std::vector<NodeId>> moment_candidates(const Graph& graph,
                                              const IdVector<BufferId, Bytes>& size, Bytes budget) {
  HCB_TRY(const Simulation base, simulate(graph, plain_sequence(graph), size));
  std::vector<NodeId> over;
  for (const NodeId n : graph.nodes()) {
    if (base.memory[index(n)] > budget) over.push_back(n);
  }
  std::ranges::stable_sort(over, std::greater{}, [&](NodeId n) { return base.memory[index(n)]; });
  return graph.node_count() <= kTakeAll ? over : selection(graph, over);
}

}  // namespace hcb
