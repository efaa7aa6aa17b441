// The chain is a relaxation of the graph (schedule/chain.h), so its word is not taken: of its trades,
// all of them optimal for the chain, the one of least time whose simulated peak fits is looked for,
// upwards from the last that the chain says fits, or downwards if that one does not, in steps that
// double, then by bisection. So a plan that needs more than the chain sees (skips, late values) is
// tightened, and one that needs less is loosened.
#include "schedule/chain_search.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "schedule/candidates.h"
#include "schedule/chain_dp.h"
#include "schedule/notes.h"
#include "schedule/search.h"

namespace hcb {
namespace {

constexpr BlockIndex kMostBlocks = 128;             // of a chain: m³ ranges and cuts
constexpr std::uint64_t kMostTrades = 200'000'000;  // looked at per chain
constexpr std::uint64_t kTradesPerUnit = 16;        // of work: a trade is a few additions
constexpr Bytes kSlack = 8;  // trades up to 1/8 above the budget are kept: a chain may overestimate

class ChainSearch {
 public:
  ChainSearch(const StrategyRequest& request, const TreePlanner& planner, Context& context)
      : request_(request), planner_(planner), context_(context), found_(request, context) {}

  // Looks for the best trade of one chain; a chain without any within the budget adds nothing.
  Result<void> attempt(const TreeSetting& setting) {
    if (found_.done()) return {};
    return with_plans(setting, *request_.budget + *request_.budget / kSlack,
                      [&](const BlockLayout& layout, const ChainPlans& plans) {
                        return walk(setting, layout, plans);
                      });
  }

  // The least peak of one chain, whatever the budget.
  Result<void> attempt_least(const TreeSetting& setting) {
    return with_plans(setting, std::numeric_limits<Bytes>::max(),
                      [&](const BlockLayout& layout, const ChainPlans& plans) -> Result<void> {
                        HCB_TRY([[maybe_unused]] const bool fits, probe(setting, layout, plans, 0));
                        return {};
                      });
  }

  [[nodiscard]] const Candidates& found() const { return found_; }
  [[nodiscard]] TreeCandidate take_best() && { return std::move(found_).take_best(); }
  [[nodiscard]] std::size_t trades() const { return trades_; }

 private:
  template <class Use>
  Result<void> with_plans(const TreeSetting& setting, Bytes limit, Use use) {
    const BlockLayout layout = planner_.lay_out(setting);
    const BlockIndex blocks = layout.blocks.count();
    if (blocks > kMostBlocks) {
      return fail(
          ErrorKind::limit,
          fmt::format("chain-dp takes at most {} blocks; these are {}", kMostBlocks, blocks),
          "give a larger --block-size, or auto");
    }
    const Chain chain(request_.graph, request_.size, planner_.order(), layout.blocks, layout.uses);
    Context part = context_.part(kMostTrades);
    auto plans = ChainPlans::make(chain, limit, part);
    context_.count(part.work() / kTradesPerUnit);
    if (plans) return use(layout, *plans);
    return found_.tried() == 0 ? Result<void>(std::unexpected(std::move(plans).error()))
                               : Result<void>{};
  }

  Result<bool> probe(const TreeSetting& setting, const BlockLayout& layout, const ChainPlans& plans,
                     std::size_t point) {
    auto candidate = planner_.evaluate(setting, layout, plans.tree(point), context_);
    if (candidate) candidate->chain_peak = plans.points()[point].peak;
    return found_.add(std::move(candidate));
  }

  // Peaks of the points ascend; their simulated peaks nearly do.
  Result<void> walk(const TreeSetting& setting, const BlockLayout& layout,
                    const ChainPlans& plans) {
    const auto points = plans.points();
    trades_ += points.size();
    if (points.empty()) return {};
    const auto above =
        std::ranges::upper_bound(points, *request_.budget, {}, &ChainPlans::Point::peak);
    std::ptrdiff_t at = std::max<std::ptrdiff_t>(above - points.begin() - 1, 0);
    std::ptrdiff_t good = -1;  // all up to here fit, nearly
    std::ptrdiff_t bad = std::ssize(points);
    const auto try_at = [&]() -> Result<bool> {
      HCB_TRY(const bool fits, probe(setting, layout, plans, static_cast<std::size_t>(at)));
      (fits ? good : bad) = at;
      return fits;
    };
    HCB_TRY(const bool up, try_at());
    for (std::ptrdiff_t step = 1; bad - good > 1 && !found_.done(); step *= 2) {
      at = up ? at + step : at - step;
      if (at <= good || at >= bad) break;
      HCB_TRY(const bool fits, try_at());
      if (fits != up) break;
    }
    while (bad - good > 1 && !found_.done()) {
      at = good + (bad - good) / 2;
      HCB_TRY([[maybe_unused]] const bool fits, try_at());
    }
    return {};
  }

  const StrategyRequest& request_;
  const TreePlanner& planner_;
  Context& context_;
  Candidates found_;
  std::size_t trades_ = 0;
};

// Chains of about so many blocks, with narrow boundaries before even ones.
std::vector<TreeSetting> settings_of(const ChainSpace& space, std::size_t counted) {
  if (space.block_size) return {{.block_size = *space.block_size, .policy = {}}};
  std::vector<std::size_t> sizes;
  for (const std::size_t blocks : space.chains) {
    const std::size_t size = (counted + blocks - 1) / blocks;
    if (std::ranges::find(sizes, size) == sizes.end()) sizes.push_back(size);
  }
  std::vector<TreeSetting> settings;
  for (const std::size_t size : sizes) {
    for (const bool narrow : {true, false}) {
      if (narrow && size < 3) continue;
      settings.push_back({.block_size = size, .narrow = narrow, .policy = {}});
    }
  }
  return settings;
}

// The best chain once more with late values made again, and with long skips made again.
Result<void> try_closures(ChainSearch& search, bool skips) {
  if (search.found().best().empty()) return {};
  const TreeCandidate& best = search.found().best().front();
  TreeSetting setting = best.setting;
  const BlockIndex longest = best.longest_span;
  const BlockIndex least = long_span_of(best.blocks);
  if (best.late_bytes > 0) {
    setting.policy.close_late = true;
    HCB_CHECK(search.attempt(setting));
    setting.policy.close_late = false;
  }
  for (BlockIndex s = longest - 1; skips && s >= least; s /= 2) {
    setting.policy.skip_span = s;
    HCB_CHECK(search.attempt(setting));
  }
  return {};
}

}  // namespace

Result<Schedule> search_chain(const StrategyRequest& request, const ChainSpace& space,
                              Context& context) {
  const TreePlanner planner(request);
  if (!planner.has_backward()) return every_node_once(request.graph);
  ChainSearch search(request, planner, context);
  const auto settings = settings_of(space, planner.counted());
  for (const TreeSetting& setting : settings) HCB_CHECK(search.attempt(setting));
  HCB_CHECK(try_closures(search, !space.block_size));
  if (search.found().best().empty()) {
    for (const TreeSetting& setting : settings) HCB_CHECK(search.attempt_least(setting));
  }
  const auto meta = search.found().meta();
  std::string note = fmt::format("chain-dp simulated {} of {} trades between bytes and time; {}",
                                 search.found().tried(), search.trades(), search.found().ranking());
  Schedule schedule = planner.describe(std::move(search).take_best());
  schedule.meta.insert(schedule.meta.end(), meta.begin(), meta.end());
  schedule.notes.push_back(std::move(note));
  return schedule;
}

}  // namespace hcb
