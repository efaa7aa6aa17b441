// How much work an effort is.
#pragma once

#include <cstddef>

#include "base/options.h"
#include "schedule/search/planner.h"

namespace hcb::search {

// Limits for a graph of `nodes` nodes. The stages of an effort are the first ones of a greater
// effort, so a greater one only continues a smaller one. `work_limit` takes the place of the
// effort's limit, over the stages of `exhaustive`.
[[nodiscard]] PlannerOptions planner_options(Effort effort, std::size_t nodes, Scope scope,
                                             std::optional<std::int64_t> work_limit);

}  // namespace hcb::search
