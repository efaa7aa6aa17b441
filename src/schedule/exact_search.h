// The best schedule of a graph of a few nodes, by exhaustive search.
//
// A state is what has run and what is in memory. One move runs a node whose inputs are there, for
// the first time or again, and lets go of as few buffers as it takes to stay within the budget:
//
//     done {a b}   held {a b}    budget full       run c: let go of a, or of b (if c does not read it)
//     done {a b c} held {b c}                      run d(a): not there; run a again first: costs time
//
// Every order, any number of executions of a node; the memory model in full.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/context.h"
#include "base/ids.h"
#include "graph/graph.h"
#include "plan/scope.h"

namespace hcb {

inline constexpr std::size_t kMostExactNodes = 32;
inline constexpr std::size_t kMostExactBuffers = 64;  // not resident

struct ExactSchedule {
  std::vector<NodeId> sequence;
  Nanos extra_time = 0;
  Bytes peak = 0;
};

// A schedule of least extra time whose peak is at most `budget` (residents included), in any order
// or, for Scope::given_order, with first executions in the given order; nullopt: there is none.
// Errors: limit (a larger graph; Context exhausted, one unit per state); interrupted.
[[nodiscard]] Result<std::optional<ExactSchedule>> least_extra_time(
    const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget, Scope scope,
    Context& context);

// Among the schedules of least peak, one of least extra time. Errors as above.
[[nodiscard]] Result<ExactSchedule> least_peak(const Graph& graph,
                                               const IdVector<BufferId, Bytes>& size, Scope scope,
                                               Context& context);

}  // namespace hcb
