// Plans and profiles in files.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"
#include "plan/step_profile.h"

namespace hcb {

// Reads the plan at `path`, or JSON from stdin for "-". Protobuf where the name ends in ".pb", JSON
// otherwise. Errors (bad_input, naming the file): not there, a directory, unreadable, empty, larger
// than 2 GiB, and those of plan_from_json and plan_from_protobuf.
[[nodiscard]] Result<Plan> read_plan(const std::string& path);

// Reads the profile at `path`, or from stdin for "-". Errors (bad_input): as above, and those of
// profile_from_json.
[[nodiscard]] Result<StepProfile> read_profile(const std::string& path);

}  // namespace hcb
