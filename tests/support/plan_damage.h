// A plan with one thing changed, and what the check says about it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "check/check.h"

namespace hcb::test {

struct Damage {
  const char* found;  // as findings() writes it
  std::function<void(Plan&)> apply;
};

// "violation: message" of each finding, sizes by alignment 1.
inline std::vector<std::string> findings(const Graph& graph, const Plan& plan) {
  const auto size = rounded_sizes(graph, 1);
  REQUIRE(size);
  std::vector<std::string> out;
  for (const Finding& finding : check_plan(graph, *size, plan).findings) {
    out.push_back(std::string(name(finding.violation)) + ": " + finding.message);
  }
  return out;
}

}  // namespace hcb::test
