// Moving values across the scopes of an ONNX graph: out of the bodies of If, Loop and Scan.
#pragma once

#include <onnx/onnx_pb.h>

#include "ingest/onnx_values.h"

namespace hcb {

// Moves the weights that bodies hold (initialisers that may be trained) into the graph, where they
// are values of the model. A name that is used already gets the node's in front. O(size of the
// bodies).
void hoist_body_weights(onnx::GraphProto& graph);

// A copy of `branch`, of the If `node`, whose nodes can stand in place of it: its outputs have the
// node's names, and no name in it is one of `values`.
[[nodiscard]] onnx::GraphProto branch_in_place(const onnx::GraphProto& branch,
                                               const onnx::NodeProto& node,
                                               const ValueTable& values);

}  // namespace hcb
