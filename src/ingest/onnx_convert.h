// From an inferred, folded ONNX model to the ForwardModel that backward synthesis reads.
#pragma once

#include <string>

#include "base/options.h"
#include "base/result.h"
#include "ingest/forward_model.h"

namespace onnx {
class ModelProto;
}

namespace hcb {

// `model` as infer_and_fold leaves it. Node names are the file's; a nameless or repeated one
// becomes "Op(output)". Values read by the bodies of If, Loop and Scan become inputs of the node.
// A node with bodies has their cost, as far as the pass knows it, with `type` for float32; the notes
// say where it is not. `name` starts every message. Errors (bad_input): a value of an element type without a fixed size
// that has none here (sequence, string maps).
[[nodiscard]] Result<ForwardModel> to_forward_model(const onnx::ModelProto& model,
                                                    const std::string& name,
                                                    ActivationType type = {});

}  // namespace hcb
