// What a sequence of executions holds in memory at one position, and why.
//
//     position     0      1      2      3          a -> b -> c, and a again for d
//     executes     a      b      c      d
//     a (4)        |-------------------|           at position 1 a (4) and b (2) are alive:
//     b (2)               |------|                 a is kept by d, its last reader before it is
//     c (2)                      |                 made again; b is kept by c
//     d (1)                             |
//
// The bytes by class add up to what the simulator says for that position, exactly: an output that
// takes over the storage of an input there is not counted beside it.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"

namespace hcb {

// What memory is used for. Non-resident buffers are classed by role, the rest of the memory is
// workspace.
struct Composition {
  Bytes resident = 0;
  Bytes activations = 0;
  Bytes gradients = 0;
  Bytes stash = 0;
  Bytes workspace = 0;

  [[nodiscard]] Bytes total() const {
    return resident + activations + gradients + stash + workspace;
  }
  friend bool operator==(const Composition&, const Composition&) = default;
};

// A non-resident buffer that is alive at the position.
struct AliveBuffer {
  BufferId buffer{};
  Bytes bytes = 0;  // 0: it lies in a storage that is counted elsewhere
  // Its last reader at or after the position; the node that makes it if nobody reads it then;
  // kNone: an output, held to the end of the step.
  NodeId kept_by = kNone<NodeId>;
  friend bool operator==(const AliveBuffer&, const AliveBuffer&) = default;
};

struct Snapshot {
  std::size_t position = 0;
  Composition composition;
  std::vector<AliveBuffer> alive;  // most bytes first, then ascending ids
};

// The memory at `position` of `sequence`, a sequence that simulate() accepts under `size`;
// `resident` as it gives. O(uses in the sequence + alive · log alive).
[[nodiscard]] Snapshot snapshot(const Graph& graph, std::span<const NodeId> sequence,
                                const IdVector<BufferId, Bytes>& size, Bytes resident,
                                std::size_t position);

// Does the graph have a backward part?
[[nodiscard]] bool is_training_graph(const Graph& graph);

}  // namespace hcb
