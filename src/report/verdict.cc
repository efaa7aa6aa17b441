// Two runs of the strategies `hcb plan` takes by default: interval-tree for the least peak, budget at
// its least effort for the least extra time under the budget, so that `hcb plan` with the same
// options attains both or better. Graphs of more than kMostNodes are left to interval-tree, whose
// search is bounded in executions: 0.8 s for 100,000 nodes with a budget (bench_analysis).
#include "report/verdict.h"

#include <algorithm>
#include <tuple>

#include "analysis/block_size.h"
#include "check/simulate.h"
#include "schedule/forward_order.h"
#include "schedule/strategy.h"

namespace hcb {
namespace {

constexpr std::string_view kTree = "interval-tree";
constexpr std::string_view kBudget = "budget";
constexpr std::size_t kMostNodes = 10'000;  // of a graph the budgeted planner is asked about

bool lower_peak(const Candidate& a, const Candidate& b) {
  return std::tie(a.peak, a.extra_time) < std::tie(b.peak, b.extra_time);
}

bool less_extra_time(const Candidate& a, const Candidate& b) {
  return std::tie(a.extra_time, a.peak) < std::tie(b.extra_time, b.peak);
}

std::optional<std::int64_t> meta_value(const Schedule& schedule, std::string_view key) {
  for (const auto& [name, value] : schedule.meta) {
    if (name == key) return value;
  }
  return std::nullopt;
}

class Runs {
 public:
  Runs(const Graph& graph, const Options& options, IdVector<BufferId, Bytes> size, Context& context)
      : graph_(graph), options_(options), size_(std::move(size)), context_(context) {
    options_.block_size_given = true;
    options_.block_size.reset();
    options_.arity.reset();
    options_.effort = Effort::fast;
  }

  Result<void> run(std::string_view name, std::optional<Bytes> budget) {
    HCB_CHECK(context_.check());
    HCB_TRY(const Strategy* const strategy, find_strategy(name));
    const StrategyRequest request{graph_, size_, options_, budget};
    auto schedule = strategy->run(request, context_);
    // A budget that the planner proves too small although the memory bounds do not: nothing fits.
    if (!schedule && schedule.error().kind == ErrorKind::infeasible) {
      proof_ = schedule.error().message;
      return {};
    }
    if (!schedule) return std::unexpected(std::move(schedule).error());
    return add(name, *schedule);
  }

  [[nodiscard]] const std::vector<Candidate>& candidates() const { return candidates_; }
  // Why no schedule meets the budget of a run; empty: nothing says so.
  [[nodiscard]] const std::string& proof() const { return proof_; }

 private:
  Result<void> add(std::string_view name, const Schedule& schedule) {
    HCB_TRY(const Simulation simulation, simulate(graph_, schedule.sequence, size_));
    candidates_.push_back({.strategy = std::string(name),
                           .block_size = meta_value(schedule, "block_size"),
                           .arity = meta_value(schedule, "arity"),
                           .peak = simulation.peak,
                           .extra_time = simulation.extra_time,
                           .bound_extra_time = std::nullopt});
    if (!schedule.bound) return {};
    candidates_.back().bound_extra_time = schedule.bound->extra_time;
    candidates_.back().bound_scope = schedule.bound->scope;
    return {};
  }

  const Graph& graph_;
  Options options_;
  IdVector<BufferId, Bytes> size_;
  Context& context_;
  std::vector<Candidate> candidates_;
  std::string proof_;
};

Result<std::vector<Candidate>> try_strategy(const Graph& graph, const Options& options,
                                            std::optional<Verdict>& verdict, Context& context) {
  HCB_TRY(auto size, rounded_sizes(graph, options.alignment));
  Runs runs(graph, options, std::move(size), context);
  HCB_CHECK(runs.run(kTree, std::nullopt));
  // The budget's run is worth its time only where it may decide something.
  const std::string_view planner = graph.node_count() > kMostNodes ? kTree : kBudget;
  if (verdict && verdict->fit == Fit::unknown) HCB_CHECK(runs.run(planner, verdict->available));
  if (!runs.proof().empty()) {
    verdict->fit = Fit::does_not_fit;
    verdict->proof = runs.proof();
  }
  return runs.candidates();
}

// Before any strategy ran.
std::optional<Verdict> first_verdict(const Analysis& analysis, const Options& options) {
  if (!options.memory_budget) return std::nullopt;
  Verdict verdict{.budget = *options.memory_budget, .headroom = options.headroom};
  verdict.budget_bytes = verdict.budget.of(analysis.step.peak);
  verdict.available = std::max<Bytes>(verdict.budget_bytes - verdict.headroom, 0);
  if (analysis.step.peak <= verdict.available) verdict.fit = Fit::fits;
  if (analysis.bound.bytes.bound > verdict.available) verdict.fit = Fit::does_not_fit;
  return verdict;
}

void choose_best(const std::vector<Candidate>& candidates, Verdict& verdict) {
  if (verdict.fit != Fit::unknown) return;
  for (const Candidate& candidate : candidates) {
    if (candidate.peak > verdict.available) continue;
    if (!verdict.best || less_extra_time(candidate, *verdict.best)) verdict.best = candidate;
    if (!candidate.bound_extra_time) continue;
    verdict.bound_extra_time = candidate.bound_extra_time;
    verdict.bound_scope = candidate.bound_scope;
  }
  if (verdict.best) verdict.fit = Fit::with_recomputation;
}

}  // namespace

std::string_view name(Fit fit) {
  switch (fit) {
    case Fit::fits:
      return "fits";
    case Fit::with_recomputation:
      return "fits-with-recomputation";
    case Fit::does_not_fit:
      return "does-not-fit";
    case Fit::unknown:
      break;
  }
  return "unknown";
}

Result<Outlook> look_ahead(const Graph& graph, const Analysis& analysis, const Options& options,
                           Context& context) {
  Outlook outlook{.lowest = {.strategy = "store-all", .peak = analysis.step.peak}, .tried = 1};
  outlook.verdict = first_verdict(analysis, options);
  const auto counted = static_cast<std::int64_t>(forward_order(graph).counted);
  if (!analysis.training || counted == 0) return outlook;
  outlook.sqrt_block = integer_sqrt(counted);
  HCB_TRY(const auto candidates, try_strategy(graph, options, outlook.verdict, context));
  outlook.tried += candidates.size();
  for (const Candidate& candidate : candidates) {
    if (lower_peak(candidate, outlook.lowest)) outlook.lowest = candidate;
  }
  if (outlook.verdict) choose_best(candidates, *outlook.verdict);
  return outlook;
}

}  // namespace hcb
