// Block sizes form a geometric ladder around √n (Chen et al., 2016: the size that balances the
// frontiers kept against the block replayed), nearest first, with even boundaries and with boundaries
// moved to narrow frontiers. On the best few: late values closed instead of held, and long skips closed
// from a span of S blocks on, S halving; then wider trees. A budget adds to what is tried without one (other
// arities at every size, since it leaves room to trade memory for time), it replaces nothing: what the
// least peak found without a budget is, is met as a budget too.
#include "schedule/search.h"

#include <algorithm>

#include <fmt/format.h>

#include "check/simulate.h"
#include "schedule/candidates.h"
#include "schedule/notes.h"
#include "schedule/splits.h"

namespace hcb {
namespace {

constexpr std::size_t kMostBlocks = 4096;  // a plan of more is long to read and to execute
constexpr std::size_t kFineLadder =
    20'000;  // from so many forward nodes on, only every second rung

// floor(√n).
std::size_t integer_root(std::size_t n) {
  std::size_t low = 0;
  for (std::size_t bit = std::size_t{1} << 31; bit > 0; bit /= 2) {
    if ((low + bit) * (low + bit) <= n) low += bit;
  }
  return low;
}

class Search {
 public:
  Search(const StrategyRequest& request, const SearchSpace& space, const TreePlanner& planner,
         Context& context)
      : request_(request),
        space_(space),
        planner_(planner),
        context_(context),
        found_(request, context) {}

  // Tries one setting, once, with the slots of the space; fails only if there is no candidate at all yet.
  Result<void> attempt(TreeSetting setting) {
    if (space_.binomial) return attempt_slots(setting);
    HCB_TRY([[maybe_unused]] const bool fits, fits_with(setting, 0));
    return {};
  }

  [[nodiscard]] const Candidates& found() const { return found_; }
  [[nodiscard]] TreeCandidate take_best() && { return std::move(found_).take_best(); }

  // What the few best candidates are, without their sequences.
  struct Finalist {
    TreeSetting setting;
    BlockIndex blocks;
    BlockIndex longest_span;
    bool late;
  };
  [[nodiscard]] std::vector<Finalist> finalists() const {
    std::vector<Finalist> list;
    for (const TreeCandidate& c : found_.best())
      list.push_back({c.setting, c.blocks, c.longest_span, c.late_bytes > 0});
    return list;
  }

 private:
  Result<bool> fits_with(TreeSetting setting, std::int64_t slots) {
    if (slots > 0) setting.slots = slots;
    if (found_.done() || std::ranges::find(tried_, setting) != tried_.end()) return false;
    tried_.push_back(setting);
    return found_.add(planner_.evaluate(setting, context_));
  }

  Result<void> attempt_slots(const TreeSetting& setting) {
    const std::int64_t levels = std::max(tree_depth(planner_.block_count(setting), 2), 1);
    const std::int64_t given = space_.slots.value_or(setting.slots);
    const bool derived = given == 0;
    HCB_TRY(const bool fits, fits_with(setting, derived ? levels : given));
    if (derived && request_.budget) return most_slots_that_fit(setting, levels, fits);
    return {};
  }

  // Fewer slots take more time and, skips apart, less memory.
  Result<void> most_slots_that_fit(const TreeSetting& setting, std::int64_t levels,
                                   bool levels_fit) {
    std::int64_t few = levels_fit ? levels : 0;
    std::int64_t many = levels_fit ? planner_.block_count(setting) : levels;
    if (levels_fit) {
      HCB_TRY(const bool all, fits_with(setting, many));
      if (all) return {};
    }
    while (many - few > 1 && !found_.done()) {
      const std::int64_t middle = few + (many - few) / 2;
      HCB_TRY(const bool fits, fits_with(setting, middle));
      (fits ? few : many) = middle;
    }
    return {};
  }

  const StrategyRequest& request_;
  const SearchSpace& space_;
  const TreePlanner& planner_;
  Context& context_;
  Candidates found_;
  std::vector<TreeSetting> tried_;
};

Result<void> try_sizes(Search& search, std::span<const std::size_t> sizes, std::int64_t arity) {
  for (const bool narrow : {false, true}) {
    for (const std::size_t size : sizes) {
      if (narrow && size < 3) continue;
      HCB_CHECK(
          search.attempt({.block_size = size, .narrow = narrow, .arity = arity, .policy = {}}));
    }
  }
  return {};
}

// Fewer, wider levels cost less time and more memory.
Result<void> try_arities(Search& search, std::span<const std::size_t> sizes) {
  for (const std::int64_t arity : {kFlat, std::int64_t{4}, std::int64_t{8}, std::int64_t{3}}) {
    HCB_CHECK(try_sizes(search, sizes, arity));
  }
  return {};
}

// Late values are closed wherever there are some; skips only by `auto`, and only those whose span
// is long for the number of blocks: making everything again that crosses a boundary saves little.
Result<void> try_closures(Search& search, bool skips) {
  auto finalists = search.finalists();
  for (auto& [setting, blocks, longest, late] : finalists) {
    if (late) {
      setting.policy.close_late = true;
      HCB_CHECK(search.attempt(setting));
      setting.policy.close_late = false;
    }
    for (BlockIndex s = longest - 1; skips && s >= long_span_of(blocks); s /= 2) {
      setting.policy.skip_span = s;
      HCB_CHECK(search.attempt(setting));
    }
  }
  return {};
}

// Wider trees of the best few: of the same peak they take less time.
Result<void> try_wider(Search& search) {
  for (auto finalist : search.finalists()) {
    for (const std::int64_t arity : {3, 4}) {
      finalist.setting.arity = arity;
      HCB_CHECK(search.attempt(finalist.setting));
    }
  }
  return {};
}

Result<void> try_all(Search& search, std::span<const std::size_t> sizes, const SearchSpace& space,
                     bool budget) {
  const bool arities = !space.arity && !space.binomial;
  HCB_CHECK(try_sizes(search, sizes, space.arity.value_or(2)));
  HCB_CHECK(try_closures(search, true));
  if (arities) HCB_CHECK(try_wider(search));
  if (!budget || !arities) return {};
  HCB_CHECK(try_arities(search, sizes));
  return try_closures(search, true);
}

std::string search_note(const Candidates& found, const SearchSpace& space,
                        std::span<const std::size_t> sizes) {
  const auto [least, most] = std::ranges::minmax(sizes);
  return fmt::format("auto tried {} setting{}, block sizes {} to {}{}; {}", found.tried(),
                     found.tried() == 1 ? "" : "s", least, most,
                     space.binomial || space.arity ? "" : ", several arities", found.ranking());
}

}  // namespace

std::vector<std::size_t> block_size_ladder(std::size_t n) {
  const std::size_t least = (n + kMostBlocks - 1) / kMostBlocks;
  const std::size_t step = n > kFineLadder ? 2 : 1;
  std::vector<std::size_t> sizes;
  const auto add = [&](std::size_t size) {
    size = std::clamp(size, least, n);
    if (std::ranges::find(sizes, size) == sizes.end()) sizes.push_back(size);
  };
  for (std::size_t k = 0; (n >> k) > 0; k += step) {
    add(integer_root(n << k));
    add(integer_root(n >> k));
  }
  add(least);
  add(n);
  return sizes;
}

Schedule every_node_once(const Graph& graph) {
  Schedule schedule;
  schedule.sequence = plain_sequence(graph);
  schedule.notes.push_back("no backward nodes: every node runs once, nothing is recomputed");
  return schedule;
}

Result<Schedule> search_tree(const StrategyRequest& request, const SearchSpace& space,
                             Context& context) {
  const TreePlanner planner(request);
  if (!planner.has_backward()) return every_node_once(request.graph);
  Search search(request, space, planner, context);
  const auto sizes = space.block_size ? std::vector<std::size_t>{*space.block_size}
                                      : block_size_ladder(planner.counted());
  if (space.block_size) {
    HCB_CHECK(search.attempt(
        {.block_size = sizes[0], .narrow = false, .arity = space.arity.value_or(2), .policy = {}}));
    HCB_CHECK(try_closures(search, false));
  } else {
    HCB_CHECK(try_all(search, sizes, space, request.budget.has_value()));
  }
  const auto meta = search.found().meta();
  std::string note = search_note(search.found(), space, sizes);
  Schedule schedule = planner.describe(std::move(search).take_best());
  if (space.block_size) return schedule;
  schedule.meta.insert(schedule.meta.end(), meta.begin(), meta.end());
  schedule.notes.push_back(std::move(note));
  return schedule;
}

}  // namespace hcb
