// The parts of a drawing. Private to drawing*.cc.
#pragma once

#include <string>
#include <vector>

#include "report/modules.h"
#include "report/plan_marks.h"

namespace hcb {

struct DrawingInput {
  const Graph& graph;
  const Plan* plan;  // nullptr: the graph alone
  PlanMarks marks;
};

// The fill of something that makes checkpoints (kept), runs more than once, or is backward.
[[nodiscard]] std::string_view fill_color(bool kept, bool again, bool backward);

// Lines that are drawn inside modules: `lines[i]` inside the cluster of entry i of `tree`, without
// indent or line break.
[[nodiscard]] std::string nested_clusters(const ModuleTree& tree,
                                          const std::vector<std::vector<std::string>>& lines);

// Bytes of all that a node makes, before rounding; saturated.
[[nodiscard]] Bytes made_bytes(const Graph& graph, NodeId n);

[[nodiscard]] std::string draw_nodes(const DrawingInput& input);
[[nodiscard]] std::string draw_boxes(const DrawingInput& input);

}  // namespace hcb
