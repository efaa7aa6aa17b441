#include "cli/plan_input.h"

#include <fmt/format.h>

namespace hcb {

Result<void> demand_bound_file(const Plan& plan, const std::string& path) {
  if (!kept_apart(plan)) return {};
  return fail(ErrorKind::bad_input,
              fmt::format("{}: cannot be read: the proof of the plan's bound is there",
                          path == "-" ? "PLAN.bound" : bound_path(path)),
              "keep it beside the plan, in a file that may be read, or plan again");
}

}  // namespace hcb
