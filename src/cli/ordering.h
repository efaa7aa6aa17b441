// `--order NAME|FILE`: from the option to an order of a graph's nodes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/options.h"
#include "graph/graph.h"

namespace hcb {

// The names `--order` takes beside files: best and those of order_heuristics().
[[nodiscard]] std::vector<std::string> order_names();

// The order that options.order names; empty: the given one. `best` and the heuristics count bytes
// under options.alignment. Errors: usage (neither a name, with the nearest match, nor a file; a
// heuristic that is not made for graphs of this size); those of read_order(), a node that runs twice,
// and an order that breaks a rule which is no edge (bad_input, with the file).
[[nodiscard]] Result<std::vector<NodeId>> order_of(const Graph& graph, const Options& options);

// The graph with that order as its given one. Errors: as above.
[[nodiscard]] Result<Graph> in_order_of(Graph graph, const Options& options);

}  // namespace hcb
