// What a search over replay trees has tried: the few best, how many, and what to say about it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "schedule/strategy.h"
#include "schedule/tree_planner.h"

namespace hcb {

// Is `a` the better plan? With a budget: one that fits before one that does not, then less extra
// time; otherwise, and where neither fits, the lower peak, then less extra time.
[[nodiscard]] bool better(const TreeCandidate& a, const TreeCandidate& b,
                          std::optional<Bytes> budget);

class Candidates {
 public:
  // Keeps references. Work is counted from here on.
  Candidates(const StrategyRequest& request, Context& context)
      : request_(request), context_(context), work_before_(context.work()) {}

  // Takes what was tried; true where it fits the budget. A setting that takes too many executions
  // is passed over. Error: the candidate's, where there is nothing else yet, or it is a bug.
  [[nodiscard]] Result<bool> add(Result<TreeCandidate> candidate);

  // After the first candidate: 16 million units of work are done, or it is asked to stop.
  [[nodiscard]] bool done() const;

  [[nodiscard]] std::size_t tried() const { return tried_; }
  // At most three, the best first and the earlier one first on ties; of several that differ in slots or
  // in the trade of a chain alone, the best.
  [[nodiscard]] const std::vector<TreeCandidate>& best() const { return best_; }
  [[nodiscard]] TreeCandidate take_best() && { return std::move(best_.front()); }

  // How many were tried, and the runner-up, for Schedule::meta.
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> meta() const;
  // "best: 4 nodes per block, arity 2: peak …, extra time …; runner-up: …".
  [[nodiscard]] std::string ranking() const;

 private:
  const StrategyRequest& request_;
  Context& context_;
  std::uint64_t work_before_;
  std::vector<TreeCandidate> best_;
  std::size_t tried_ = 0;
};

}  // namespace hcb
