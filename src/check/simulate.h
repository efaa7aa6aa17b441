// The simulator: the memory model (docs/memory-model.md), execution by execution. The only
// authority on "peak".
//
//     position     0      1      2      3          a -> b -> c, and a again for d
//     executes     a      b      c      d          bytes: a 4, b 2, c 2, d 1
//     a (4)        |-------------------|           used by b (1) and d (3)
//     b (2)               |------|                 used by c (2)
//     c (2)                      |                 nobody reads it: counted where it is made
//     d (1)                             |
//     memory       4      6      8      5          = resident + live + made here + workspace
//
// Invariant: memory(p) counts inputs, outputs and workspace of p together; an input whose last use
// is p is freed after p. It shares no code with any planner.
#pragma once

#include <span>
#include <vector>

#include "base/ids.h"
#include "graph/graph.h"

namespace hcb {

struct Simulation {
  std::vector<Bytes> memory;  // at every position, residents included
  Bytes resident = 0;
  Bytes peak = 0;
  std::size_t peak_position = 0;          // the first one that reaches the peak
  Nanos time = 0;                         // all executions
  Nanos extra_time = 0;                   // all but the first of each node
  IdVector<NodeId, std::uint32_t> count;  // executions per node
};

// Error (check_failed, naming position, node and value): a node reads a buffer that nothing before
// made, or a view before its view node ran; a node is missing; a never-replay node runs twice; a
// reader of a mutated resident runs after the mutation; first executions break an order edge; the
// sum overflows. O(executions + uses).
[[nodiscard]] Result<Simulation> simulate(const Graph& graph, std::span<const NodeId> sequence,
                                          const IdVector<BufferId, Bytes>& size);

// Every node once in the given order.
[[nodiscard]] std::vector<NodeId> plain_sequence(const Graph& graph);

}  // namespace hcb
