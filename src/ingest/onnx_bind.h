// Giving every input of an ONNX model a fixed shape.
//
//     --dim batch=8            every use of the symbol `batch`, in expressions too
//     --input-shape x=8x3x64   the whole shape of one input, fixed dims too; binds its symbols
//     --batch 8                the first dim of every input that has one, fixed or symbolic
//
// The model is changed in place: inputs get numbers; shapes that the exporter wrote for inner
// values and outputs are kept where all their dims are known under the binding, and dropped
// altogether when a fixed dim was re-bound (they were written for another size). Initialisers
// listed among the inputs (IR < 4) are no inputs.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/options.h"
#include "base/result.h"

namespace onnx {
class ModelProto;
}

namespace hcb {

struct ShapeBinding {
  std::vector<std::pair<std::string, std::int64_t>>
      dims;  // symbols as bound, in order of appearance in the inputs
  bool fixed_dims_changed = false;
};

// Errors: bad_input when dims stay unknown (all of them, with the flags to paste), an input is no
// tensor, or a shape contradicts the model; usage when a flag names what does not occur (nearest
// match) or two flags contradict.
[[nodiscard]] Result<ShapeBinding> bind_shapes(onnx::ModelProto& model, const std::string& name,
                                               const Options& options);

}  // namespace hcb
