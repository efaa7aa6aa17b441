// What a plan's claims are held against. Private to src/check.
#pragma once

#include "check/findings.h"
#include "check/step_walk.h"

namespace hcb {

struct Checked {
  const Graph& graph;
  const IdVector<BufferId, Bytes>& size;
  const Plan& plan;
  const Walk& walk;
  Findings& findings;
};

}  // namespace hcb
