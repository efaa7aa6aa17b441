// Exhaustive search (schedule/exact_search.h): the oracle for graphs of a few nodes. Under a budget
// the least extra time; without one, or where nothing fits, the least peak and then the least extra
// time.
#include <fmt/format.h>

#include "schedule/exact_search.h"
#include "schedule/strategies/all.h"

namespace hcb {
namespace {

constexpr std::uint64_t kMostStates = 3'000'000;  // about 0.5 GiB; --work-limit in its place

Schedule describe(ExactSchedule found, bool fits, Scope scope, const Context& context) {
  Schedule schedule;
  schedule.sequence = std::move(found.sequence);
  schedule.meta = {{"states", static_cast<std::int64_t>(context.work())}};
  const char* const order =
      scope == Scope::any_order ? "whatever the order" : "with first executions in the given order";
  schedule.notes.push_back(fmt::format("exhaustive search of {} states: no schedule {}, {}",
                                       context.work(),
                                       fits ? "within the budget has less extra time"
                                            : "has a lower peak, or at that peak less extra time",
                                       order));
  return schedule;
}

}  // namespace

Result<Schedule> exact(const StrategyRequest& request, Context& context) {
  const Options& options = request.options;
  const Scope scope = options.keep_order ? Scope::given_order : Scope::any_order;
  Context part = context.part(options.work_limit ? static_cast<std::uint64_t>(*options.work_limit)
                                                 : kMostStates);
  if (request.budget) {
    HCB_TRY(auto found,
            least_extra_time(request.graph, request.size, *request.budget, scope, part));
    if (found) return describe(*std::move(found), true, scope, part);
  }
  HCB_TRY(auto found, least_peak(request.graph, request.size, scope, part));
  return describe(std::move(found), false, scope, part);
}

}  // namespace hcb
