// Every shape of a bound ONNX model, and its constant part folded away.
//
// One pass over the sorted nodes does both, because each feeds the other:
//
//     Shape(x)           x is 8x1024: contents [8, 1024], the node is gone
//     Gather, Mul, …     contents from contents
//     Reshape(y, …)      ONNX's own inference reads the folded shape: 8192x768
//     Transpose(W)       W may be trained: stays a node
//     Cos(Range(…))      made from numbers alone: a constant of known shape, the node is gone
//
// Shapes come from the functions of the official ONNX library, which run in a limited child
// process.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/onnx_child.h"

namespace onnx {
class ModelProto;
}

namespace hcb {

struct InferenceNotes {
  std::vector<std::string> lines;    // what people should know
  std::vector<std::string> details;  // what was done on the way
};

// Replaces `model` (bound by bind_shapes) by one whose local functions are inlined, whose nodes are
// sorted, constant parts folded and dead nodes removed, and whose value_info holds type and shape
// of every node output. Folded values are initialisers; those without contents are marked external.
// `name` starts every message. Errors (bad_input): cycles and dangling names (order_nodes),
// recursive functions, an opset newer than the library, a node whose inputs contradict each other,
// a Reshape that changes the number of elements, sizes beyond 2^63, values whose shape stays
// unknown (naming the first node that broke the chain); limit: the child's limits.
[[nodiscard]] Result<InferenceNotes> infer_and_fold(onnx::ModelProto& model,
                                                    const std::string& name,
                                                    const ChildLimits& limits = {});

// The same in this process: what the child runs. A hostile model may take the process down with it.
[[nodiscard]] Result<InferenceNotes> infer_and_fold_here(onnx::ModelProto& model,
                                                         const std::string& name);

}  // namespace hcb
