#include "schedule/largest.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "analysis/memory_bounds.h"
#include "analysis/summary.h"
#include "check/simulate.h"
#include "schedule/runner.h"

namespace hcb {
namespace {

// part / whole <= permyriad / 10000.
bool within(Nanos part, Nanos whole, std::int64_t permyriad) {
  return static_cast<__int128>(part) * 10'000 <= static_cast<__int128>(whole) * permyriad;
}

class Search {
 public:
  Search(const FitRequest& request, Context& context)
      : request_(request),
        budget_(
            std::max<Bytes>(request.options.memory_budget->bytes - request.options.headroom, 0)),
        context_(context) {}

  Result<LargestFit> run() {
    HCB_TRY(const FitPoint* const one, measured(1));
    if (one->kind == FitKind::refused) return std::unexpected(*std::move(refusal_));
    const Result<void> ended = search();
    result_.interrupted = context_.cancelled();
    if (!ended && !result_.interrupted) return std::unexpected(ended.error());
    for (auto& [value, point] : points_) {
      if (fits(point.kind)) result_.largest = value;
      const bool known = point.kind != FitKind::no_plan || efforts_.contains(value);
      if (known) result_.points.push_back(std::move(point));
    }
    return std::move(result_);
  }

 private:
  using Predicate = Result<bool> (Search::*)(std::int64_t);

  Result<void> search() {
    HCB_TRY(result_.as_it_is, last_true(&Search::plain_step_fits, 0, request_.most));
    HCB_TRY(const std::int64_t top,
            last_true(&Search::nothing_excludes, result_.as_it_is, request_.most));
    HCB_TRY(const std::int64_t quick, bisect(&Search::quick_plan_fits, result_.as_it_is, top + 1));
    HCB_CHECK(last_true(&Search::plan_fits, quick, request_.most));
    return {};
  }

  // The greatest value in [low, most] for which `holds`, given that it does at `low`: strides that
  // double while it does, then bisection.
  Result<std::int64_t> last_true(Predicate holds, std::int64_t low, std::int64_t most) {
    std::int64_t stride = 1;
    std::int64_t high = low + 1;
    while (high <= most) {
      HCB_TRY(const bool ok, (this->*holds)(high));
      if (!ok) return bisect(holds, low, high);
      low = high;
      high = low == most ? most + 1 : std::min(most, low + stride);
      stride *= 2;
    }
    return low;
  }

  // As above, given that it does not hold at `high`.
  Result<std::int64_t> bisect(Predicate holds, std::int64_t low, std::int64_t high) {
    while (low + 1 < high) {
      const std::int64_t middle = low + (high - low) / 2;
      HCB_TRY(const bool ok, (this->*holds)(middle));
      (ok ? low : high) = middle;
    }
    return low;
  }

  Result<bool> plain_step_fits(std::int64_t value) {
    HCB_TRY(const FitPoint* const point, measured(value));
    return point->kind == FitKind::as_it_is;
  }

  Result<bool> nothing_excludes(std::int64_t value) {
    HCB_TRY(const FitPoint* const point, measured(value));
    return point->kind != FitKind::does_not_fit && point->kind != FitKind::refused;
  }

  Result<bool> quick_plan_fits(std::int64_t value) {
    Options quick = request_.options;
    quick.effort = Effort::fast;
    return planned(value, quick);
  }

  Result<bool> plan_fits(std::int64_t value) { return planned(value, request_.options); }

  // The graph of the value, kept until another is asked for.
  Result<const Graph*> graph_at(std::int64_t value) {
    if (graph_ && graph_value_ == value) return &*graph_;
    graph_.reset();
    HCB_TRY(graph_, request_.graph_at(value));
    graph_value_ = value;
    return &*graph_;
  }

  // Base peak and memory bound; decides what these decide. The pointer stays valid.
  Result<const FitPoint*> measured(std::int64_t value) {
    if (const auto found = points_.find(value); found != points_.end()) return &found->second;
    HCB_CHECK(context_.check());
    FitPoint point{.value = value};
    const auto graph = graph_at(value);
    if (graph) {
      HCB_CHECK(measure(**graph, point));
    } else {
      point.why = graph.error().message;
      refusal_ = graph.error();
    }
    return &points_.emplace(value, std::move(point)).first->second;
  }

  Result<void> measure(const Graph& graph, FitPoint& point) const {
    HCB_TRY(const auto size, rounded_sizes(graph, request_.options.alignment));
    HCB_TRY(const Simulation plain, simulate(graph, plain_sequence(graph), size));
    const MemoryBounds bounds = memory_lower_bounds(graph, size);
    point.base_peak = point.peak = plain.peak;
    point.base_time = plain.time;
    point.memory_bound = bounds.bound;
    if (graph.node_count() > 0) point.binds = place_text(graph, id_at<NodeId>(plain.peak_position));
    point.kind = FitKind::no_plan;  // as long as nobody looked for one
    if (plain.peak <= budget_) point.kind = FitKind::as_it_is;
    if (bounds.bound <= budget_) return {};
    point.kind = FitKind::does_not_fit;
    point.why = fmt::format(
        "{} are needed at {}", format_bytes(bounds.bound),
        bounds.witness == kNone<NodeId> ? "the start" : place_text(graph, bounds.witness));
    return {};
  }

  Result<bool> planned(std::int64_t value, const Options& options) {
    HCB_TRY(const FitPoint* const before, measured(value));
    const auto effort = efforts_.find(value);
    const bool tried = effort != efforts_.end() && effort->second >= options.effort;
    const bool open = before->kind == FitKind::no_plan || before->kind == FitKind::too_slow;
    if (!open || tried || before->proved) return fits(before->kind);
    HCB_TRY(const Graph* const graph, graph_at(value));
    FitPoint& point = points_.at(value);
    HCB_CHECK(plan(*graph, options, point));
    efforts_[value] = options.effort;
    return fits(point.kind);
  }

  Result<void> plan(const Graph& graph, const Options& options, FitPoint& point) {
    const auto made = make_plan(graph, options, context_);
    if (!made && made.error().kind == ErrorKind::infeasible) {
      point.kind = FitKind::does_not_fit;
      point.why = made.error().message;
      return {};
    }
    if (!made) return std::unexpected(made.error());
    const Plan& plan = made->plan;
    if (plan.status == PlanStatus::over_budget) return context_.check();
    point.peak = plan.peak;
    point.extra_time = plan.extra_time;
    if (plan.bound) {
      point.bound_extra_time = plan.bound->extra_time;
      point.scope = plan.bound->scope;
      if (plan.bound->moment != kNone<NodeId>) point.binds = place_text(graph, plan.bound->moment);
    }
    point.kind =
        allowed(plan.extra_time, plan.base_time) ? FitKind::with_recomputation : FitKind::too_slow;
    point.proved = point.kind == FitKind::too_slow && plan.bound &&
                   !allowed(plan.bound->extra_time, plan.base_time);
    return point.kind == FitKind::too_slow ? context_.check() : Result<void>{};
  }

  [[nodiscard]] bool allowed(Nanos extra, Nanos base) const {
    return !request_.max_extra_permyriad || within(extra, base, *request_.max_extra_permyriad);
  }

  const FitRequest& request_;
  const Bytes budget_;
  Context& context_;
  std::map<std::int64_t, FitPoint> points_;
  std::map<std::int64_t, Effort> efforts_;  // of the plans made
  std::optional<Error> refusal_;            // the last
  std::optional<Graph> graph_;              // the last made
  std::int64_t graph_value_ = 0;
  LargestFit result_;
};

}  // namespace

std::string_view name(FitKind kind) {
  constexpr std::array<std::string_view, 6> kNames{
      "fits", "fits-with-recomputation", "too-slow", "unknown", "does-not-fit", "refused"};
  return kNames[static_cast<std::size_t>(kind)];
}

bool fits(FitKind kind) { return kind == FitKind::as_it_is || kind == FitKind::with_recomputation; }

Result<LargestFit> find_largest(const FitRequest& request, Context& context) {
  return Search(request, context).run();
}

}  // namespace hcb
