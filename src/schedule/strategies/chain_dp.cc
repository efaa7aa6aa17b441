// Optimal persistent schedules of a heterogeneous chain under a byte budget (Beaumont et al., 2019,
// 2021; schedule/chain_dp.h), the blocks of the graph being the chain.
#include <array>

#include "schedule/chain_search.h"
#include "schedule/strategies/all.h"

namespace hcb {
namespace {

constexpr std::array<std::size_t, 4> kChains{8, 16, 32, 64};  // blocks

}  // namespace

Result<Schedule> chain_dp(const StrategyRequest& request, Context& context) {
  if (!request.budget) {
    return fail(ErrorKind::usage, "strategy 'chain-dp' needs --memory-budget",
                "give a size (8GiB) or a share of the base peak (60%)");
  }
  const ChainSpace space{.block_size = asked_block_size(request.options), .chains = kChains};
  return search_chain(request, space, context);
}

}  // namespace hcb
