// Writing a Graph in the format hcb.v1, as a resolved graph (proto/hcb/v1/graph.proto): what a
// planner sees, in any dialect, with flags, costs and sizes as they are.
#pragma once

#include <string>

#include "base/result.h"
#include "graph/graph.h"

namespace hcb {

// parse_hcb() of these bytes gives the same graph: same ids, same canonical text, so plans of one
// hold for the other. The same graph gives the same bytes. Errors (bad_input): a name that is not
// printable UTF-8, naming it; more than 2^31 - 1 bytes, which protobuf cannot read back. O(graph).
[[nodiscard]] Result<std::string> write_hcb(const Graph& graph);

}  // namespace hcb
