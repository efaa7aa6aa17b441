// The part of a step in the format hcb.v1 that only an executor reads.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "graph/calls.h"

namespace hcb {

// Arguments of every node and geometry of every value of a file that parse_hcb() accepts; ids are
// positions in the file, as in the graph that parse_hcb() makes without options.inference (an
// optimizer's states, which options.optimizer adds behind the file's values, have no geometry here).
// Errors (bad_input): damaged bytes; tensor arguments that are not the node's inputs in their order;
// an argument of a kind that no op takes, naming node and argument; errors of loop bodies. O(file).
[[nodiscard]] Result<Calls> parse_hcb_calls(std::string_view bytes, const std::string& name);

}  // namespace hcb
