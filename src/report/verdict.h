// What this version's strategies make of a graph: how far the peak can go down, and what a budget
// costs.
#pragma once

#include <optional>
#include <string>

#include "analysis/summary.h"
#include "base/context.h"
#include "plan/scope.h"

namespace hcb {

// One run of a strategy, by the simulator's numbers.
struct Candidate {
  std::string strategy;
  std::optional<std::int64_t> block_size;  // as the strategy chose; nullopt: it has none
  std::optional<std::int64_t> arity;
  Bytes peak = 0;
  Nanos extra_time = 0;
  std::optional<Nanos> bound_extra_time;  // proved: no schedule within the budget takes less
  Scope bound_scope = Scope::any_order;
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

enum class Fit {
  fits,                // as it is
  with_recomputation,  // a strategy fits
  does_not_fit,        // proved, by the memory lower bound or by the planner
  unknown,             // not proved, and no strategy fits
};
[[nodiscard]] std::string_view name(Fit fit);

struct Verdict {
  Fit fit = Fit::unknown;
  Budget budget;           // as given
  Bytes budget_bytes = 0;  // in bytes, before headroom
  Bytes headroom = 0;
  Bytes available = 0;  // budget_bytes - headroom, at least 0: what the peak may not exceed
  // with_recomputation: the run with the least extra time, then the least peak.
  std::optional<Candidate> best;
  // Proved lower bound on the extra time, where the budgeted planner ran.
  std::optional<Nanos> bound_extra_time;
  Scope bound_scope = Scope::any_order;
  // does_not_fit, where the planner's certificate proves it and the memory bound alone does not: the
  // planner's words, which name the witness.
  std::string proof;
};

struct Outlook {
  Candidate lowest;  // the least peak found, then the least extra time
  // Block size of the square-root regime; nullopt: no backward part.
  std::optional<std::int64_t> sqrt_block;
  std::size_t tried = 0;           // runs compared, the plain order included
  std::optional<Verdict> verdict;  // where a budget was given
};

// Runs the strategies with a spread of block sizes (fewer on larger graphs) and simulates each.
// Reads memory_budget and headroom of `options`. A graph without a backward part has its plain
// order only. Errors: interrupted; internal (a strategy whose sequence the simulator refuses).
[[nodiscard]] Result<Outlook> look_ahead(const Graph& graph, const Analysis& analysis,
                                         const Options& options, Context& context);

}  // namespace hcb
