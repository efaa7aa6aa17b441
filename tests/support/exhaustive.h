// The least extra time by exhaustive search, for graphs of a few nodes: the oracle of the bounds.
#pragma once

#include <optional>

#include "check/moments.h"
#include "graph/graph.h"

namespace hcb {

// Least extra time over all schedules of `scope` whose peak is at most `budget`; nullopt: there is
// none. Dijkstra's algorithm over (nodes that ran, buffers in memory, last recomputation of the
// gap). At most 22 nodes and non-resident buffers together.
[[nodiscard]] std::optional<Nanos> exhaustive_extra_time(const Graph& graph,
                                                         const IdVector<BufferId, Bytes>& size,
                                                         Bytes budget, Scope scope);

// A graph of `nodes` nodes with everything the memory model knows: several outputs, donated
// storage, nodes that may run once only, workspace, order edges, values nobody reads. Sizes 0 to 3,
// times 0 to 3.
[[nodiscard]] Graph small_random_graph(std::uint64_t seed, std::size_t nodes);

// gap6: any order needs 1 extra, the given order 6, with plain gaps nothing fits (budget 6).
//
//     x -> x(4)   p(x) -> p(1)   q(p) -> q(1), junk(4)   r(q, x) -> r(1)   z -> z(6)   t(r) -> t(1)
[[nodiscard]] Graph gap6();

}  // namespace hcb
