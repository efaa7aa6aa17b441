// The one way a strategy is run: cancelled? -> run -> simulate -> derive the plan -> check -> log.
#pragma once

#include "schedule/strategy.h"

namespace hcb {

struct PlanResult {
  Plan plan;
  std::vector<std::string> notes;
  std::string help;  // over_budget: what helps, several lines
};

// The strategy `options` name: --strategy, else `budget` where a budget is given and no option of
// the tree, else `interval-tree`. Errors: usage (unknown strategy;
// an option the strategy does not read, naming those that do; a block size larger than the forward
// graph), interrupted, infeasible (budget below a proved memory bound; the message holds the
// witness, the help budgets that plans are known for), internal (a plan that fails the checker: never
// returned). A plan over the budget is returned with status over_budget.
//
// Where a budget is given the plan has a bound, checked as part of it: the strategy's own, or else
// that of the best single moment.
[[nodiscard]] Result<PlanResult> make_plan(const Graph& graph, const Options& options,
                                           Context& context);

// The plan of executions that come from elsewhere; `maker` stands in it where a strategy's name does.
// Errors: those of make_plan() about options and budget, and (check_failed) what is wrong with the
// executions.
[[nodiscard]] Result<PlanResult> plan_of_executions(const Graph& graph, const Options& options,
                                                    std::string_view maker,
                                                    std::vector<NodeId> executions,
                                                    Context& context);

}  // namespace hcb
