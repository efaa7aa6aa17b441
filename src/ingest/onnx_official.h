// The official ONNX library's inference, one node at a time. Third-party code: run it in a child
// (onnx_child.h).
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include "base/result.h"
#include "ingest/onnx_values.h"

namespace hcb {

// The opset a model imports per domain, "ai.onnx" as "". The default domain is always there (1
// where not given).
[[nodiscard]] std::unordered_map<std::string, int> opsets_of(const onnx::ModelProto& model);

class OfficialInference {
 public:
  // Both must outlive it. Types inferred go into `values`.
  OfficialInference(const onnx::ModelProto& model, ValueTable& values);

  // nullptr: the library does not know the operator in the model's opset.
  [[nodiscard]] const onnx::OpSchema* schema(const onnx::NodeProto& node) const;

  // What became of one node. `what` is the library's complaint, without its tag.
  struct Outcome {
    bool contradiction = false;
    std::string what;
  };

  // Infers the outputs of `node` from the types and contents of its inputs. Errors: those of
  // ValueTable::set_type.
  [[nodiscard]] Result<Outcome> infer(const onnx::OpSchema& schema, onnx::NodeProto& node);

 private:
  void propagate(const onnx::OpSchema& schema, onnx::NodeProto& node);
  [[nodiscard]] bool may_propagate(const onnx::NodeProto& node) const;

  ValueTable& values_;
  std::unordered_map<std::string, int> opsets_;
  std::unordered_map<std::string, const onnx::SparseTensorProto*> sparse_tensors_;  // always empty
  onnx::shape_inference::DataValueMap data_;  // partly known integer vectors
  onnx::shape_inference::GraphInferenceContext context_;
};

}  // namespace hcb
