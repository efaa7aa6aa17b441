// Predicted against measured bytes of a run, step by step and by op.
#pragma once

#include <string>
#include <vector>

#include "runtime/run.h"

namespace hcb {

// Nodes of one op whose bytes are not those predicted.
struct OpDifference {
  std::string op;
  std::size_t nodes = 0;  // concerned
  Bytes during = 0;       // most measured beyond the prediction while one ran; may be negative
  Bytes after = 0;        // sum over its steps of what each added beyond the prediction
  std::string example;    // a node, the one of `during`
};

struct MemoryReport {
  bool workspaces_known = false;  // predictions come from a profile
  Bytes predicted_peak = 0;
  Bytes measured_peak = 0;
  std::size_t steps = 0;
  std::size_t equal_after = 0;           // steps where bytes after it are as predicted
  std::size_t equal_during = 0;          // and while it ran
  std::size_t below_during = 0;          // or less
  std::vector<OpDifference> difference;  // most bytes while running first, then by name

  [[nodiscard]] bool exact() const { return equal_after == steps && equal_during == steps; }
};

// O(steps log ops).
[[nodiscard]] MemoryReport memory_report(const Graph& graph, const RunReport& run,
                                         Bytes predicted_peak, bool workspaces_known);

}  // namespace hcb
