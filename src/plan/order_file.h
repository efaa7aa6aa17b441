// A list of executions that a person wrote: one node per line, by its name or its id.
//
//     # a comment, or an empty line
//     /conv1/Conv
//     1
//     /conv1/Conv          a second execution
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace hcb {

// The executions in the order of the lines. Blanks around a name count for nothing; a word that is
// both the name of one node and the id of another is the name. Names are compared as printable()
// text, as `hcb show` prints them. Errors (bad_input, "FILE:17: …"): a word that is neither name nor
// id (nearest match), a node before one that it needs (saying where that one comes), a second
// execution of a node that may run once only; nodes that never run (how many, the first), an empty
// list. O(text + executions · predecessors).
[[nodiscard]] Result<std::vector<NodeId>> read_order(std::string_view text, const std::string& file,
                                                     const Graph& graph);

}  // namespace hcb
