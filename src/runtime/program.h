// A plan's steps made ready: everything that does not depend on data, worked out and verified once,
// so that running a step is: gather handles, call, store, clear.
//
//     steps       compute a   compute b   free a   compute c   free b   free c
//     executions  a           b {a}                c {b c}
//
// An output takes over its donor's storage exactly if the donor is freed behind the same execution
// (or is a resident, which is overwritten then).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "plan/plan.h"

namespace hcb {

struct Execution {
  NodeId node = kNone<NodeId>;
  bool again = false;            // not the first time
  bool last = false;             // does not run after this
  std::uint32_t takes_over = 0;  // first entry of its outputs in Program::takes_over
  std::uint32_t frees = 0;       // [frees, frees_end) of Program::frees
  std::uint32_t frees_end = 0;
  Bytes held_after = 0;  // residents and live buffers behind its frees
};

struct Program {
  std::vector<Execution> executions;
  std::vector<int> takes_over;  // as KernelCall::takes_over
  std::vector<BufferId> frees;
  Bytes resident = 0;
  std::size_t widest = 0;  // most inputs, or outputs, of a node
};

// `size`: rounded. Errors (check_failed, "step K (NODE): …", K counting executions): an id the
// graph has not; a read of a buffer that is not present, of a view before its node ran or of an
// overwritten resident; a node before one that must run first; a never-replay node twice; random
// nodes out of their order; a buffer made while held, or freed while not; an output freed, another
// buffer held at the end; a node that never runs. O(steps + uses).
[[nodiscard]] Result<Program> make_program(const Graph& graph,
                                           const IdVector<BufferId, Bytes>& size,
                                           std::span<const Step> steps);

}  // namespace hcb
