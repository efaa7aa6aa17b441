// A plan as protobuf (hcb.v1.Plan): the same information as its JSON, for programs. The JSON is
// canonical; nothing is ever hashed or compared over these bytes.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace hcb {

[[nodiscard]] std::string plan_to_protobuf(const Plan& plan);

// Errors (bad_input, naming file and field): not a protobuf message, a newer major version or
// memory model (naming both), a number out of range, a step of a kind this program does not know.
[[nodiscard]] Result<Plan> plan_from_protobuf(std::string_view bytes, const std::string& file);

// Do the bytes begin as hcb.v1.Plan does, with its version and memory model?
[[nodiscard]] bool looks_like_plan(std::string_view bytes);

}  // namespace hcb
