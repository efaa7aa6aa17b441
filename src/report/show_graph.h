// What `hcb show MODEL` prints: the graph node by node, and a table by kind of module; with a plan,
// what the plan does with each.
//
//     kinds of modules       modules   nodes      makes      time       kept   executions   again
//     transformer/h.*/attn        12     348   1.20 GiB   12.1 ms    400 MiB          372   1.21 ms
#pragma once

#include <string>

#include "plan/plan.h"

namespace hcb {

// dump_text() and the table. A graph of more than kMostShownNodes has the table alone. Bytes are
// storage bytes before rounding. O(size of the graph).
[[nodiscard]] std::string graph_text(const Graph& graph);
// The plan's numbers, its interval tree, the table, and one line per node: K for one that makes a
// checkpoint, F for one whose value a later block reads, how often it runs. `plan` holds for `graph`.
// O(size of graph and plan).
[[nodiscard]] std::string planned_graph_text(const Graph& graph, const Plan& plan);

}  // namespace hcb
