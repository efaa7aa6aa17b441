// Lower bounds on extra time under a byte budget, proved, with schedules on the side.
//
// Three stages, each at least as strong as the one before and usable alone:
//
//     cut      one moment at a time, relaxed, by minimum cuts; gives the price of a byte
//     tree     one or several moments as an integer program, closed by splitting
//     lazy     moments added where the solution's schedule is over budget, until none is
//
// Every number comes with a certificate that verify() has accepted.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/context.h"
#include "check/certificate.h"
#include "graph/graph.h"

namespace hcb {

enum class BoundStatus : std::uint8_t {
  bounded,     // extra_time is a lower bound
  optimal,     // and the incumbent, or one of the schedules, attains it
  infeasible,  // no schedule of the scope fits: see witness
};

// Where proposed schedules were over budget: what the integer programs look at.
struct Focus {
  std::vector<NodeId> moments;                          // ascending; empty: nothing is known
  std::vector<std::pair<std::uint32_t, NodeId>> again;  // (moment before it, recomputation)
};

// How much to do. Work units are counted, not measured: an arc looked at in a flow is one, a simplex
// iteration some thousands, so that a unit is about 2.5 ns and the same limits give the same result
// everywhere. A limit is passed by one step of a linear program at most.
struct BoundOptions {
  std::uint64_t work_limit = 1'600'000'000;  // about 4 s; beside the context's own limit
  bool integer = true;                       // the tree at all
  std::size_t moments = 12;                  // most moments of one integer program
  std::size_t rounds = 40;                   // of the lazy loop
  std::size_t tree_nodes = 4000;
  Focus focus;  // where the lazy loop begins; of another scope's bound, say
};

struct BoundResult {
  BoundStatus status = BoundStatus::bounded;
  Scope scope = Scope::any_order;  // of extra_time or of infeasibility
  Nanos extra_time = 0;            // proved
  Certificate certificate;         // empty tree: extra_time is 0 and needs none
  // The price of a byte at the binding moment: price_nanos / price_bytes ns less for a byte more.
  std::int64_t price_nanos = 0;
  std::int64_t price_bytes = 1;
  NodeId moment = kNone<NodeId>;  // the binding moment, or the witness where infeasible
  Bytes over = 0;                 // infeasible: bytes that are missing at `moment`, at least
  // Candidate schedules (valid sequences, whatever their peak), recomputations as late as possible.
  std::vector<std::vector<NodeId>> schedules;
  Focus focus;  // where the lazy loop ended
  // What an integer solver says the optimum is, uncertified; nullopt: it did not finish.
  std::optional<Nanos> solver_extra_time;
  std::uint64_t work = 0;
};

// The cut stage alone: all moments at which the base schedule is over budget (a selection above
// 2,000 nodes). `size`: rounded; `budget` includes residents.
// Errors: interrupted; residents that overflow.
[[nodiscard]] Result<BoundResult> cut_bound(const Graph& graph,
                                            const IdVector<BufferId, Bytes>& size, Bytes budget,
                                            Scope scope, Context& context);

// All stages. `incumbent`: extra time of a known schedule of `scope` within the budget; trees close
// against it, and a bound that meets it is optimal. A limit that is reached leaves the best bound so far.
[[nodiscard]] Result<BoundResult> extra_time_bound(const Graph& graph,
                                                   const IdVector<BufferId, Bytes>& size,
                                                   Bytes budget, Scope scope,
                                                   std::optional<Nanos> incumbent,
                                                   const BoundOptions& effort, Context& context);

}  // namespace hcb
