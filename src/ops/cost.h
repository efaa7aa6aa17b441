// What one execution of a node costs, estimated.
//
//     time = max(FLOPs / peak(dtype), bytes moved / bandwidth) + launch     in whole ns, rounded up
//
// (the roofline model: Williams, Waterman and Patterson, 2009). Under the `fused` model an op that
// a compiler merges into its neighbours takes the launch alone. A view takes nothing in either.
#pragma once

#include "base/options.h"
#include "graph/types.h"
#include "ops/device.h"
#include "ops/op.h"

namespace hcb {

struct Work {
  Count flops;
  Count bytes_moved;
  Count workspace;
  DType dtype = DType::f32;  // decides the peak rate
  bool view = false;         // no work at all
  bool fusible = false;      // pointwise
};

// nullopt: a number exceeds 63 bits.
[[nodiscard]] std::optional<Cost> estimate(const Work& work, const Device& device, CostModel model);

}  // namespace hcb
