// A plan as JSON: the canonical form (docs/plan-format.md explains every key).
//
// The text depends on the plan alone: fixed key order, integers, one row per line, no clock or host
// data. Reading is strict about what it knows and silent about keys it does not.
#pragma once

#include <string>
#include <string_view>

#include "plan/plan.h"

namespace hcb {

inline constexpr int kPlanFormatMajor = 1;
inline constexpr int kPlanFormatMinor = 1;
inline constexpr int kMemoryModel = 1;

// UTF-8, ends with a line break. O(size of the plan).
[[nodiscard]] std::string plan_to_json(const Plan& plan);

// Errors (bad_input, "FILE: steps[17][0]: expected an integer, found \"x\""): not JSON (with the
// byte offset), a duplicate key, not a plan, a newer major version or memory model (naming both), a
// missing key, a value of another type or out of range. Ids are not compared with a graph here:
// that is the checker's business. O(|text| log keys).
[[nodiscard]] Result<Plan> plan_from_json(std::string_view text, const std::string& file);

}  // namespace hcb
