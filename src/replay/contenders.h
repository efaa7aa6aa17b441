// Plans from files and strategies as contenders of a session.
#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "plan/plan.h"
#include "replay/session.h"

namespace hcb {

// A plan and the path it came from.
struct PlanFile {
  std::string path;
  Plan plan;
};

// Errors: read_plan().
[[nodiscard]] Result<std::vector<PlanFile>> read_plans(const std::vector<std::string>& paths);

// The profile that predictions come from: as given, else the first that a plan was made with.
[[nodiscard]] std::string costs_for(const std::string& given, const std::vector<PlanFile>& plans);

// Errors (bad_input): the plan was made for another graph, with the first difference; make_program().
[[nodiscard]] Result<Contender> plan_contender(const Session& session, const PlanFile& file);

// `strategy` empty: as make_plan() chooses. Errors: make_plan(); limit where no plan of it fits.
[[nodiscard]] Result<Contender> strategy_contender(const Session& session, const Options& options,
                                                   const std::string& strategy, Bytes granularity,
                                                   Context& context);

}  // namespace hcb
