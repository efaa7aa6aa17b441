// The strategies; private to the registry.
#pragma once

#include "schedule/strategy.h"

namespace hcb {

Result<Schedule> store_all(const StrategyRequest& request, Context& context);
Result<Schedule> periodic(const StrategyRequest& request, Context& context);
Result<Schedule> interval_tree_strategy(const StrategyRequest& request, Context& context);
Result<Schedule> revolve(const StrategyRequest& request, Context& context);
Result<Schedule> chain_dp(const StrategyRequest& request, Context& context);
Result<Schedule> exact(const StrategyRequest& request, Context& context);
Result<Schedule> budget_strategy(const StrategyRequest& request, Context& context);

}  // namespace hcb
