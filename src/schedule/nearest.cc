// The least budget by halving the distance between what is asked for and what is known, a few times;
// each probe searches from the plan known for the least budget so far. Large graphs are left to the
// interval tree, whose search is bounded in executions. Invariant: a plan is known for every point, and
// no point costs more than one of a smaller budget, whose plan fits it too.
#include "schedule/nearest.h"

#include <algorithm>

#include <fmt/format.h>

#include "check/simulate.h"
#include "schedule/notes.h"
#include "schedule/search/search.h"
#include "schedule/strategies/all.h"

namespace hcb {
namespace {

constexpr std::size_t kMostSearched = 1'500;  // nodes
constexpr std::uint64_t kProbeWork = 2'000'000;
constexpr int kHalvings = 4;
constexpr Bytes kMiB = Bytes{1} << 20;

Bytes rounded_up(Bytes bytes) {
  if (bytes < 64 * kMiB) return bytes;
  const auto up = checked_add(bytes, kMiB - 1);
  return up ? *up / kMiB * kMiB : bytes;
}

class Prober {
 public:
  Prober(const Graph& graph, const IdVector<BufferId, Bytes>& size, Bytes resident,
         const Context& context)
      : graph_(graph), size_(size), context_(context), problem_(graph, size, resident) {}

  // A plan within the budget, found from `start`; nullopt: none is.
  [[nodiscard]] std::optional<search::Found> probe(Bytes budget,
                                                   const std::vector<NodeId>& start) const {
    if (context_.cancelled()) return std::nullopt;
    return searches() ? search_from(budget, start) : tree(budget);
  }

  // The budgeted planner's search, or the interval tree alone?
  [[nodiscard]] bool searches() const { return graph_.node_count() <= kMostSearched; }

 private:
  [[nodiscard]] std::optional<search::Found> search_from(Bytes budget,
                                                         const std::vector<NodeId>& start) const {
    search::Search search(problem_, budget);
    search.add_start(plain_sequence(graph_), kProbeWork, context_);
    search.add_start(start, kProbeWork, context_);
    if (!search.best()) return std::nullopt;
    search.run(search.work() + kProbeWork, 0, context_);
    return search.best();
  }

  [[nodiscard]] std::optional<search::Found> tree(Bytes budget) const {
    Context part = context_.part(kProbeWork);
    const Options options;
    auto schedule = interval_tree_strategy({graph_, size_, options, budget}, part);
    if (!schedule) return std::nullopt;
    const auto reached = simulate(graph_, schedule->sequence, size_);
    if (!reached || reached->peak > budget) return std::nullopt;
    return search::Found{std::move(schedule->sequence), reached->extra_time, reached->peak};
  }

  const Graph& graph_;
  const IdVector<BufferId, Bytes>& size_;
  const Context& context_;
  search::Problem problem_;
};

struct Known {
  BudgetPoint point;
  std::vector<NodeId> sequence;
};

Known least_known(Bytes asked, Known known, const Prober& prober) {
  for (int i = 0; i < kHalvings && known.point.budget - asked > 1; ++i) {
    const Bytes middle = rounded_up(asked + (known.point.budget - asked) / 2);
    if (middle >= known.point.budget) break;
    if (auto found = prober.probe(middle, known.sequence)) {
      known = {{middle, found->extra}, std::move(found->sequence)};
    } else {
      asked = middle;
    }
  }
  return known;
}

}  // namespace

std::vector<BudgetPoint> nearest_budgets(const Graph& graph, const IdVector<BufferId, Bytes>& size,
                                         Bytes asked, std::vector<NodeId> known,
                                         const Context& context) {
  const auto base = simulate(graph, plain_sequence(graph), size);
  const auto reached = simulate(graph, known, size);
  const auto resident = resident_bytes(graph, size);
  if (!base || !reached || !resident || context.cancelled()) return {};
  Known least{{rounded_up(reached->peak), reached->extra_time}, std::move(known)};
  if (base->peak <= least.point.budget) least = {{least.point.budget, 0}, plain_sequence(graph)};
  const Prober prober(graph, size, *resident, context);
  if (prober.searches()) least = least_known(asked, std::move(least), prober);
  std::vector<BudgetPoint> points{least.point};
  const Bytes above = base->peak - least.point.budget;
  for (const Bytes step : {above / 8, above / 4}) {
    const Bytes budget = rounded_up(least.point.budget + step);
    if (budget <= points.back().budget) break;
    if (const auto found = prober.probe(budget, least.sequence))
      points.push_back({budget, std::min(found->extra, points.back().extra_time)});
  }
  return points;
}

std::string budget_argument(Bytes bytes) {
  const Bytes up = rounded_up(bytes);
  return up >= 64 * kMiB && up % kMiB == 0 ? fmt::format("{}MiB", up / kMiB)
                                           : fmt::format("{}", up);
}

std::string points_help(const std::vector<BudgetPoint>& points, Bytes headroom, Nanos base_time) {
  if (points.empty()) return "a larger --memory-budget, or a smaller batch";
  std::string text =
      "a smaller batch, or a budget that a plan is known for (the first is the least "
      "known):";
  for (const BudgetPoint& point : points) {
    const Bytes asked = checked_add(point.budget, headroom).value_or(point.budget);
    text += fmt::format("\n  --memory-budget {}   extra time +{} %", budget_argument(asked),
                        percent_of(point.extra_time, base_time));
  }
  return text;
}

}  // namespace hcb
