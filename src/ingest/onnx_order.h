// The nodes of an ONNX graph in topological order, and that the graph is one at all.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace onnx {
class GraphProto;
class NodeProto;
}  // namespace onnx

namespace hcb {

// Names from outside that the bodies of an If, Loop or Scan read: implicit inputs of the node.
// Distinct, as they appear. Empty for nodes without subgraphs. O(size of the bodies).
[[nodiscard]] std::vector<std::string> captured_names(const onnx::NodeProto& node);

// Names that a body reads and does not define, bodies inside it included. As above.
[[nodiscard]] std::vector<std::string> free_names(const onnx::GraphProto& body);

// "'name' (Op)", the name made printable, or "'Op(first output)'" for a nameless node: how messages
// name a node.
[[nodiscard]] std::string node_label(const onnx::NodeProto& node);

// Sorts the nodes topologically, keeping the file's order where it can: always the node that stands
// first in the file among those whose inputs are there. O((V + E) log V). Errors (bad_input,
// starting with `name`): a value made twice, an input or graph output that nothing makes, a cycle
// (listing its nodes), an initialiser with a negative dim.
[[nodiscard]] Result<void> order_nodes(onnx::GraphProto& graph, const std::string& name);

}  // namespace hcb
