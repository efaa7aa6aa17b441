// Optimal binomial checkpointing (Griewank and Walther, 2000; schedule/binomial.h) over blocks: k
// slots hold inputs of blocks, and as few blocks as possible run again. Blocks are taken to be alike;
// on a real graph their frontiers stand in for the slots, and the simulator says what they need.
#include "schedule/search.h"
#include "schedule/strategies/all.h"

namespace hcb {

Result<Schedule> revolve(const StrategyRequest& request, Context& context) {
  const SearchSpace space{.block_size = asked_block_size(request.options),
                          .binomial = true,
                          .slots = request.options.slots};
  return search_tree(request, space, context);
}

}  // namespace hcb
