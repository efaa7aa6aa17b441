// What `hcb show PLAN` prints: the plan as people read it, step by step, without its graph.
//
//     plan of tiny: interval-tree, no budget
//     peak 160 bytes (base 176), extra time 12 ns (base 100)
//     turn keeps 2 buffers: y, r
//     block 0: mm … relu_, frontier 24 bytes
//        1  mm (aten::mm)
//        2  relu_ (aten::relu_)
//             free y, 32 bytes
//        3  mm (aten::mm), run 2
#pragma once

#include <string>

#include "plan/plan.h"

namespace hcb {

// The first two of those lines.
[[nodiscard]] std::string plan_head_text(const Plan& plan);

// Numbers count executions; bytes are storage bytes before rounding. O(steps).
[[nodiscard]] std::string plan_steps_text(const Plan& plan);

}  // namespace hcb
