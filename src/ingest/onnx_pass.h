// The pass of onnx_infer.h over sorted nodes. Runs third-party code: call it through
// infer_and_fold.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace onnx {
class ModelProto;
}

namespace hcb {

// Infers, folds and prunes `model` in place; appends what people should know to `notes`. O(nodes +
// edges) apart from what ONNX's own functions and the contents of small tensors cost.
[[nodiscard]] Result<void> run_pass(onnx::ModelProto& model, const std::string& name,
                                    std::vector<std::string>& notes);

}  // namespace hcb
