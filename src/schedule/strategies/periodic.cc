// Periodic checkpoints (Chen, Xu, Zhang, Guestrin, 2016): the frontier at every block boundary is
// kept from the forward, and each block but the last runs once more just before its backward. This
// is the interval tree with a single level. Default block size: √n, rounded up, which balances
// n/√n frontiers against a block of √n nodes.
#include "schedule/search.h"
#include "schedule/strategies/all.h"

namespace hcb {
namespace {

std::size_t root_rounded_up(std::size_t n) {
  std::size_t root = 1;
  while (root * root < n) ++root;
  return root;
}

std::size_t forward_nodes_without_views(const Graph& graph) { return forward_order(graph).counted; }

}  // namespace

Result<Schedule> periodic(const StrategyRequest& request, Context& context) {
  SearchSpace space{.block_size = asked_block_size(request.options), .arity = kFlat};
  if (!space.block_size && !request.options.block_size_given) {
    space.block_size = root_rounded_up(forward_nodes_without_views(request.graph));
  }
  return search_tree(request, space, context);
}

}  // namespace hcb
