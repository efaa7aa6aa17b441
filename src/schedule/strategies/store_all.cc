// Every node once in the given order: the baseline.
#include "check/simulate.h"
#include "schedule/strategies/all.h"

namespace hcb {

Result<Schedule> store_all(const StrategyRequest& request, Context& /*context*/) {
  Schedule schedule;
  schedule.sequence = plain_sequence(request.graph);
  return schedule;
}

}  // namespace hcb
