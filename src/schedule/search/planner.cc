// Starts that fit are taken as they are, so the result is no worse than any; the others are
// repaired while a share of the work lasts. Where nothing near the bound comes of that, the budget
// is approached in rungs. Where nothing fits, the starts nearest to the budget are repaired at nearly
// any cost.
#include "schedule/search/planner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "check/simulate.h"
#include "schedule/bounds/placement.h"
#include "schedule/search/descent.h"
#include "schedule/search/starts.h"

namespace hcb::search {
namespace {

constexpr std::size_t kMoments = 4;                 // whose cuts become starts
constexpr std::uint64_t kOrderWork = 1'000'000;     // for an order that needs less
constexpr std::uint64_t kStartWork = 4'000'000;     // for the repair of starts
constexpr std::size_t kPatient = 2;                 // starts repaired at nearly any cost
constexpr std::uint64_t kPatientWork = 16'000'000;  // for each of these
constexpr Nanos kNear = 8;                          // share of the bound that is near
constexpr std::uint64_t kFirstWork = 1'000'000;     // of search, before a descent
constexpr std::uint64_t kRungWork = 300'000;
constexpr std::uint64_t kCutWork = 400'000'000;

class Planner {
 public:
  Planner(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes budget,
          const PlannerOptions& options, Context& context, const Problem& problem)
      : graph_(graph),
        size_(size),
        budget_(budget),
        options_(options),
        context_(context),
        problem_(problem),
        search_(problem, budget) {}

  Result<Outcome> run(std::vector<std::vector<NodeId>> starts) && {
    starts.insert(starts.begin(), plain_sequence(graph_));
    add_starts(std::move(starts));
    if (problem_.reorder) search_.add_reordered(kOrderWork, context_);
    HCB_CHECK(add_cuts());
    if (search_.best())
      log_debug(fmt::format("starts: {} ns extra within the budget", search_.best()->extra));
    search_until(kFirstWork);
    if (outcome_.bound.status != BoundStatus::infeasible && goes_on() && far()) come_down();
    if (outcome_.bound.status != BoundStatus::infeasible && !search_.best()) repair_nearest();
    for (const BoundStage& stage : options_.bounds) {
      if (stage.after >= options_.work_limit) break;
      search_until(stage.after);
      HCB_CHECK(bound_stage(stage));
    }
    search_until(options_.work_limit);
    return conclude();
  }

 private:
  struct Start {
    std::vector<NodeId> sequence;
    Bytes peak = 0;
  };

  // Those that fit come first: they cost nothing and make the others give up early.
  void add_starts(std::vector<std::vector<NodeId>> sequences) {
    const std::size_t known = starts_.size();
    for (auto& sequence : sequences) {
      const auto simulation = simulate(graph_, sequence, size_);
      if (simulation) starts_.push_back({std::move(sequence), simulation->peak});
    }
    const auto added = std::span(starts_).subspan(known);
    std::ranges::stable_partition(added, [&](const Start& s) { return s.peak <= budget_; });
    for (const Start& start : added) {
      if (start.peak > budget_ && search_.work() >= last_start_work_) break;
      search_.add_start(start.sequence, kStartWork, context_);
    }
    if (search_.best()) starts_.clear();  // they are kept for where none fits
  }

  Result<void> add_cuts() {
    Context part = context_.part(kCutWork);
    auto stage = run_cut_stage(graph_, size_, budget_, options_.scope, kMoments, part);
    if (!stage && stage.error().kind == ErrorKind::interrupted) return {};
    if (!stage) return std::unexpected(std::move(stage).error());
    if (stage->bound.status != BoundStatus::infeasible) {
      HCB_CHECK(add_made(cut_starts(graph_, size_, budget_, *stage, part)));
      HCB_CHECK(add_made(turn_cuts(graph_, size_, budget_, part)));
    }
    outcome_.bound = std::move(stage->bound);
    return {};
  }

  Result<void> add_made(Result<std::vector<std::vector<NodeId>>> sequences) {
    if (!sequences && sequences.error().kind == ErrorKind::interrupted) return {};
    if (!sequences) return std::unexpected(std::move(sequences).error());
    last_start_work_ = search_.work() + kStartWork;
    add_starts(*std::move(sequences));
    return {};
  }

  [[nodiscard]] bool goes_on() const { return !search_.best() || work() < options_.work_limit; }

  // Is nothing known, or nothing near the bound of one moment?
  [[nodiscard]] bool far() const {
    const Nanos bound = outcome_.bound.extra_time;
    return !search_.best() || search_.best()->extra - bound > bound / kNear;
  }

  void come_down() {
    Descent descent = descend(problem_, budget_, kRungWork, context_);
    descent_work_ = descent.work;
    for (Rung& rung : descent.reached) {
      search_.add_start(rung.sequence, kStartWork, context_);
      starts_.push_back({std::move(rung.sequence), rung.peak});
    }
  }

  [[nodiscard]] std::uint64_t work() const { return search_.work() + descent_work_; }

  void repair_nearest() {
    std::ranges::stable_sort(starts_, {}, &Start::peak);
    for (std::size_t i = 0; i < std::min(kPatient, starts_.size()); ++i) {
      if (search_.best() || context_.cancelled()) return;
      search_.add_start_patiently(starts_[i].sequence, kPatientWork, context_);
    }
  }

  [[nodiscard]] bool met() const {
    return search_.best() && search_.best()->extra <= outcome_.bound.extra_time;
  }

  void search_until(std::uint64_t until) {
    const std::uint64_t limit = std::min(until, options_.work_limit);
    search_.run(limit - std::min(limit, descent_work_), outcome_.bound.extra_time, context_);
    const bool ended = met() || !search_.best() || work() >= limit;
    if (!ended && context_.cancelled()) outcome_.stopped = true;
  }

  Result<void> bound_stage(const BoundStage& stage) {
    if (outcome_.stopped || met()) return {};
    if (stage.plain_gaps && options_.scope != Scope::given_order) return {};
    const Scope scope = stage.plain_gaps ? Scope::given_order_plain_gaps : options_.scope;
    std::optional<Nanos> incumbent;
    if (search_.best()) incumbent = search_.best()->extra;
    Context part = context_.part(std::numeric_limits<std::uint64_t>::max());
    BoundOptions effort = stage.effort;
    if (stage.plain_gaps) effort.focus = outcome_.bound.focus;
    auto proved = extra_time_bound(graph_, size_, budget_, scope, incumbent, effort, part);
    if (!proved) {
      outcome_.stopped = proved.error().kind == ErrorKind::interrupted;
      return outcome_.stopped ? Result<void>{} : std::unexpected(std::move(proved).error());
    }
    for (const auto& sequence : proved->schedules)
      search_.add_start(sequence, kStartWork, context_);
    take(*std::move(proved));
    return {};
  }

  // What holds for plain gaps alone says nothing of the other plans: it is kept apart.
  void take(BoundResult proved) {
    if (proved.scope == Scope::given_order_plain_gaps && options_.scope != proved.scope) {
      outcome_.plain_gaps = std::move(proved);
    } else if (proved.status == BoundStatus::infeasible ||
               proved.extra_time >= outcome_.bound.extra_time) {
      outcome_.bound = std::move(proved);
    }
  }

  // A plan that the bound of plain gaps proves optimal there.
  void take_plain_gaps() {
    if (!outcome_.found || !outcome_.plain_gaps || met()) return;
    const BoundResult& plain = *outcome_.plain_gaps;
    if (plain.status == BoundStatus::infeasible || plain.extra_time != outcome_.found->extra ||
        !bring_to_plain_gaps())
      return;
    outcome_.bound = *std::exchange(outcome_.plain_gaps, std::nullopt);
  }

  // The found plan, as one of plain gaps that costs as much; false: it stays as it is.
  bool bring_to_plain_gaps() {
    Found& found = *outcome_.found;
    auto sorted = sort_gaps(found.sequence);
    const auto told = simulate(graph_, sorted, size_);
    if (!told || told->peak > budget_ || !has_plain_gaps(sorted)) return false;
    found.sequence = std::move(sorted);
    found.peak = told->peak;
    return true;
  }

  Outcome conclude() {
    outcome_.found = search_.best();
    take_plain_gaps();
    outcome_.work = work();
    context_.count(outcome_.work);
    if (!outcome_.found)
      outcome_.least = std::move(std::ranges::min_element(starts_, {}, &Start::peak)->sequence);
    return std::move(outcome_);
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  Bytes budget_;
  const PlannerOptions& options_;
  Context& context_;
  const Problem& problem_;
  Search search_;
  std::uint64_t descent_work_ = 0;
  std::uint64_t last_start_work_ = kStartWork;
  std::vector<Start> starts_;
  Outcome outcome_;
};

}  // namespace

Result<Outcome> plan_under_budget(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                  Bytes budget, std::vector<std::vector<NodeId>> starts,
                                  const PlannerOptions& options, Context& context) {
  HCB_TRY(const Bytes resident, resident_bytes(graph, size));
  const Problem problem(graph, size, resident, options.scope == Scope::any_order);
  return Planner(graph, size, budget, options, context, problem).run(std::move(starts));
}

}  // namespace hcb::search
