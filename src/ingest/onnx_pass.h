// The pass of onnx_infer.h over sorted nodes. Runs third-party code: call it through
// infer_and_fold.
#pragma once

#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "base/result.h"
#include "ingest/onnx_infer.h"
#include "ingest/onnx_values.h"

namespace hcb {

// Infers, folds and prunes `model` in place; appends what people should know to `notes`. O(nodes +
// edges) apart from what ONNX's own functions and the contents of small tensors cost.
[[nodiscard]] Result<void> run_pass(onnx::ModelProto& model, const std::string& name,
                                    InferenceNotes& notes);

// What a body gives out.
struct BodyOutputs {
  std::vector<onnx::TypeProto> types;  // of all its outputs
  bool goes_on = false;                // output 0 is a constant, true
};

// The same for a body of a node of `model`, whose inputs have their types: names it reads from
// outside are those of `outside`. With `condition` its second input is a condition that holds.
// Errors: those of run_pass; a body half done is of no use.
[[nodiscard]] Result<BodyOutputs> run_body_pass(const onnx::ModelProto& model,
                                                onnx::GraphProto& body, const ValueTable& outside,
                                                bool condition, const std::string& name);

}  // namespace hcb
