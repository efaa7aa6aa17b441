// What helps where a budget is too tight: budgets near it under which a plan is known.
//
//     asked  least known        + 1/8                + 1/4         of what lies below the base peak
//       |---------|---------------|--------------------|------------------------------> bytes
//               +61 %           +32 %                +18 %         extra time, each really planned
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "schedule/strategy.h"

namespace hcb {

struct BudgetPoint {
  Bytes budget = 0;  // without headroom
  Nanos extra_time = 0;
  friend bool operator==(const BudgetPoint&, const BudgetPoint&) = default;
};

// At most three, ascending; the first is the least budget known. `asked` is a budget no plan is known
// for, `known` a valid sequence (whose peak is a budget that a plan is known for). Every point is a plan
// that was found, with little search from the schedules at hand. Empty where a person asks to stop.
[[nodiscard]] std::vector<BudgetPoint> nearest_budgets(const Graph& graph,
                                                       const IdVector<BufferId, Bytes>& size,
                                                       Bytes asked, std::vector<NodeId> known,
                                                       const Context& context);

// `bytes` as the command line takes it, rounded up to whole MiB from 64 MiB on: "3187MiB", "4096".
[[nodiscard]] std::string budget_argument(Bytes bytes);

// Several lines for the help of an error: one per point, as options to paste.
[[nodiscard]] std::string points_help(const std::vector<BudgetPoint>& points, Bytes headroom,
                                      Nanos base_time);

}  // namespace hcb
