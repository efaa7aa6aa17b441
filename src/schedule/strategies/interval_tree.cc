// Height compression with the block size and arity of the options, or those that simulate best.
#include "schedule/search.h"
#include "schedule/strategies/all.h"

namespace hcb {

Result<Schedule> interval_tree_strategy(const StrategyRequest& request, Context& context) {
  SearchSpace space{.block_size = {}, .arity = request.options.arity};
  if (request.options.module_blocks) {
    space.block_size = kByModule;
  } else if (request.options.block_size) {
    space.block_size = static_cast<std::size_t>(*request.options.block_size);
  }
  return search_tree(request, space, context);
}

}  // namespace hcb
