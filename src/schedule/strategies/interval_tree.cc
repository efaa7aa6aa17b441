// Height compression with the block size and arity of the options, or those that simulate best.
#include "schedule/search.h"
#include "schedule/strategies/all.h"

namespace hcb {

Result<Schedule> interval_tree_strategy(const StrategyRequest& request, Context& context) {
  const SearchSpace space{.block_size = asked_block_size(request.options),
                          .arity = request.options.arity};
  return search_tree(request, space, context);
}

}  // namespace hcb
