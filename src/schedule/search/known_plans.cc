#include "schedule/search/known_plans.h"

#include <algorithm>
#include <array>

#include "plan/plan.h"
#include "plan/projection.h"
#include "schedule/chain_search.h"
#include "schedule/forward_order.h"
#include "schedule/search.h"
#include "schedule/search/given_order.h"

namespace hcb::search {
namespace {

constexpr std::size_t kCarried = 20'000;  // nodes up to which a schedule is carried over
constexpr std::size_t kChained = 20'000;  // nodes up to which chains are cut
constexpr std::array<std::size_t, 2> kChains{16, 32};  // blocks

using Sequences = std::vector<std::vector<NodeId>>;

// The sequence, and what is left of it where only the choice of what is kept can be told.
void add(const StrategyRequest& request, std::vector<NodeId> sequence, Sequences& plans) {
  const Graph& graph = request.graph;
  plans.push_back(projected_sequence(graph, saved_at_turn(graph, with_frees(graph, sequence))));
  if (!request.options.keep_order || in_given_order(graph, sequence)) {
    plans.push_back(std::move(sequence));
  } else if (graph.node_count() <= kCarried) {
    plans.push_back(carried_to_given_order(graph, sequence));
  }
}

Result<Schedule> root_blocks(const StrategyRequest& request, Context& context) {
  const std::size_t nodes = forward_order(request.graph).counted;
  std::size_t root = 1;
  while (root * root < nodes) ++root;
  return search_tree(request, {.block_size = root, .arity = kFlat}, context);
}

}  // namespace

std::vector<std::vector<NodeId>> known_plans(const StrategyRequest& request, Context& context) {
  Sequences plans;
  const auto take = [&](Result<Schedule> schedule) {
    if (schedule) add(request, std::move(schedule->sequence), plans);
  };
  take(search_tree(request, {.block_size = {}, .arity = {}}, context));
  if (!context.cancelled()) take(search_tree(request, {.block_size = {}, .arity = kFlat}, context));
  if (!context.cancelled() && forward_order(request.graph).counted > 0)
    take(root_blocks(request, context));
  if (!context.cancelled() && request.budget && request.graph.node_count() <= kChained)
    take(search_chain(request, {.block_size = {}, .chains = kChains}, context));
  Sequences distinct;
  for (auto& plan : plans) {
    if (std::ranges::find(distinct, plan) == distinct.end()) distinct.push_back(std::move(plan));
  }
  return distinct;
}

}  // namespace hcb::search
