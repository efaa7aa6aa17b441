// What `hcb analyze` says about orders and frontiers: one line of the first screen, and the tables
// of --orders and --frontier.
//
//     structure   narrow frontiers (at most 3.1 % of the activations), 812 of 1,204 nodes deep: …
#pragma once

#include <string>

#include "analysis/summary.h"

namespace hcb {

// Empty for a graph without a backward part or forward nodes. Ends with a newline.
[[nodiscard]] std::string structure_line(const Analysis& analysis);

// The orders compared, one per line, the best one marked.
[[nodiscard]] std::string orders_text(const Analysis& analysis);

// Reasons for or against height compression, block sizes and cuts, in the best order.
[[nodiscard]] std::string frontier_text(const Analysis& analysis);

}  // namespace hcb
